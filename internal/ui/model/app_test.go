package model_test

import (
	"bytes"
	"context"
	"image"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/phone"
	"avow/internal/phone/debuglog"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/platform/simulated"
	"avow/internal/phone/vault"
	"avow/internal/qr"
	"avow/internal/ui/model"
	"avow/internal/ui/model/modeltest"
)

func TestScanSaysWhatACodeIs(t *testing.T) {
	for text, want := range map[string]string{
		"WIFI:S:guest;T:WPA;P:x;;":       "This is a Wi-Fi code, not one of ours.",
		"otpauth://totp/a?secret=":       "There is no key in it. Have the service show a new QR code.",
		"otpauth-migration://offline?a=": "This QR code is damaged. Show it once more in the other app.",
		"BEGIN:VCARD\nEND:VCARD":         "This is a contact, not one of our codes.",
		"https://example.org/":           "This is a web address, not one of our codes.",
		"hello":                          "This is some text, not one of our codes.",
		"avow://x/R#1":                   "This Avow code can’t be read. Make a new one on the page, or update the app.",
	} {
		g := newStage(t, phone.State{})
		g.OpenScan()
		g.Text(text)
		g.on(model.PageScan)
		if v := g.Scan(); v.Hint != want || !v.Wrong {
			t.Errorf("%q: said %q, want %q", text, v.Hint, want)
		}
		g.calls("Invite", 0)
	}
}

