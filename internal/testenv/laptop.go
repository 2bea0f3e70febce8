package testenv

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/computer"
	"avow/internal/computer/agent"
	"avow/internal/key"
	"avow/internal/wire"
)

// Laptop is a computer with the daemon of avow-login in this process, and a cable that can be unplugged.
type Laptop struct {
	*agent.Agent
	Machine *computer.Machine
	ID      authn.ClientID
	Name    string
	Dir     string // its disk
	Key     key.Private
	Network *Network

	config agent.Config
	mem    computer.Config
	stop   func()
}

// LaptopOptions say what computer it is.
type LaptopOptions struct {
	ID      authn.ClientID
	Name    string
	Match   authn.MatchMode     // "" is number
	Offline authn.OfflinePolicy // "" is allow
	Cost    computer.ListCost   // of list codes; zero: the product's
	Now     func() time.Time    // nil: the Env's
	Uptime  func() time.Duration
	Idle    bool // Run is not run: the test makes contact itself
}

// FastList is the least that a computer takes for its lists, so that stories run quickly.
var FastList = computer.ListCost{Memory: 8, Time: 1, Lanes: 1}

// Enroll adds a computer by way of the administrator and enrolls it, as avow-login enroll does.
func (e *Env) Enroll(ctx context.Context, o LaptopOptions) (*Laptop, error) {
	added, err := e.Admin.AddComputer(ctx, wire.AddComputer{ID: o.ID, Name: o.Name, Match: o.Match, Offline: o.Offline, Reason: "test"})
	if err != nil {
		return nil, err
	}
	parsed, err := wire.ParseLink(added.Link)
	if err != nil {
		return nil, err
	}
	link, ok := parsed.(wire.ComputerLink)
	if !ok {
		return nil, errors.New("not an enrollment link")
	}
	l := &Laptop{ID: o.ID, Name: o.Name, Dir: filepath.Join(e.Dir, "computer-"+string(o.ID)), Network: &Network{}}
	opt := e.ClientOptions()
	opt.Dial = l.Network.Dial
	server, err := client.DiscoverComputer(ctx, link, opt)
	if err != nil {
		return nil, err
	}
	if l.Key, err = key.Generate(); err != nil {
		return nil, err
	}
	enroll := client.NewComputer(server, "", l.Key, opt)
	defer enroll.Close()
	settings, err := enroll.Enroll(ctx, wire.EnrollComputer{Token: wire.SessionSecret{Secret: link.Token}, OS: "Avow simulator", App: "test"})
	if err != nil {
		return nil, fmt.Errorf("enroll the computer: %w", err)
	}
	if o.Now == nil {
		o.Now = e.opt.Now
	}
	l.mem = computer.Config{Dir: l.Dir, ID: settings.ID, Host: server.Host(), Now: o.Now, Uptime: o.Uptime, Cost: o.Cost, Log: e.Log}
	l.config = agent.Config{Server: server, ID: settings.ID, Name: settings.Name, Key: l.Key, Client: opt, App: "test", Log: e.Log}
	return l, l.start(ctx, o.Idle)
}

// start opens the computer's memory from its disk and runs the daemon.
func (l *Laptop) start(ctx context.Context, idle bool) (err error) {
	if l.Machine, err = computer.Open(l.mem); err != nil {
		return err
	}
	l.config.Machine = l.Machine
	l.Agent = agent.New(l.config)
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var wait sync.WaitGroup
	if !idle {
		wait.Go(func() { l.Run(run) })
	}
	l.stop = func() { cancel(); wait.Wait() }
	return nil
}

// Restart ends the daemon and starts it again, as a reboot does.
func (l *Laptop) Restart(ctx context.Context) error {
	l.stop()
	return l.start(ctx, false)
}

// With is another agent on the same memory, with other options of its clients; it is not run.
func (l *Laptop) With(change func(*client.Options)) *agent.Agent {
	c := l.config
	change(&c.Client)
	return agent.New(c)
}

// Close ends the daemon.
func (l *Laptop) Close() { l.stop() }
