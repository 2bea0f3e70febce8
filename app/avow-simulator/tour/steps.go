package tour

import (
	"errors"
	"fmt"
	"image"
	"strings"

	"fyne.io/fyne/v2"

	"avow/app/avow-simulator/desk"
	"avow/internal/authn"
	"avow/internal/phone"
	"avow/internal/qr"
	"avow/internal/testenv/camera"
	"avow/internal/ui/model"
	"avow/internal/wire"
)

// connect walks from the QR to a confirmed phone.
func (t *tour) connect() error {
	if err := t.do("the page shows the QR of a registration session", t.showQR); err != nil {
		return err
	}
	if err := t.do("tap Connect work account; the camera sees a Wi-Fi code", t.wifi); err != nil {
		return err
	}
	if err := t.do("the camera sees the QR from too far away", t.tooFar); err != nil {
		return err
	}
	if err := t.do("the scanner reads the QR in the hand; the server is who the code says", func() error {
		t.files.clipboard = "" // from here only the camera helps
		if err := t.point(camera.HandHeld, t.deskScr.Names["qr"], func() bool { return t.shell.Page() == model.PageConnect }); err != nil {
			return err
		}
		return t.page(model.PageConnect)
	}); err != nil {
		return err
	}
	if err := t.shot("connect"); err != nil {
		return err
	}
	if err := t.do("tap Connect and choose a PIN", t.choosePIN); err != nil {
		return err
	}
	if err := t.do("phone and page show the same two words", t.sameWords); err != nil {
		return err
	}
	if err := t.do("say Yes on the page; the phone knows at once", func() error {
		if err := t.tapDesk("yes"); err != nil {
			return err
		}
		return t.page(model.PageConnected)
	}); err != nil {
		return err
	}
	if err := t.shot("connected"); err != nil {
		return err
	}
	if err := t.do("a mail says that a device was connected", func() error {
		mails, err := t.env.Mail.Wait(t.ctx, 1)
		if err == nil && mails[0].To != User+"@example.com" {
			err = fmt.Errorf("mail went to %s", mails[0].To)
		}
		return err
	}); err != nil {
		return err
	}
	return t.do("Home says Connected", func() error {
		if err := t.tap("done"); err != nil {
			return err
		}
		if err := t.page(model.PageHome); err != nil {
			return err
		}
		if err := t.shotDesk("connected"); err != nil {
			return err
		}
		return errors.Join(t.tapDesk("back"), t.shot("home-quiet"))
	})
}

func (t *tour) showQR() error {
	if err := t.shotDesk("form"); err != nil {
		return err
	}
	if err := t.tapDesk("connect"); err != nil {
		return err
	}
	if err := t.await("the QR", func() bool { return t.desk.State().Mode == desk.Connect && t.deskScr.Names["qr"] != nil }); err != nil {
		return err
	}
	return t.shotDesk("connect")
}

// wifi shows the phone a code that is not ours: it says so and looks on.
func (t *tour) wifi() error {
	if err := t.tap("connect"); err != nil {
		return err
	}
	if err := t.page(model.PageScan); err != nil {
		return err
	}
	code, err := qr.Encode("WIFI:S:guest;T:WPA;P:welcome to Lund;;", qr.LevelM)
	if err != nil {
		return err
	}
	frame := camera.HandHeld.Frame(code.Image(8), image.Rectangle{}, image.Pt(720, 1280), 7)
	want := t.model.T("app.scan.wifi")
	if err := t.await(want, func() bool { t.phone.Camera.Show(frame); return t.model.Scan().Hint == want }); err != nil {
		return err
	}
	return t.shot("scan-wifi")
}

func (t *tour) tooFar() error {
	want := t.model.T("app.scan.too_far")
	if err := t.point(camera.Far, t.deskScr.Names["qr"], func() bool { return t.model.Scan().Hint == want }); err != nil {
		return err
	}
	return t.shot("scan-too-far")
}

func (t *tour) choosePIN() error {
	if err := t.tap("connect"); err != nil {
		return err
	}
	if err := t.page(model.PageChoosePIN); err != nil {
		return err
	}
	if err := t.keys(PIN); err != nil {
		return err
	}
	if err := t.shot("choose-pin"); err != nil {
		return err
	}
	if err := t.keys(PIN); err != nil {
		return err
	}
	return t.page(model.PageWords)
}

