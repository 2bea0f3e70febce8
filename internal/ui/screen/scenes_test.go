package screen_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"fyne.io/fyne/v2"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/phone"
	"avow/internal/phone/keystore"
	"avow/internal/phone/telemetry"
	"avow/internal/phone/vault"
	"avow/internal/ui/model"
	"avow/internal/ui/model/modeltest"
	"avow/internal/wire"
)

func sensor(l *look) { l.sensor = true }

// system is one that keeps windows out of screenshots, and shows notifications.
func system(l *look) { l.sensor, l.system = true, true }

func open(p model.Page) func(*stage) {
	return func(g *stage) { g.model.Open(p) }
}

func issuer() string { return modeltest.Account().Issuer }

// wellUsed makes the app one that was used for some days.
func (g *stage) wellUsed() {
	now := g.now
	g.telemetry.Policy(issuer(), authn.TelemetryAsked)
	for range telemetry.UseDays {
		g.now = g.now.AddDate(0, 0, 1)
		g.telemetry.Used()
	}
	g.now = now
	g.core.Alter(func(s *phone.State) {
		s.Accounts[0].Last = &phone.LastAnswer{Client: "LAPTOP-42", Kind: authn.Approve, At: now}
	})
}

// reported has a report sent and another begun.
func (g *stage) reported() {
	r := g.telemetry
	r.Policy(issuer(), authn.TelemetryAsked)
	if err := r.Say(issuer(), true); err != nil {
		g.t.Fatal(err)
	}
	for range 4 {
		r.Count(issuer(), authn.CountApprovals)
	}
	r.Took(issuer(), r.View(issuer()).Next)
	r.Count(issuer(), authn.CountOfflineCodes)
}

// sent makes the code one that was sent, with a second proof.
func (g *stage) sent(proof authn.SecondProof) {
	g.core.OnInvite = func(wire.RegistrationLink) (*phone.Invitation, error) {
		inv := modeltest.Invitation()
		inv.SecondProof = proof
		return inv, nil
	}
}

// refuses has the server refuse to connect.
func (g *stage) refuses(err error) {
	g.core.OnConnect = func(context.Context, *phone.Invitation) (phone.Account, error) { return phone.Account{}, err }
}

// What the organisation's directory says.
var (
	errWrongPassword = authn.Fail(authn.Forbidden, "wrong_password", "This is not the password.")
	errDirectory     = authn.Fail(authn.Unavailable, "directory_unreachable", "The directory can't be reached.")
)

// scenes are all screens in every state that matters.
func scenes() []scene {
	return slices.Concat(before(), home(), asked(), requestScenes(), computers(), restoreScenes(), using(), devices(), codeScenes(), lockScenes(), after(), helpScenes())
}

