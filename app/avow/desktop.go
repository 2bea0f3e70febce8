package main

import (
	"context"
	"os"
	"runtime"
	"sync"
	"time"

	"fyne.io/fyne/v2"

	"avow/internal/authn"
	"avow/internal/phone/platform"
)

// lifecycle tells of foreground and background as Fyne does: on a desktop, of the keyboard's focus. There it tells of the window's use, too, and of the session's lock.
type lifecycle struct {
	mu        sync.Mutex
	listeners map[chan struct{}]*[]platform.LifecycleEvent
	front     bool      // the window has the keyboard
	told      time.Time // when its use was told last
}

var _ platform.Lifecycle = (*lifecycle)(nil)

func newLifecycle(l fyne.Lifecycle) *lifecycle {
	c := &lifecycle{listeners: map[chan struct{}]*[]platform.LifecycleEvent{}, front: true}
	l.SetOnEnteredForeground(func() { c.tell(platform.Foreground) })
	l.SetOnExitedForeground(func() { c.tell(platform.Background) })
	return c
}

// usedEvery is how often the use of the window is told: the pointer moves a hundred times a second.
const usedEvery = 2 * time.Second

// used is told of each key, click and move of the pointer.
func (c *lifecycle) used() {
	now := time.Now()
	c.mu.Lock()
	late := now.Sub(c.told) >= usedEvery
	if late {
		c.told = now
	}
	c.mu.Unlock()
	if late {
		c.tell(platform.Used)
	}
}

// inFront reports whether the window has the keyboard.
func (c *lifecycle) inFront() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.front
}

func (c *lifecycle) tell(e platform.LifecycleEvent) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e == platform.Foreground || e == platform.Background {
		c.front = e == platform.Foreground
	}
	for wake, queue := range c.listeners {
		*queue = append(*queue, e)
		select {
		case wake <- struct{}{}:
		default:
		}
	}
}

// Events implements platform.Lifecycle.
func (c *lifecycle) Events(ctx context.Context) <-chan platform.LifecycleEvent {
	out, wake, queue := make(chan platform.LifecycleEvent), make(chan struct{}, 1), &[]platform.LifecycleEvent{}
	c.mu.Lock()
	c.listeners[wake] = queue
	c.mu.Unlock()
	go func() {
		defer close(out)
		defer func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			delete(c.listeners, wake)
		}()
		for {
			select {
			case <-ctx.Done():
				return
			case <-wake:
			}
			c.mu.Lock()
			events := *queue
			*queue = nil
			c.mu.Unlock()
			for _, e := range events {
				select {
				case out <- e:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	return out
}

// device is how this computer is named to the organization.
func device() authn.DeviceInfo {
	name, err := os.Hostname()
	if err != nil || name == "" {
		name = "Computer"
	}
	return authn.DeviceInfo{Name: name, Model: runtime.GOOS + " " + runtime.GOARCH, OS: runtime.GOOS, App: "avow " + version}
}