func (t *tour) sameWords() error {
	if err := t.shot("check-words"); err != nil {
		return err
	}
	if err := t.await("the question on the page", t.asked); err != nil {
		return err
	}
	t.drain()
	if got, want := t.desk.State().Words, t.model.CheckWords().Words; got != want {
		return fmt.Errorf("page shows %v, phone shows %v", got, want)
	}
	return t.shotDesk("is-this-your-phone")
}

// asked says whether the page asks "Is this your phone?".
func (t *tour) asked() bool { return t.desk.State().Mode == desk.Question }

// pointStill holds the phone steadily in front of the page's QR until it has been read.
func (t *tour) pointStill(p model.Page) error {
	t.files.clipboard = "" // only the camera helps
	if err := t.point(camera.Steady, t.deskScr.Names["qr"], func() bool { return t.shell.Page() == p }); err != nil {
		return err
	}
	return t.page(p)
}

// ask has the computer ask with a method, and waits for the request on the phone.
func (t *tour) ask(m authn.MatchMode) error {
	t.desk.Choose(m)
	t.drain()
	if err := t.tapDesk("sign-in"); err != nil {
		return err
	}
	if err := t.await("the computer's question", func() bool { return t.desk.State().Mode == desk.Waiting }); err != nil {
		return err
	}
	return t.page(model.PageRequest)
}

// signedIn checks what the computer got, and returns both to where they were.
func (t *tour) signedIn(acr string) error {
	if err := t.await("the token", func() bool { return t.desk.State().Mode == desk.SignedIn }); err != nil {
		return err
	}
	token := t.desk.State().Token
	if token.ACR != acr {
		return fmt.Errorf("the computer got acr %q, want %q", token.ACR, acr)
	}
	if err := t.shotDesk("signed-in"); err != nil {
		return err
	}
	t.say("     computer: sub %s, acr %s, amr %s", token.Subject, token.ACR, strings.Join(token.AMR, " "))
	return t.tapDesk("back")
}

// done leaves the page of a result.
func (t *tour) done() error { return errors.Join(t.tap("done"), t.page(model.PageHome)) }

// home waits for Home. After the fourth Yes the app offers a restore code in its place, as soon as it has heard from the server; not now.
func (t *tour) home() error {
	if err := t.await("Home", func() bool {
		p := t.model.Page()
		return t.shell.Page() == p && t.model.Busy() == "" && (p == model.PageHome || p == model.PageRestoreOffer)
	}); err != nil || t.shell.Page() == model.PageHome {
		return err
	}
	t.offered = true
	return errors.Join(t.shot("restore-offer"), t.tap("not-now"), t.page(model.PageHome))
}

func (t *tour) approveByNumber() error {
	if err := t.do("the computer asks; the request covers the phone", func() error {
		if err := t.ask(authn.MatchNumber); err != nil {
			return err
		}
		return t.shotDesk("number")
	}); err != nil {
		return err
	}
	if err := t.do("tap Yes without the number: nothing is sent", func() error {
		if err := t.tap("yes"); err != nil {
			return err
		}
		if got := t.phone.State().Requests; len(got) != 1 || t.model.Busy() != "" {
			return errors.New("a Yes did something without the number")
		}
		return t.shot("request-digits-missing")
	}); err != nil {
		return err
	}
	if err := t.do("type a wrong number, tap Yes, confirm with the PIN", func() error {
		if err := t.keys(other(t.desk.State().Number)); err != nil {
			return err
		}
		if err := t.yesWithPIN("ask-pin"); err != nil {
			return err
		}
		want := t.model.T("app.request.wrong_left", "Client", "LAPTOP-42", "Count", 2)
		if err := t.await(want, func() bool { v, ok := t.model.Request(); return ok && v.Wrong == want }); err != nil {
			return err
		}
		return t.shot("request-wrong-number")
	}); err != nil {
		return err
	}
	if err := t.do("type the right number, tap Yes, confirm again", func() error {
		if err := t.clearNumber(); err != nil {
			return err
		}
		if err := t.keys(t.desk.State().Number); err != nil {
			return err
		}
		if err := t.shot("request-number"); err != nil {
			return err
		}
		if err := t.yesWithPIN(""); err != nil {
			return err
		}
		if err := t.page(model.PageResult); err != nil {
			return err
		}
		return t.shot("approved")
	}); err != nil {
		return err
	}
	return t.do("the computer lets Anna in", func() error { return errors.Join(t.signedIn(wire.ACRNumber), t.done()) })
}