// before are the screens until an account is connected.
func before() []scene {
	empty := phone.State{}
	connect := func(g *stage) { g.model.Text(modeltest.RegistrationLink()); g.settle() }
	return []scene{
		{name: "01-welcome", state: empty},
		{name: "02-lock", state: locked(modeltest.Open())},
		{name: "02-lock-sensor", state: locked(modeltest.Open()), look: sensor, act: func(g *stage) {
			g.core.Alter(func(s *phone.State) { s.Locked = true })
			g.core.OnUnlock = func(context.Context) error { return keystore.ErrPINRequired }
			g.digits("48")
		}},
		{name: "02-lock-wrong", state: locked(modeltest.Open()), act: func(g *stage) {
			g.core.OnUnlock = func(context.Context) error { return keystore.ErrPINWrong.After(25 * time.Second) }
			g.digits("482913")
		}},
		{name: "03-scan", state: empty, act: func(g *stage) { g.model.OpenScan() }},
		{name: "03-scan-wifi", state: empty, act: func(g *stage) { g.model.OpenScan(); g.model.Text("WIFI:S:guest;;") }},
		{name: "03-scan-other", state: empty, act: func(g *stage) { g.model.OpenScan(); g.model.Text("otpauth://totp/x?secret=") }},
		{name: "03-scan-damaged", state: empty, act: func(g *stage) { g.model.OpenScan(); g.model.Text("avow://x/R#1") }},
		{name: "03-scan-type", state: empty, act: func(g *stage) { g.model.OpenScan(); g.model.Typing() }},
		{name: "04-connect", state: empty, act: connect},
		{name: "04-connect-second", state: modeltest.Open(), act: func(g *stage) {
			g.core.OnInvite = func(wire.RegistrationLink) (*phone.Invitation, error) {
				inv := modeltest.Invitation()
				inv.Organisation, inv.Host, inv.NewServer = "Malmö Harbour and Terminals Authority", "registration.identity.login.malmo-harbour-authority.example", true
				return inv, nil
			}
			connect(g)
		}},
		{name: "04-connect-failed", state: modeltest.Open(), act: func(g *stage) {
			g.core.OnConnect = func(context.Context, *phone.Invitation) (phone.Account, error) {
				return phone.Account{}, client.ErrUnreachable
			}
			connect(g)
			g.tap("connect")
		}},
		{name: "04-choose-pin", state: empty, act: func(g *stage) { connect(g); g.tap("connect"); g.digits("4829") }},
		{name: "04-choose-pin-differ", state: empty, act: func(g *stage) { connect(g); g.tap("connect"); g.digits("482913"); g.digits("482914") }},
		{name: "04-choose-pin-weak", state: empty, act: func(g *stage) {
			g.core.OnSetPIN = func(string) error { return keystore.ErrPINWeak }
			connect(g)
			g.tap("connect")
			g.digits("111111")
			g.digits("111111")
		}},
		{name: "04-check-words", state: modeltest.Open(), act: func(g *stage) { connect(g); g.tap("connect") }},
		{name: "04-connected", state: modeltest.Open(), act: func(g *stage) {
			g.core.OnConnect = func(context.Context, *phone.Invitation) (phone.Account, error) { return modeltest.Account(), nil }
			connect(g)
			g.tap("connect")
		}},
		{name: "04-connect-sent", state: empty, act: func(g *stage) { g.sent(authn.ProofPassword); connect(g) }},
		{name: "04-connect-here", state: modeltest.Open(), act: func(g *stage) {
			g.core.OnInvite = func(wire.RegistrationLink) (*phone.Invitation, error) {
				inv := modeltest.Invitation()
				inv.Connected = "anna.lind"
				return inv, nil
			}
			connect(g)
		}},
		{name: "04-proof-password", state: empty, act: func(g *stage) { g.sent(authn.ProofPassword); connect(g); g.tap("connect") }},
		{name: "04-proof-password-seen", state: empty, act: func(g *stage) {
			g.sent(authn.ProofPassword)
			connect(g)
			g.tap("connect")
			g.digits("correct horse")
			g.tap("eye")
		}},
		{name: "04-proof-password-wrong", state: modeltest.Open(), act: func(g *stage) {
			g.sent(authn.ProofPassword)
			g.refuses(errWrongPassword)
			connect(g)
			g.tap("connect")
			g.digits("correct house")
			g.tap("connect")
		}},
		{name: "04-proof-password-away", state: modeltest.Open(), act: func(g *stage) {
			g.sent(authn.ProofPassword)
			g.refuses(errDirectory)
			connect(g)
			g.tap("connect")
			g.digits("correct horse")
			g.key(fyne.KeyReturn)
		}},
		{name: "04-proof-pin", state: empty, act: func(g *stage) { g.sent(authn.ProofPIN); connect(g); g.tap("connect"); g.digits("48291") }},
		{name: "04-proof-pin-early", state: empty, act: func(g *stage) {
			g.sent(authn.ProofPIN)
			connect(g)
			g.tap("connect")
			g.digits("48291")
			g.tap("connect")
		}},
		{name: "04-proof-pin-wrong", state: modeltest.Open(), act: func(g *stage) {
			g.sent(authn.ProofPIN)
			g.refuses(authn.ErrProofWrong)
			connect(g)
			g.tap("connect")
			g.digits("48291375")
			g.tap("connect")
		}},
		{name: "04-proof-code", state: empty, act: func(g *stage) { g.sent(authn.ProofCode); connect(g); g.tap("connect") }},
		{name: "18-error-proof-tries", state: modeltest.Open(), act: func(g *stage) {
			g.sent(authn.ProofPIN)
			g.refuses(authn.ErrProofTries)
			connect(g)
			g.tap("connect")
			g.digits("48291375")
			g.tap("connect")
		}},
		{name: "18-error-claimed", state: empty, act: func(g *stage) {
			g.core.OnInvite = func(wire.RegistrationLink) (*phone.Invitation, error) { return nil, authn.ErrSessionClaimed }
			g.model.OpenScan()
			connect(g)
		}},
		{name: "18-error-old-code", state: empty, act: func(g *stage) {
			g.core.OnInvite = func(wire.RegistrationLink) (*phone.Invitation, error) { return nil, authn.ErrSessionExpired }
			g.model.OpenScan()
			connect(g)
		}},
		{name: "18-error-pin", state: modeltest.Open(), act: func(g *stage) {
			g.core.OnInvite = func(wire.RegistrationLink) (*phone.Invitation, error) { return nil, client.ErrPinMismatch }
			connect(g)
		}},
	}
}

