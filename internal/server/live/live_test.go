package live

import (
	"sync"
	"testing"
)

func woken(w *Waiter) bool {
	select {
	case <-w.C():
		return true
	default:
		return false
	}
}

func TestHub(t *testing.T) {
	h := NewHub()
	h.Wake(User("u_a")) // nobody waits
	a, b, other := h.Wait(User("u_a")), h.Wait(User("u_a")), h.Wait(Request("u_a"))
	if woken(a) {
		t.Error("woken by what was before")
	}
	h.Wake(User("u_a"))
	h.Wake(User("u_a"))
	if !woken(a) || woken(a) || !woken(b) || woken(other) {
		t.Error("want one wake-up for two, for each who waits for the topic, and for nobody else")
	}
	a.Close()
	a.Close()
	h.Wake(User("u_a"))
	if woken(a) || !woken(b) {
		t.Error("who left is woken, or who stayed is not")
	}
	b.Close()
	other.Close()
	if len(h.topics) != 0 {
		t.Errorf("%d topics are left", len(h.topics))
	}
}

func TestHubStops(t *testing.T) {
	h := NewHub()
	select {
	case <-h.Stopped():
		t.Error("stopped already")
	default:
	}
	h.Stop()
	h.Stop()
	<-h.Stopped()
}

func TestHubUnderRace(t *testing.T) {
	h := NewHub()
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			w := h.Wait(User("u_a"))
			defer w.Close()
			h.Wake(User("u_a"))
			<-w.C()
		})
	}
	wg.Wait()
}
