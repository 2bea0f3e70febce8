package agent

import (
	"context"
	"crypto/ecdh"
	"errors"
	"net"
	"testing"
	"time"

	"avow/internal/atomicfile/atomicfiletest"
	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/computer"
	"avow/internal/key"
	"avow/internal/otp"
	"avow/internal/wire"
)

const (
	issuer = "https://id.example.com"
	laptop = authn.ClientID("laptop-42")
	anna   = "anna.lind"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// lonely is a computer without a network, with disk and clocks in the test's hand, and a phone that once signed in to it.
type lonely struct {
	*Agent
	disk     *atomicfiletest.Disk
	wall     time.Time
	up       time.Duration
	identity key.Private
	phone    *ecdh.PrivateKey
	grant    wire.Grant
}

func newKey(t *testing.T) key.Private {
	t.Helper()
	k, err := key.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newLonely(t *testing.T) *lonely {
	t.Helper()
	l := &lonely{disk: atomicfiletest.New(), wall: noon, up: time.Hour, identity: newKey(t)}
	own, exchange := newKey(t), newKey(t)
	m, err := computer.Open(computer.Config{
		Dir: "/var/lib/avow-login", FS: l.disk, ID: laptop, Host: "id.example.com", Cost: computer.ListCost{Memory: 8, Time: 1, Lanes: 1},
		Now: func() time.Time { return l.wall }, Uptime: func() time.Duration { return l.up },
	})
	if err != nil {
		t.Fatal(err)
	}
	l.Agent = New(Config{
		Machine: m, ID: laptop, Name: "LAPTOP-42", Key: own, Server: client.Server{Issuer: issuer, Identity: l.identity.Key()},
		Client: client.Options{Dial: func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Err: errors.New("refused")}
		}},
	})
	if l.phone, err = exchange.ECDH(); err != nil {
		t.Fatal(err)
	}
	l.grant = wire.Grant{
		Issuer: issuer, Device: authn.NewDeviceID(), IssuedAt: noon.Unix(), Expires: noon.Add(authn.GrantLifetime).Unix(), ID: authn.NewGrantID(), Seq: 1,
		State: authn.GrantActive, Computer: wire.ComputerName{ID: laptop, Name: "LAPTOP-42"}, ComputerJWK: own.Key(), User: authn.NewUserID(), Login: anna,
		ExchangeJWK: exchange.Key(), MaxUses: 2, SignedInAt: noon.Unix(),
	}
	if err := m.Take(noon, []wire.Grant{l.grant}, nil, 0, authn.OfflineAllow); err != nil {
		t.Fatal(err)
	}
	return l
}