// home is the first tab.
func home() []scene {
	two := modeltest.Open()
	two.Accounts = append(two.Accounts, modeltest.SecondAccount())
	return []scene{
		{name: "05-home", state: modeltest.Open(number("r_1")...), act: func(g *stage) { g.model.Later() }},
		{name: "05-home-two", state: modeltest.Open(number("r_1", "r_2")...), act: func(g *stage) { g.model.Later(); g.settle(); g.model.Later() }},
		{name: "19-home-quiet", state: modeltest.Open()},
		{name: "19-home-two-accounts", state: two},
		{name: "19-home-menu", state: modeltest.Open(), act: func(g *stage) { g.tap("menu") }},
		{name: "19-home-accounts", state: two, act: func(g *stage) { g.tap("accounts") }},
		{name: "19-home-new", state: withAccount(func(a *phone.Account) { a.Last, a.PasswordChangedAt = nil, time.Time{} })},
		{name: "05-home-waiting", state: withAccount(func(a *phone.Account) { a.Status, a.CheckWords = phone.Waiting, [2]string{"amber", "canal"} })},
		{name: "05-home-blocked", state: withAccount(func(a *phone.Account) { a.Status = phone.Blocked })},
		{name: "05-home-removed", state: withAccount(func(a *phone.Account) { a.Status = phone.Removed })},
		{name: "05-home-unreachable", state: withAccount(func(a *phone.Account) {
			a.Status, a.Since, a.Trouble = phone.Unreachable, modeltest.Now.Add(-34*time.Minute), client.ErrUnreachable
		})},
		{name: "05-home-notes", state: withAccount(func(a *phone.Account) {
			a.MutedUntil = modeltest.Now.Add(time.Hour)
			a.Notices = []wire.Notice{
				{Kind: authn.NoticeDeviceRegistered, At: modeltest.Now.Add(-time.Hour).Unix(), Facts: map[string]string{"device": "Pixel 9"}},
				{Kind: authn.NoticeTooManyRequests, At: modeltest.Now.Add(-2 * time.Hour).Unix()},
			}
		})},
		{name: "05-home-password", state: withAccount(func(a *phone.Account) { a.PasswordExpiresAt = modeltest.Now.AddDate(0, 0, 9) })},
		{name: "05-home-password-over", state: withAccount(func(a *phone.Account) { a.PasswordExpiresAt = modeltest.Now.AddDate(0, 0, -1) })},
		{name: "05-home-remove", state: modeltest.Open(), act: func(g *stage) { g.tap("menu"); g.menu(7) }},
		{name: "05-home-long", state: withAccount(func(a *phone.Account) {
			a.Name, a.Organisation = "Maximiliane-Alexandra von Hohenlohe-Langenburg", "Malmö Harbour and Terminals Authority of Skåne"
		})},
	}
}

// asked are the screens of a request.
func asked() []scene {
	tapped := modeltest.Open(modeltest.Request("r_1", authn.MatchTap))
	scanned := modeltest.Open(modeltest.Request("r_1", authn.MatchQR))
	strange := modeltest.Request("r_1", authn.MatchNumber)
	strange.Client.Name, strange.Client.Kind, strange.Client.Known = "Payroll and travel expenses of Lund Energy", authn.ClientWeb, false
	strange.Message, strange.Origin = "Change the account that your salary is paid to", authn.Origin{}
	wrong := func(g *stage) {
		g.core.OnApprove = func(context.Context, authn.RequestID, phone.Match) (phone.Receipt, error) {
			e := *authn.ErrWrongNumber
			e.Left = 2
			return phone.Receipt{}, &e
		}
		g.digits("482914")
		g.tap("yes")
	}
	return []scene{
		{name: "06-request-number", state: modeltest.Open(number("r_1")...), act: func(g *stage) { g.digits("4829") }},
		{name: "06-request-number-sensor", state: modeltest.Open(number("r_1")...), look: sensor},
		{name: "06-request-early", state: modeltest.Open(number("r_1")...), act: func(g *stage) { g.digits("48"); g.tap("yes") }},
		{name: "06-request-wrong", state: modeltest.Open(number("r_1")...), act: wrong},
		{name: "06-request-strange", state: modeltest.Open(strange)},
		{name: "06-request-urgent", state: modeltest.Open(number("r_1")...), act: func(g *stage) { g.now = modeltest.Now.Add(86 * time.Second) }},
		{name: "06-request-pin", state: modeltest.Open(number("r_1")...), act: func(g *stage) {
			g.core.OnApprove = func(context.Context, authn.RequestID, phone.Match) (phone.Receipt, error) {
				return phone.Receipt{}, keystore.ErrPINRequired
			}
			g.digits("482913")
			g.tap("yes")
			g.digits("123")
		}},
		{name: "07-request-tap", state: tapped},
		{name: "07-request-qr", state: scanned},
		{name: "07-request-scan", state: scanned, act: func(g *stage) { g.tap("yes") }},
		{name: "07-request-scanned", state: scanned, act: func(g *stage) { g.model.Text(modeltest.ApprovalLink()) }},
		{name: "07-request-not-me", state: tapped, act: func(g *stage) { g.tap("not-me") }},
		{name: "08-approved", state: tapped, act: func(g *stage) { g.tap("yes") }},
		{name: "08-denied", state: tapped, act: func(g *stage) { g.tap("no") }},
		{name: "08-not-me", state: tapped, act: func(g *stage) { g.model.ReallyNotMe() }},
		{name: "18-error-expired", state: tapped, act: func(g *stage) { g.core.CloseRequest("r_1", authn.RequestExpired) }},
		{name: "18-error-no-server", state: tapped, act: func(g *stage) {
			g.core.OnApprove = func(context.Context, authn.RequestID, phone.Match) (phone.Receipt, error) {
				return phone.Receipt{}, fmt.Errorf("send decision: %w", client.ErrUnreachable)
			}
			g.tap("yes")
		}},
		awayScene(),
	}
}

