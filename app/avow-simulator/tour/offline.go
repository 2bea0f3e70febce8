package tour

import (
	"errors"
	"fmt"
	"time"

	"avow/app/avow-simulator/desk"
	"avow/internal/authn"
	"avow/internal/phone"
	"avow/internal/testenv/camera"
	"avow/internal/ui/model"
	"avow/internal/wire"
)

// offline signs in to computers without a network: by the QR, by the list, with what goes wrong on the way.
func (t *tour) offline() error {
	for _, s := range []struct {
		what string
		do   func() error
	}{
		{"LAPTOP-42 has given the phone a list of codes; SALES-PC too", t.lists},
		{"no network: LAPTOP-42 shows a QR; the phone says whose it is", t.offlineQR},
		{"Show code, fingerprint, type the eight digits: signed in", t.offlineCode},
		{"no camera: the next code of the list", t.listCode},
		{"the same code at SALES-PC: it is LAPTOP-42’s, and costs no try", t.otherComputer},
		{"the same code again at LAPTOP-42: used", t.usedCode},
		{"the network is back: server, computer and phone agree", t.reconcile},
		{"SALES-PC is reported stolen: the phone gives no code for it", t.stolen},
	} {
		if err := t.do(s.what, s.do); err != nil {
			return err
		}
	}
	return nil
}

func (t *tour) computer(name string) phone.Computer {
	for _, c := range t.phone.State().Computers {
		if c.Name == name {
			return c
		}
	}
	return phone.Computer{}
}

func (t *tour) lists() error {
	t.desk.ShowComputer(1)
	if err := t.ask(authn.MatchTap); err != nil {
		return err
	}
	if err := errors.Join(t.tap("yes"), t.page(model.PageResult), t.signedIn(wire.ACRTap), t.done()); err != nil {
		return err
	}
	t.desk.ShowComputer(0)
	if err := t.await("the lists", func() bool {
		return t.computer("LAPTOP-42").CodesLeft == authn.ListCount && t.computer("SALES-PC").CodesLeft == authn.ListCount
	}); err != nil {
		return err
	}
	t.model.GoTo(model.PageComputers)
	return errors.Join(t.page(model.PageComputers), t.shot("computers"))
}

// unplugged begins a sign-in at the computer that is shown, without a network.
func (t *tour) unplugged() error {
	t.desk.Unplug(true)
	t.drain()
	if err := t.tapDesk("sign-in"); err != nil {
		return err
	}
	return t.await("the computer without its server", func() bool { return t.desk.State().Mode == desk.Offline && !t.desk.State().Busy })
}

func (t *tour) offlineQR() error {
	if err := errors.Join(t.unplugged(), t.shotDesk("offline")); err != nil {
		return err
	}
	t.model.OpenScan()
	if err := t.page(model.PageScan); err != nil {
		return err
	}
	if err := t.point(camera.Steady, t.deskScr.Names["qr"], func() bool { return t.shell.Page() == model.PageOfflineCode }); err != nil {
		return err
	}
	return errors.Join(t.page(model.PageOfflineCode), t.shot("offline-question"))
}

// showCode taps Show code and returns what the phone shows then.
func (t *tour) showCode(picture string) (string, error) {
	if v := t.model.Offline(); v.Code == "" {
		if err := t.tap("show"); err != nil {
			return "", err
		}
	}
	if err := t.await("the code", func() bool { return t.model.Offline().Code != "" && t.model.Busy() == "" }); err != nil {
		return "", err
	}
	code := t.model.Offline().Code
	return code, t.shot(picture)
}

// typeCode types a code on the desk.
func (t *tour) typeCode(code string) error {
	t.drain()
	t.deskScr.Sync()
	field, ok := t.deskScr.Names["code"].(interface{ SetText(string) })
	if !ok {
		return errors.New("there is no field for a code on the desk")
	}
	field.SetText(code)
	return t.tapDesk("enter")
}

