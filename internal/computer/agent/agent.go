package agent

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/computer"
	"avow/internal/key"
	"avow/internal/wire"
)

// Config is what an Agent is made of.
type Config struct {
	Machine *computer.Machine
	Server  client.Server
	ID      authn.ClientID
	Name    string // as people see the computer; "" is the id
	Key     key.Private
	Client  client.Options
	App     string // avow-login 1.0.0
	Log     *slog.Logger
	// OnServer gets what is new about the server, to be kept; nil: it is not kept.
	OnServer func(client.Server)
}

// Agent is one computer. It is safe for concurrent use.
type Agent struct {
	cfg      Config
	client   *client.RelyingParty // asks for approvals
	computer *client.Computer     // everything else
	errand   chan struct{}        // wakes Run

	mu        sync.Mutex
	name      string
	desk      key.Public // zero until the server has told it
	reachedAt time.Time
	problem   error             // why the last contact failed; nil when it did not
	open      map[string]string // logins of questions that are being taken back, by auth_req_id
}

// New makes the agent of an enrolled computer.
func New(cfg Config) *Agent {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	a := &Agent{
		cfg: cfg, name: cmp.Or(cfg.Name, string(cfg.ID)), errand: make(chan struct{}, 1),
		client: client.NewRelyingParty(cfg.Server, cfg.ID, cfg.Key, cfg.Client), computer: client.NewComputer(cfg.Server, cfg.ID, cfg.Key, cfg.Client),
	}
	if cfg.OnServer != nil {
		a.client.OnServer(cfg.OnServer)
		a.computer.OnServer(cfg.OnServer)
	}
	return a
}

// Waits of Run.
const (
	contactEvery = time.Hour
	firstWait    = 5 * time.Second // after a contact that failed
	lastWait     = 5 * time.Minute
	tickEvery    = 5 * time.Minute
)

// Run keeps the computer in touch with its server until ctx ends: at once, after each sign-in, each hour, and again and again while
// there is no answer.
func (a *Agent) Run(ctx context.Context) {
	defer a.client.Close()
	defer a.computer.Close()
	wait, next := firstWait, time.Duration(0)
	for {
		timer := time.NewTimer(min(next, tickEvery))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-a.errand:
			timer.Stop()
			wait, next = firstWait, 0
		case <-timer.C:
			next -= min(next, tickEvery)
		}
		if err := a.cfg.Machine.Tick(); err != nil {
			a.cfg.Log.ErrorContext(ctx, "could not keep the time on disk", "err", err)
		}
		if next > 0 {
			continue
		}
		if err := a.Contact(ctx); err != nil {
			next, wait = wait, min(2*wait, lastWait)
			continue
		}
		wait, next = firstWait, contactEvery
	}
}

// nudge has Run make contact now.
func (a *Agent) nudge() {
	select {
	case a.errand <- struct{}{}:
	default:
	}
}

// Contact tells the server what is new, takes what it says, and makes the lists that are missing, which it passes on at once.
func (a *Agent) Contact(ctx context.Context) error {
	err := a.sync(ctx)
	if err == nil {
		a.mu.Lock()
		desk := a.desk
		a.mu.Unlock()
		before := len(a.cfg.Machine.Pending().Batches)
		if err = a.cfg.Machine.Refill(ctx, a.cfg.Key, a.cfg.Server.Issuer, desk); err == nil && len(a.cfg.Machine.Pending().Batches) > before {
			err = a.sync(ctx)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.problem = err; err == nil {
		a.reachedAt = time.Now()
	} else if ctx.Err() == nil {
		a.cfg.Log.WarnContext(ctx, "no contact with the server", "err", err)
	}
	return err
}

// sync exchanges everything that waits.
func (a *Agent) sync(ctx context.Context) error {
	for {
		tell := a.cfg.Machine.Pending()
		tell.App = a.cfg.App
		if tell.Journal == nil {
			tell.Journal = []wire.JournalEntry{}
		}
		if tell.Batches == nil {
			tell.Batches = []string{}
		}
		answer, err := a.computer.Sync(ctx, tell)
		if errors.Is(err, authn.ErrComputerStolen) || errors.Is(err, authn.ErrComputerGone) {
			return errors.Join(err, a.cfg.Machine.Stolen())
		}
		if err != nil {
			return err
		}
		a.mu.Lock()
		a.desk, a.name = answer.DeskJWK, cmp.Or(authn.CleanText(answer.Name, 64), a.name)
		a.mu.Unlock()
		err = a.cfg.Machine.Take(time.Unix(answer.ServerTime, 0), a.verified(ctx, answer.Grants), answer.Shown, answer.JournalSeq, answer.Offline)
		if err = errors.Join(err, a.cfg.Machine.BatchesSent(tell.Batches)); err != nil {
			return err
		}
		if len(tell.Journal) < wire.MaxJournal && len(tell.Batches) < wire.MaxBatches {
			return nil
		}
	}
}

// verified are the grants that are the server's word about this computer and its key.
func (a *Agent) verified(ctx context.Context, statements []string) (grants []wire.Grant) {
	for _, raw := range statements {
		g, err := a.verify(raw)
		if err != nil {
			a.cfg.Log.WarnContext(ctx, "a grant was not accepted", "err", err)
			continue
		}
		grants = append(grants, g)
	}
	return grants
}

func (a *Agent) verify(raw string) (wire.Grant, error) {
	g, err := wire.VerifyGrant(raw, a.cfg.Server.Identity, a.cfg.Server.Issuer)
	if err == nil && (g.Computer.ID != a.cfg.ID || g.ComputerJWK != a.cfg.Key.Key()) {
		err = errors.New("grant is for another computer or key")
	}
	return g, err
}

// Status is how the computer stands, for those who look after it.
type Status struct {
	Computer  authn.ClientID  `json:"computer"`
	Name      string          `json:"name"`
	Server    string          `json:"server"`
	ReachedAt time.Time       `json:"reached_at,omitzero"`
	Problem   string          `json:"problem,omitempty"` // why the last contact failed
	Machine   computer.Status `json:"machine"`
}

// Status says how things stand.
func (a *Agent) Status() Status {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := Status{Computer: a.cfg.ID, Name: a.name, Server: a.cfg.Server.Issuer, ReachedAt: a.reachedAt, Machine: a.cfg.Machine.Status()}
	if a.problem != nil {
		s.Problem = authn.AsError(a.problem).Message
	}
	return s
}

// Name is the computer's, as people see it.
func (a *Agent) Name() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.name
}