// after are settings and trouble.
func after() []scene {
	damaged, old := modeltest.Open(), modeltest.Open()
	damaged.Trouble = &phone.Trouble{Code: "vault_damaged", Backup: true, Err: vault.ErrDamaged}
	old.Trouble = &phone.Trouble{Code: "vault_old", Err: vault.ErrRolledBack}
	return []scene{
		{name: "16-settings", state: modeltest.Open(), look: sensor, act: func(g *stage) { g.model.GoTo(model.PageSettings) }},
		{name: "16-settings-empty", state: phone.State{}, act: func(g *stage) { g.model.GoTo(model.PageSettings) }},
		{name: "16-language", state: modeltest.Open(), act: open(model.PageLanguage)},
		{name: "16-text-size", state: modeltest.Open(), act: open(model.PageTextSize)},
		{name: "16-change-pin", state: modeltest.Open(), act: open(model.PageChangePIN)},
		{name: "16-about", state: modeltest.Open(), act: open(model.PageAbout)},
		{name: "16-debug-log", state: modeltest.Open(), act: open(model.PageDebugLog)},
		{name: "16-debug-log-cleared", state: modeltest.Open(), act: func(g *stage) { g.model.Open(model.PageDebugLog); g.settle(); g.tap("clear") }},
		{name: "16-send-log", state: modeltest.Open(), act: func(g *stage) { g.model.OpenSendLog() }},
		{name: "16-send-log-failed", state: modeltest.Open(), act: func(g *stage) {
			g.core.OnSendLog = func(context.Context, string, string) (wire.SentDebugLog, error) {
				return wire.SentDebugLog{}, client.ErrUnreachable
			}
			g.model.OpenSendLog()
			g.settle()
			g.tap("send")
		}},
		{name: "16-send-log-sent", state: modeltest.Open(), act: func(g *stage) { g.model.OpenSendLog(); g.settle(); g.tap("send") }},
		{name: "16-licences", state: modeltest.Open(), act: open(model.PageLicences)},
		{name: "16-licence", state: modeltest.Open(), act: func(g *stage) { g.model.OpenLicence("rsc.io/qr") }},
		{name: "16-privacy", state: modeltest.Open(), act: func(g *stage) { g.telemetry.Policy(issuer(), authn.TelemetryAsked); g.model.Open(model.PagePrivacy) }},
		{name: "16-privacy-off", state: modeltest.Open(), act: func(g *stage) { g.telemetry.Policy(issuer(), authn.TelemetryOff); g.model.Open(model.PagePrivacy) }},
		{name: "16-privacy-nobody", state: phone.State{}, act: open(model.PagePrivacy)},
		{name: "16-telemetry", state: modeltest.Open(), act: func(g *stage) { g.wellUsed() }},
		{name: "16-report-example", state: modeltest.Open(), act: func(g *stage) { g.model.ShowReport(issuer()) }},
		{name: "16-report", state: modeltest.Open(), act: func(g *stage) { g.reported(); g.model.ShowReport(issuer()) }},
		{name: "18-trouble-damaged", state: damaged},
		{name: "18-trouble-old", state: old},
	}
}
