package servertest

import (
	"context"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/otp"
	"avow/internal/wire"
)

// Machine is an enrolled computer with its key in memory. It keeps a journal as avow-login does, and says whatever a test wants.
type Machine struct {
	*client.Computer
	Client   *client.RelyingParty
	ID       authn.ClientID
	Key      key.Private
	Settings wire.ComputerSettings
	Journal  []wire.JournalEntry // all of it; Sync sends what was not sent yet

	env *Env
}

// Enroll adds a computer and enrolls it with a new key. People answer for it with a tap.
func (e *Env) Enroll(id authn.ClientID, offline authn.OfflinePolicy) *Machine {
	e.T.Helper()
	a, err := e.Admin.AddComputer(context.Background(), wire.AddComputer{
		ID: id, Name: "Computer " + string(id), Match: authn.MatchTap, Offline: offline, Reason: "test",
	})
	e.must(err)
	m := e.Machine(id, e.Key())
	m.Settings, err = m.Use(a.Link)
	e.must(err)
	return m
}

// Machine makes the clients of a computer that has a key; the server need not know it.
func (e *Env) Machine(id authn.ClientID, k key.Private) *Machine {
	m := &Machine{
		Computer: client.NewComputer(e.ClientServer(), id, k, e.Options()), Client: client.NewRelyingParty(e.ClientServer(), id, k, e.Options()),
		ID: id, Key: k, env: e,
	}
	e.T.Cleanup(m.Close)
	e.T.Cleanup(m.Client.Close)
	return m
}

// Use uses an enrollment link.
func (m *Machine) Use(link string) (wire.ComputerSettings, error) {
	l, err := wire.ParseLink(link)
	m.env.must(err)
	return m.Enroll(context.Background(), wire.EnrollComputer{
		Token: wire.SessionSecret{Secret: l.(wire.ComputerLink).Token}, OS: "Test OS", App: "avow-login 1",
	})
}

// SignIn signs in with a network, the phone says Yes, and the grant that came with it is returned; false if none came.
func (m *Machine) SignIn(p *Phone, login string) (wire.Grant, bool) {
	m.env.T.Helper()
	ctx := context.Background()
	asked, err := m.Client.Authorize(ctx, client.Question{User: login})
	m.env.must(err)
	m.env.must(p.Answer(authn.Approve, ""))
	_, raw, err := m.Client.Redeem(ctx, asked.AuthReqID)
	m.env.must(err)
	if raw == "" {
		return wire.Grant{}, false
	}
	return m.Grant(raw), true
}

// Grant reads a grant as computer and phone do.
func (m *Machine) Grant(raw string) wire.Grant {
	m.env.T.Helper()
	g, err := wire.VerifyGrant(raw, m.env.Site.Identity.Key(), m.env.Site.Issuer)
	m.env.must(err)
	return g
}

// List is a list of codes as the computer makes it, with the key that makes its codes.
type List struct {
	Batch wire.Batch
	JWS   string
	Key   otp.ListKey
}

// Use names the code with an index in journals and records.
func (l List) Use(index int) string { return wire.ListUse(wire.ListPosition{Batch: l.Batch.ID, Index: index}) }

// NewList makes a list for the phone of a grant.
func (m *Machine) NewList(g wire.Grant) List {
	return m.newList(g, string(g.Device), g.ExchangeJWK, authn.ListCount)
}

// NewDeskList makes a list for the service desk.
func (m *Machine) NewDeskList(g wire.Grant) List {
	return m.newList(g, m.env.Site.Issuer, m.Settings.DeskJWK, authn.DeskCount)
}

func (m *Machine) newList(g wire.Grant, holder string, exchange key.Public, count int) List {
	m.env.T.Helper()
	c := m.env.Key()
	private, err := c.ECDH()
	m.env.must(err)
	shared, err := private.ECDH(exchange.ECDH())
	m.env.must(err)
	l := List{Batch: wire.Batch{
		Computer: m.ID, Holder: holder, IssuedAt: m.env.Now().Unix(), Grant: g.ID, ID: authn.NewBatchID(), JWK: c.Key(), Count: count,
	}}
	l.Key, err = otp.NewListKey(shared, l.Batch.ID, c.Key(), otp.Parties{Exchange: exchange, Computer: m.ID, User: g.User})
	m.env.must(err)
	l.JWS, err = wire.SignBatch(m.Key, l.Batch)
	m.env.must(err)
	return l
}

// Write puts an entry behind the journal's end. use is "" for what is no sign-in.
func (m *Machine) Write(kind wire.JournalKind, g wire.Grant, method authn.OfflineMethod, use string) wire.JournalEntry {
	e := wire.JournalEntry{
		Seq: uint64(len(m.Journal)) + 1, At: m.env.Now().Unix(), Kind: kind, Login: g.Login, Grant: g.ID, Method: method, Use: use,
	}
	if n := len(m.Journal); n > 0 {
		e.Prev = m.Journal[n-1].Sum()
	}
	m.Journal = append(m.Journal, e)
	return e
}

// Tell sends the whole journal and some lists.
func (m *Machine) Tell(lists ...List) (wire.SyncedComputer, error) {
	raw := []string{}
	for _, l := range lists {
		raw = append(raw, l.JWS)
	}
	journal := m.Journal
	if journal == nil {
		journal = []wire.JournalEntry{}
	}
	return m.Sync(context.Background(), wire.SyncComputer{Journal: journal, Batches: raw, App: "avow-login 1"})
}

// Contact is Tell that must work.
func (m *Machine) Contact(lists ...List) wire.SyncedComputer {
	m.env.T.Helper()
	a, err := m.Tell(lists...)
	m.env.must(err)
	return a
}

// Call tells the server of the phone's notes.
func (p *Phone) Call(records ...wire.OfflineRecord) wire.OfflineAnswer {
	p.env.T.Helper()
	if records == nil {
		records = []wire.OfflineRecord{}
	}
	a, err := p.Offline(context.Background(), wire.OfflineSync{Records: records})
	p.env.must(err)
	return a
}

// ExchangeKey is the phone's exchange key.
func (p *Phone) ExchangeKey() key.Private { return p.exchange }