func picture(t *testing.T, text string) []byte {
	t.Helper()
	code, err := qr.Encode(text, qr.LevelM)
	if err != nil {
		t.Fatal(err)
	}
	data, err := code.PNG(8)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

type closer struct {
	io.Reader
	closed bool
}

func (c *closer) Close() error {
	c.closed = true
	return nil
}

func TestPicture(t *testing.T) {
	g := newStage(t, phone.State{})
	g.OpenScan()
	bad := &closer{Reader: strings.NewReader("no picture")}
	g.Picture(bad)
	if v := g.Scan(); !v.Wrong || v.Hint == "" || !bad.closed {
		t.Errorf("a file that is no picture: %+v, closed %v", v, bad.closed)
	}
	good := &closer{Reader: bytes.NewReader(picture(t, modeltest.RegistrationLink()))}
	g.Picture(good)
	g.on(model.PageConnect)
	if !good.closed {
		t.Error("the picture was left open")
	}
}

func TestCamera(t *testing.T) {
	var camera simulated.Camera
	var work sync.WaitGroup
	changed := make(chan struct{}, 1)
	g := newStage(t, phone.State{}, func(c *model.Config) {
		c.Camera = &camera
		c.Go = func(f func()) { work.Go(f) }
		c.Changed = func() {
			select {
			case changed <- struct{}{}:
			default:
			}
		}
	})
	until := func(what string, img image.Image, ok func() bool) {
		t.Helper()
		late, again := time.After(20*time.Second), time.NewTicker(5*time.Millisecond)
		defer again.Stop()
		for !ok() {
			if img != nil {
				camera.Show(img)
			}
			select {
			case <-changed:
			case <-again.C: // a frame that nobody took is shown again
			case <-late:
				t.Fatalf("never: %s", what)
			}
		}
	}
	code, err := qr.Encode("WIFI:S:guest;;", qr.LevelM)
	if err != nil {
		t.Fatal(err)
	}
	g.OpenScan()
	until("it is a Wi-Fi code", code.Image(8), func() bool { return g.Scan().Wrong })
	ours, err := qr.Encode(modeltest.RegistrationLink(), qr.LevelM)
	if err != nil {
		t.Fatal(err)
	}
	until("the question", ours.Image(8), func() bool { return g.Page() == model.PageConnect })
	g.Back()
	g.OpenScan()
	until("a frame", code.Image(8), func() bool { return g.Scan().Frame != nil })
	g.Back() // Esc must end the camera like the cross
	g.Close()
	work.Wait()
	if camera.Show(code.Image(2)) {
		t.Error("the camera still looks")
	}
}

func TestScannerClosesWhenTheAppLocks(t *testing.T) {
	g := newStage(t, modeltest.Open())
	g.OpenScan()
	g.core.Lock()
	g.on(model.PageLock)
	if err := g.core.Unlock(context.Background(), platform.Prompt{}); err != nil {
		t.Fatal(err)
	}
	g.on(model.PageHome)
}

func TestLock(t *testing.T) {
	s := modeltest.Open()
	s.Locked = true
	g := newStage(t, s)
	g.core.OnUnlock = g.keys()
	g.on(model.PageLock)
	if v := g.PIN(); v.Initials != "AL" || v.Name != "Anna Lind" || v.Below != "Lund Energy" || v.Back {
		t.Errorf("the lock shows %+v", v)
	}
	g.Back()
	g.on(model.PageLock)
	g.digits("111112")
	g.on(model.PageLock)
	if v := g.PIN(); !v.Wrong || v.Words == "" {
		t.Errorf("after a wrong PIN: %+v", v)
	}
	g.now = g.now.Add(time.Minute)
	g.digits(modeltest.PIN)
	g.on(model.PageHome)
	g.LockNow()
	g.on(model.PageLock)
}

func TestRequestCoversTheLock(t *testing.T) {
	s := number("r_1")
	s.Locked = true
	g := newStage(t, s)
	g.on(model.PageRequest)
	g.look()
	g.No()
	g.Done()
	g.on(model.PageLock)
}

func TestTrouble(t *testing.T) {
	s := modeltest.Open()
	s.Locked, s.Trouble = true, &phone.Trouble{Code: "vault_damaged", Backup: true, Err: vault.ErrDamaged}
	g := newStage(t, s)
	verify := g.keys()
	g.core.OnBackup, g.core.OnOld = verify, verify
	g.on(model.PageTrouble)
	g.says(g.Trouble().GoOn, "Open the copy")
	g.Back()
	g.on(model.PageTrouble)
	g.GoOn()
	g.on(model.PageAskPIN)
	g.digits(modeltest.PIN)
	g.calls("UnlockBackup", 2)
	g.on(model.PageHome)

	g.core.Alter(func(s *phone.State) {
		s.Locked, s.Trouble = true, &phone.Trouble{Code: "vault_old", Err: vault.ErrRolledBack}
	})
	g.says(g.Trouble().GoOn, "Go on with it")
	g.GoOn()
	g.digits(modeltest.PIN)
	g.calls("UnlockOld", 2)

	g.core.Alter(func(s *phone.State) {
		s.Locked, s.Trouble = true, &phone.Trouble{Code: "vault_damaged", Err: vault.ErrDamaged}
	})
	g.says(g.Trouble().GoOn, "")
}

func TestHomeSaysHowAnAccountStands(t *testing.T) {
	for _, c := range []struct {
		status phone.AccountStatus
		want   string
		tone   model.Tone
	}{
		{phone.Connected, "Connected", model.Good},
		{phone.Waiting, "Waiting for confirmation", model.Wait},
		{phone.Blocked, "Blocked by your organisation", model.Bad},
		{phone.Removed, "This phone was removed", model.Bad},
		{phone.Unreachable, "Can’t be reached since today 09:58", model.Wait},
	} {
		s := modeltest.Open()
		s.Accounts[0].Status, s.Accounts[0].Since = c.status, modeltest.Now.Add(-34*time.Minute)
		v := newStage(t, s).Home()
		if v.Status != c.want || v.Tone != c.tone {
			t.Errorf("%s is shown as %q, %q", c.status, v.Status, v.Tone)
		}
	}
}

func TestSeveralAccounts(t *testing.T) {
	s := modeltest.Open()
	s.Accounts = append(s.Accounts, modeltest.SecondAccount())
	g := newStage(t, s)
	if v := g.Home(); len(v.Accounts) != 2 || v.Organisation != "Lund Energy" {
		t.Fatalf("Home shows %+v", v)
	}
	g.ShowAccount("d_2")
	g.says(g.Home().Organisation, "Malmö Harbour")
	title, _, _, _ := g.RemoveQuestion()
	g.says(title, "Remove Malmö Harbour from this phone?")
	g.RemoveAccount()
	v := g.Home()
	g.says(v.Organisation, "Lund Energy")
	g.says(v.Notes[0].Text, "Malmö Harbour was removed, and its server knows.")
	g.GoTo(model.PageHome)
	if n := g.Home().Notes; len(n) != 0 {
		t.Errorf("still said: %v", n)
	}
}

func TestRemoveTheLastAccountOffline(t *testing.T) {
	g := newStage(t, modeltest.Open())
	verify := g.keys()
	g.core.OnRemove = func(ctx context.Context, _ phone.AccountID) (bool, error) { return false, verify(ctx) }
	g.RemoveAccount()
	g.on(model.PageAskPIN)
	g.digits(modeltest.PIN)
	g.on(model.PageWelcome)
	g.says(g.Welcome().Note, "Lund Energy was removed here. Its server can’t be reached and will be told later.")
}

func TestChangePIN(t *testing.T) {
	g := newStage(t, modeltest.Open())
	var got []string
	g.core.OnChangePIN = func(old, pin string) error {
		got = append(got, old, pin)
		switch {
		case pin == "111111":
			return keystore.ErrPINWeak
		case old == "000001":
			return keystore.ErrPINWrong.After(3 * time.Second)
		}
		return nil
	}
	g.Open(model.PageChangePIN)
	g.says(g.PIN().Ask, "Type the PIN you have now")
	g.digits("482913" + "111111" + "111111")
	g.says(g.PIN().Ask, "Type six digits") // the old one was right
	g.digits("739204" + "739204")
	g.on(model.PageHome)
	g.Open(model.PageChangePIN)
	g.digits("000001" + "739204" + "739204")
	g.on(model.PageChangePIN)
	g.says(g.PIN().Words, "Not this PIN. Try again in 3 seconds.")
	if len(got) != 6 {
		t.Errorf("the keystore got %v", got)
	}
}

func TestSettings(t *testing.T) {
	g := newStage(t, modeltest.Open(), func(c *model.Config) { c.Biometrics = &modeltest.Sensor{} })
	g.GoTo(model.PageSettings)
	g.Open(model.PageLanguage)
	g.Choose(func(c *model.Choices) { c.Language = "de" })
	g.says(g.T("app.settings.title"), "Einstellungen")
	g.Back()
	g.on(model.PageSettings)
	g.Choose(func(c *model.Choices) { c.Language, c.Appearance, c.TextSize = "en", model.Dark, model.TextLarge })
	if v := g.SettingsView(); v.Choices.Appearance != model.Dark || v.Choices.TextSize != model.TextLarge || v.Language != "English" || v.Biometric {
		t.Errorf("settings are %+v", v)
	}
	g.SetBiometric(true)
	g.on(model.PageAskPIN)
	g.digits(modeltest.PIN)
	g.on(model.PageSettings)
	if !g.SettingsView().Biometric {
		t.Error("the sensor is not on")
	}
	g.SetBiometric(false)
	if g.SettingsView().Biometric {
		t.Error("the sensor is not off")
	}
}

func TestSettingsAreKept(t *testing.T) {
	dir := t.TempDir()
	s, err := model.OpenSettings(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(model.Choices{Appearance: model.FollowSystem}, s.Get()); diff != "" {
		t.Errorf("at first settings differ:\n%s", diff)
	}
	want := model.Choices{Appearance: model.Dark, TextSize: model.TextLargest, Language: "de"}
	if err := s.Set(func(c *model.Choices) { *c = want }); err != nil {
		t.Fatal(err)
	}
	if s, err = model.OpenSettings(dir); err != nil || !cmp.Equal(s.Get(), want) {
		t.Errorf("read back: %+v, %v", s.Get(), err)
	}
}

// Files of before, which knew two sizes, and of another version, which may know more.
func TestTextSizeOfOldFiles(t *testing.T) {
	for file, want := range map[string]model.TextSize{
		`{"appearance":"light","large_text":true}`:                  model.TextLarge,
		`{"appearance":"light","large_text":false}`:                 0,
		`{"appearance":"light","large_text":true,"text_size":200}`:  model.TextLargest,
		`{"appearance":"light","large_text":false,"text_size":150}`: model.TextLarger,
		`{"appearance":"light","text_size":300}`:                    0,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "settings.json"), []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := model.OpenSettings(dir)
		if err != nil || s.Get().TextSize != want || s.Get().Appearance != model.Light {
			t.Errorf("%s: %+v, %v", file, s.Get(), err)
		}
	}
}

func TestLogBook(t *testing.T) {
	b := model.NewLogBook(2)
	for _, what := range []string{"one", "two", "three"} {
		b.Note(what, errBroken)
	}
	if got, _ := b.Lines(debuglog.Query{Text: "THREE"}); len(got) != 1 {
		t.Errorf("lines with three: %v", got)
	}
	if got := b.Text(); strings.Contains(got, "one") || !strings.Contains(got, "two") {
		t.Errorf("the log is %q", got)
	}
	b.Clear()
	if b.Text() != "" {
		t.Error("the log is not empty")
	}
}

func TestCheckNow(t *testing.T) {
	g := newStage(t, modeltest.Open())
	g.core.OnSync = func(context.Context) error { return client.ErrUnreachable }
	g.hold = true
	g.CheckNow()
	g.CheckNow() // a double tap
	g.says(g.Home().Busy, "Checking…")
	g.release()
	g.says(g.Home().Busy, "")
	g.calls("Sync", 1)
	g.on(model.PageHome) // the status line says it
}

func TestNotices(t *testing.T) {
	s := modeltest.Open()
	s.Accounts[0].MutedUntil = modeltest.Now.Add(time.Hour)
	if n := newStage(t, s).Home().Notes; len(n) != 1 || n[0].Text != "You said No. Until 11:32 they show only when you check." {
		t.Errorf("notes: %+v", n)
	}
}

func TestFaultKeepsTheSentenceOfWhatItDoesNotKnow(t *testing.T) {
	g := newStage(t, number("r_1"))
	g.core.OnApprove = func(context.Context, authn.RequestID, phone.Match) (phone.Receipt, error) {
		return phone.Receipt{}, authn.Fail(authn.Conflict, "something_new", "Do this and that.")
	}
	g.look()
	g.Yes("482913")
	g.says(g.Failure().Sentence, "Do this and that.")
}