// yesWithPIN taps Yes and types the PIN that is asked for.
func (t *tour) yesWithPIN(picture string) error {
	if err := t.tap("yes"); err != nil {
		return err
	}
	if err := t.page(model.PageAskPIN); err != nil {
		return err
	}
	if picture != "" {
		if err := t.shot(picture); err != nil {
			return err
		}
	}
	if err := t.keys(PIN); err != nil {
		return err
	}
	return t.await("the answer", func() bool {
		return t.model.Page() != model.PageAskPIN && t.model.Busy() == "" && t.shell.Page() == t.model.Page()
	})
}

// clearNumber empties the field for the number.
func (t *tour) clearNumber() error {
	if f, ok := t.shell.Find("number").(interface{ Clear() }); ok {
		f.Clear()
		return nil
	}
	return errors.New("there is no field for the number")
}

func other(number string) string {
	if number[0] == '0' {
		return "1" + number[1:]
	}
	return "0" + number[1:]
}

func (t *tour) approveByTap() error {
	if err := t.do("turn the fingerprint on in Settings", t.fingerprint); err != nil {
		return err
	}
	return t.do("a plain Yes, confirmed by fingerprint", func() error {
		if err := t.ask(authn.MatchTap); err != nil {
			return err
		}
		if err := t.shot("request-tap"); err != nil {
			return err
		}
		if err := t.tap("yes"); err != nil {
			return err
		}
		return errors.Join(t.page(model.PageResult), t.signedIn(wire.ACRTap), t.done())
	})
}

func (t *tour) fingerprint() error {
	t.model.GoTo(model.PageSettings)
	if err := t.page(model.PageSettings); err != nil {
		return err
	}
	if err := t.shot("settings"); err != nil {
		return err
	}
	if err := t.tap("fingerprint"); err != nil {
		return err
	}
	if err := t.page(model.PageAskPIN); err != nil {
		return err
	}
	if err := t.keys(PIN); err != nil {
		return err
	}
	if err := t.await("the fingerprint", func() bool { return t.phone.Keys.BiometricEnabled() && t.model.Busy() == "" }); err != nil {
		return err
	}
	t.model.GoTo(model.PageHome)
	return t.page(model.PageHome)
}

func (t *tour) approveByScan() error {
	return t.do("the computer shows a code; scan it instead of a number", func() error {
		if err := t.ask(authn.MatchQR); err != nil {
			return err
		}
		if err := t.shotDesk("qr"); err != nil {
			return err
		}
		if err := t.shot("request-qr"); err != nil {
			return err
		}
		if err := t.tap("yes"); err != nil {
			return err
		}
		if err := t.page(model.PageScan); err != nil {
			return err
		}
		if err := t.point(camera.Steady, nil, func() bool { return t.model.Page() == model.PageResult }); err != nil {
			return err
		}
		return errors.Join(t.page(model.PageResult), t.signedIn(wire.ACRQR), t.done())
	})
}