// code is what the phone shows for the QR of a step.
func (l *lonely) code(t *testing.T, s Step) string {
	t.Helper()
	o, ok := s.(Offline)
	if !ok {
		t.Fatalf("no QR: %+v", s)
	}
	parsed, err := wire.ParseLink(o.Challenge)
	if err != nil {
		t.Fatal(err)
	}
	link := parsed.(wire.OfflineLink)
	shared, err := l.phone.ECDH(link.Ephemeral.ECDH())
	if err != nil {
		t.Fatal(err)
	}
	code, err := otp.ChallengeCode(shared, link.Payload(), otp.Parties{Exchange: l.grant.ExchangeJWK, Computer: laptop, User: l.grant.User})
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func refused(t *testing.T, s Step, code string) {
	t.Helper()
	if r, ok := s.(Refused); !ok || r.Code != code {
		t.Errorf("got %+v, want refused with %s", s, code)
	}
}

func noticed(t *testing.T, s Step, code string) {
	t.Helper()
	if o, ok := s.(Offline); !ok || o.Notice == nil || o.Notice.Code != code {
		t.Errorf("got %+v, want notice %s", s, code)
	}
}

// The parts let in when nothing is wrong; without this the table below would show nothing.
func TestLetsIn(t *testing.T) {
	l := newLonely(t)
	in := l.Begin(Ask{Login: "Anna.Lind"})
	defer in.Cancel()
	if d, ok := in.Code(t.Context(), l.code(t, in.Start(t.Context()))).(Done); !ok || d.Login != "Anna.Lind" || d.How != string(authn.OfflineQR) {
		t.Errorf("%+v", d)
	}
}

// the daemon's own errors, each with a code that would let in otherwise.
func TestFailsClosed(t *testing.T) {
	ask := Ask{Login: anna}
	for name, do := range map[string]func(*testing.T, *lonely){
		"disk full": func(t *testing.T, l *lonely) {
			in := l.Begin(ask)
			code := l.code(t, in.Start(t.Context()))
			l.disk.Limit(0)
			refused(t, in.Code(t.Context(), code), "state_not_written")
		},
		"disk broken at a wrong code": func(t *testing.T, l *lonely) {
			in := l.Begin(ask)
			in.Start(t.Context())
			l.disk.FailAt(1, true)
			refused(t, in.Code(t.Context(), "00000000"), "state_not_written")
		},
		"time is over before": func(t *testing.T, l *lonely) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			in := l.Begin(ask)
			refused(t, in.Start(ctx), "cancelled")
		},
		"unknown user": func(t *testing.T, l *lonely) {
			refused(t, l.Begin(Ask{Login: "bob"}).Start(t.Context()), "offline_no_grant")
		},
		"nobody": func(t *testing.T, l *lonely) { refused(t, l.Begin(Ask{}).Start(t.Context()), "offline_no_grant") },
		"host says deny": func(t *testing.T, l *lonely) {
			in := l.Begin(Ask{Login: anna, Offline: authn.OfflineDeny})
			refused(t, in.Start(t.Context()), "server_unreachable")
			refused(t, in.GoOffline(t.Context()), "offline_denied")
		},
		"host says nonsense": func(t *testing.T, l *lonely) {
			refused(t, l.Begin(Ask{Login: anna, Offline: "always"}).Start(t.Context()), "server_unreachable")
		},
		"organization says deny meanwhile": func(t *testing.T, l *lonely) {
			in := l.Begin(ask)
			code := l.code(t, in.Start(t.Context()))
			if err := l.cfg.Machine.Take(l.wall, nil, nil, 0, authn.OfflineDeny); err != nil {
				t.Fatal(err)
			}
			refused(t, in.Code(t.Context(), code), "offline_denied")
		},
		"stolen meanwhile": func(t *testing.T, l *lonely) {
			in := l.Begin(ask)
			code := l.code(t, in.Start(t.Context()))
			if err := l.cfg.Machine.Stolen(); err != nil {
				t.Fatal(err)
			}
			refused(t, in.Code(t.Context(), code), "offline_denied")
		},
		"grant ended meanwhile": func(t *testing.T, l *lonely) {
			in := l.Begin(ask)
			code := l.code(t, in.Start(t.Context()))
			ended := l.grant
			ended.Seq, ended.State = 2, authn.GrantRevoked
			if err := l.cfg.Machine.Take(l.wall, []wire.Grant{ended}, nil, 0, authn.OfflineAllow); err != nil {
				t.Fatal(err)
			}
			refused(t, in.Code(t.Context(), code), "grant_revoked")
		},
		"too old": func(t *testing.T, l *lonely) {
			l.wall = l.wall.Add(authn.GrantLifetime)
			refused(t, l.Begin(ask).Start(t.Context()), "grant_over")
		},
		"clock back": func(t *testing.T, l *lonely) {
			l.up += authn.GrantLifetime
			l.wall = noon.Add(-time.Hour)
			refused(t, l.Begin(ask).Start(t.Context()), "grant_over")
		},
		"clock back at the QR": func(t *testing.T, l *lonely) {
			in := l.Begin(ask)
			code := l.code(t, in.Start(t.Context()))
			l.up += authn.ChallengeLifetime
			l.wall = noon.Add(-time.Hour)
			noticed(t, in.Code(t.Context(), code), "challenge_over")
		},
		"used code": func(t *testing.T, l *lonely) {
			in := l.Begin(ask)
			code := l.code(t, in.Start(t.Context()))
			if _, ok := in.Code(t.Context(), code).(Done); !ok {
				t.Fatal("not let in")
			}
			noticed(t, in.Code(t.Context(), code), "challenge_over")
			next := l.Begin(ask)
			next.Start(t.Context())
			noticed(t, next.Code(t.Context(), code), "offline_code_wrong")
		},
		"code of another's QR": func(t *testing.T, l *lonely) {
			code := l.code(t, l.Begin(ask).Start(t.Context()))
			in := l.Begin(ask)
			in.Start(t.Context())
			noticed(t, in.Code(t.Context(), code), "offline_code_wrong")
		},
		"code before Start": func(t *testing.T, l *lonely) {
			noticed(t, l.Begin(ask).Code(t.Context(), "00000000"), "challenge_missing")
		},
		"after Cancel": func(t *testing.T, l *lonely) {
			in := l.Begin(ask)
			code := l.code(t, in.Start(t.Context()))
			in.Cancel()
			noticed(t, in.Code(t.Context(), code), "challenge_over")
		},
		"no code": func(t *testing.T, l *lonely) {
			in := l.Begin(ask)
			in.Start(t.Context())
			for _, typed := range []string{"", " ", "yes", "1234567", "123456789", "26 034S ZKZ", string(make([]byte, 5000))} {
				noticed(t, in.Code(t.Context(), typed), "bad_offline_code")
			}
		},
		"uses spent": func(t *testing.T, l *lonely) {
			for range 2 {
				in := l.Begin(ask)
				if _, ok := in.Code(t.Context(), l.code(t, in.Start(t.Context()))).(Done); !ok {
					t.Fatal("not let in")
				}
			}
			refused(t, l.Begin(ask).Start(t.Context()), "offline_uses_spent")
		},
		"too many wrong codes": func(t *testing.T, l *lonely) {
			in := l.Begin(ask)
			in.Start(t.Context())
			var last Step
			for range 5 {
				last = in.Code(t.Context(), otp.ComputerPrefix(laptop)+" 0000 0000")
			}
			refused(t, last, "offline_code_wrong")
			refused(t, l.Begin(ask).Start(t.Context()), "offline_wait")
		},
	} {
		t.Run(name, func(t *testing.T) { do(t, newLonely(t)) })
	}
}