func (t *tour) signedInOffline(how authn.OfflineMethod) error {
	if err := t.await("the sign-in", func() bool { return t.desk.State().Mode == desk.SignedIn }); err != nil {
		return err
	}
	if got := t.desk.State().How; got != string(how) {
		return fmt.Errorf("signed in by %q, want %q", got, how)
	}
	return errors.Join(t.shotDesk("signed-in-offline"), t.tapDesk("back"))
}

func (t *tour) offlineCode() error {
	code, err := t.showCode("offline-code")
	if err != nil {
		return err
	}
	return errors.Join(t.typeCode(code), t.signedInOffline(authn.OfflineQR), t.tap("done"), t.page(model.PageComputers))
}

// listOf opens the list of a computer and returns the code that it shows.
func (t *tour) listOf(name, picture string) (string, error) {
	t.model.GoTo(model.PageComputers)
	if err := t.page(model.PageComputers); err != nil {
		return "", err
	}
	t.model.ShowComputer(t.computer(name).Grant)
	if err := t.await("the page of the list", func() bool { return t.shell.Page() == model.PageListCode }); err != nil {
		return "", err
	}
	return t.showCode(picture)
}

func (t *tour) listCode() error {
	if err := t.unplugged(); err != nil {
		return err
	}
	code, err := t.listOf("LAPTOP-42", "list-code")
	if err != nil {
		return err
	}
	t.code = code
	return errors.Join(t.typeCode(code), t.signedInOffline(authn.OfflineList), t.tap("done"), t.page(model.PageComputers))
}

// noticed waits until the desk says that a code did not let in, and costs no try.
func (t *tour) noticed(picture string) error {
	if err := t.await("the computer's word", func() bool { s := t.desk.State(); return s.Mode == desk.Offline && s.Notice != "" && !s.Busy }); err != nil {
		return err
	}
	if s := t.desk.State(); !s.NoTry {
		return fmt.Errorf("%q cost a try", s.Notice)
	}
	return errors.Join(t.shotDesk(picture), t.tapDesk("cancel"))
}

func (t *tour) otherComputer() error {
	t.desk.ShowComputer(1)
	return errors.Join(t.unplugged(), t.typeCode(t.code), t.noticed("other-computer"))
}

func (t *tour) usedCode() error {
	t.desk.ShowComputer(0)
	return errors.Join(t.unplugged(), t.typeCode(t.code), t.noticed("used-code"))
}

func (t *tour) reconcile() error {
	for i := range t.computers {
		t.desk.ShowComputer(i)
		t.desk.Unplug(false)
	}
	t.desk.ShowComputer(0)
	t.model.GoTo(model.PageHome)
	t.model.CheckNow()
	if err := t.await("the computers' contact", func() bool { return t.computers[0].Contact(t.ctx) == nil }); err != nil {
		return err
	}
	var uses []wire.OfflineUse
	matched := func() bool {
		var err error
		uses, err = t.env.Admin.OfflineUses(t.ctx, "laptop-42")
		n := 0
		for _, u := range uses {
			if u.State == "matched" {
				n++
			}
		}
		return err == nil && n == 2
	}
	if err := t.await("the agreement", matched); err != nil {
		return fmt.Errorf("%w: %+v", err, uses)
	}
	for _, u := range uses {
		t.say("     server: %s signed in to LAPTOP-42 by %s at %s: %s", u.UserName, u.Method, u.ComputerAt.Local().Format(time.TimeOnly), u.State)
	}
	return t.page(model.PageHome)
}

func (t *tour) stolen() error {
	_, err := t.env.Admin.EndComputer(t.ctx, "sales-pc", wire.EndComputer{State: authn.ComputerStolen, Reason: "tour"})
	if err != nil {
		return err
	}
	if err := t.await("the news", func() bool { return t.computer("SALES-PC").State == phone.ComputerStolen }); err != nil {
		return err
	}
	t.model.GoTo(model.PageComputers)
	if err := errors.Join(t.page(model.PageComputers), t.shot("computers-stolen")); err != nil {
		return err
	}
	t.model.ShowComputer(t.computer("SALES-PC").Grant)
	if err := errors.Join(t.page(model.PageError), t.shot("stolen")); err != nil {
		return err
	}
	t.model.Back()
	t.model.GoTo(model.PageHome)
	return t.page(model.PageHome)
}