func (t *tour) refuse() error {
	if err := t.do("say No: nobody is signed in", func() error {
		if err := t.ask(authn.MatchNumber); err != nil {
			return err
		}
		if err := t.tap("no"); err != nil {
			return err
		}
		if err := t.page(model.PageResult); err != nil {
			return err
		}
		if err := t.shot("denied"); err != nil {
			return err
		}
		return errors.Join(t.refused(), t.done())
	}); err != nil {
		return err
	}
	if err := t.do("put a request off; it waits on Home; the computer takes it back", func() error {
		if err := t.ask(authn.MatchNumber); err != nil {
			return err
		}
		t.model.Back() // what Esc and the system's back do
		if err := t.page(model.PageHome); err != nil {
			return err
		}
		if err := t.shot("home"); err != nil {
			return err
		}
		if err := t.tapDesk("cancel"); err != nil {
			return err
		}
		return t.await("the end of the request", func() bool { return len(t.phone.State().Requests) == 0 && t.desk.State().Mode == desk.Form })
	}); err != nil {
		return err
	}
	return t.do("it's not me: the administrators are told", func() error {
		if err := t.ask(authn.MatchNumber); err != nil {
			return err
		}
		if err := t.tap("not-me"); err != nil {
			return err
		}
		if err := t.shot("not-me-question"); err != nil {
			return err
		}
		t.model.ReallyNotMe()
		if err := t.page(model.PageResult); err != nil {
			return err
		}
		if err := t.shot("not-me"); err != nil {
			return err
		}
		return errors.Join(t.refused(), t.done(), t.shot("home-muted"))
	})
}

func (t *tour) refused() error {
	if err := t.await("the computer's refusal", func() bool { return t.desk.State().Mode == desk.Refused }); err != nil {
		return err
	}
	if err := t.shotDesk("refused"); err != nil {
		return err
	}
	return t.tapDesk("back")
}

func (t *tour) settings() error {
	return t.do("German, at once, without a restart", func() error {
		t.model.GoTo(model.PageSettings)
		if err := errors.Join(t.page(model.PageSettings), t.tap("language")); err != nil {
			return err
		}
		if err := t.page(model.PageLanguage); err != nil {
			return err
		}
		if err := t.tap("language-de"); err != nil {
			return err
		}
		t.model.Back()
		t.model.GoTo(model.PageHome)
		if err := errors.Join(t.page(model.PageHome), t.shot("home-german")); err != nil {
			return err
		}
		t.model.Choose(func(c *model.Choices) { c.Language, c.TextSize = "en", model.TextLarge })
		if err := errors.Join(t.page(model.PageHome), t.shot("home-large")); err != nil {
			return err
		}
		t.model.Choose(func(c *model.Choices) { c.TextSize = model.TextNormal })
		return t.page(model.PageHome)
	})
}

func (t *tour) lock() error {
	return t.do("the screen goes dark: locked; a wrong PIN; the fingerprint opens", func() error {
		t.phone.Sensor.RemoveFingers() // the lock asks the sensor at once; here the PIN comes first
		t.phone.Core.Lock()
		if err := t.page(model.PageLock); err != nil {
			return err
		}
		if err := t.keys("000000"); err != nil {
			return err
		}
		if err := t.await("the refusal", func() bool { return t.model.PIN().Words != "" && t.model.Busy() == "" }); err != nil {
			return err
		}
		if err := t.shot("lock"); err != nil {
			return err
		}
		if err := t.await("the end of the wait", func() bool { return !t.model.PIN().Waits }); err != nil {
			return err
		}
		if err := t.keys(PIN); err != nil {
			return err
		}
		return t.page(model.PageHome)
	})
}

func (t *tour) away() error {
	return t.do("the server is away: Home says so; it comes back by itself", func() error {
		if err := t.env.Stop(); err != nil {
			return err
		}
		status := func() phone.AccountStatus { return t.phone.State().Accounts[0].Status }
		if err := t.await("the news of it", func() bool { return status() == phone.Unreachable }); err != nil {
			return err
		}
		if err := errors.Join(t.page(model.PageHome), t.shot("home-unreachable")); err != nil {
			return err
		}
		if err := t.env.Resume(t.ctx); err != nil {
			return err
		}
		t.model.CheckNow()
		return t.await("the server", func() bool { return status() == phone.Connected })
	})
}

func (t *tour) desktop() error {
	return t.do("the same app on a desktop", func() error {
		t.win.Resize(fyne.NewSize(1100, 750))
		if err := errors.Join(t.page(model.PageHome), t.shot("desktop-home")); err != nil {
			return err
		}
		t.model.GoTo(model.PageSettings)
		return errors.Join(t.page(model.PageSettings), t.shot("desktop-settings"))
	})
}