// the server lets in whom it names; what does not fit the question lets nobody in, and no grant is believed that is not for this
// computer, its key and the person.
func TestApprovedIsCompared(t *testing.T) {
	for name, c := range map[string]struct {
		login string
		grant func(*testing.T, *lonely, *wire.Grant) key.Private // by whose key it is signed
		done  bool
		kept  bool
	}{
		"as asked":     {"Anna.Lind", nil, true, true},
		"another user": {"bob", nil, false, false},
		"nobody":       {"", nil, false, false},
		"another computer": {anna, func(_ *testing.T, l *lonely, g *wire.Grant) key.Private {
			g.Computer.ID = "sales-pc"
			return l.identity
		}, true, false},
		"another key": {anna, func(t *testing.T, l *lonely, g *wire.Grant) key.Private {
			g.ComputerJWK = newKey(t).Key()
			return l.identity
		}, true, false},
		"another person": {anna, func(_ *testing.T, l *lonely, g *wire.Grant) key.Private {
			g.User = authn.NewUserID()
			return l.identity
		}, false, false},
		"another server": {anna, func(_ *testing.T, l *lonely, g *wire.Grant) key.Private {
			g.Issuer = "https://id.example.org"
			return l.identity
		}, true, false},
		"signed by the wrong":  {anna, func(t *testing.T, _ *lonely, _ *wire.Grant) key.Private { return newKey(t) }, true, false},
		"signed by the laptop": {anna, func(_ *testing.T, l *lonely, _ *wire.Grant) key.Private { return l.cfg.Key }, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLonely(t)
			g, by := l.grant, l.identity
			g.Seq, g.MaxUses = 2, 7
			if c.grant != nil {
				by = c.grant(t, l, &g)
			}
			raw, err := wire.SignGrant(by, g)
			if err != nil {
				t.Fatal(err)
			}
			in := l.Begin(Ask{Login: anna}).(*signIn)
			step := in.approved(wire.IDToken{Login: c.login, Subject: l.grant.User}, raw)
			if d, ok := step.(Done); ok != c.done || ok && d.Login != anna {
				t.Errorf("%+v", step)
			}
			if kept := l.cfg.Machine.Status().Grants[0].UsesLeft == 7; kept != c.kept {
				t.Errorf("grant kept: %t", kept)
			}
		})
	}
}
