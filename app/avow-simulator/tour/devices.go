package tour

import (
	"errors"
	"fmt"

	"fyne.io/fyne/v2"

	"avow/internal/authn"
	"avow/internal/testenv/camera"
	"avow/internal/ui/model"
)

var phoneSize = fyne.NewSize(width, height)

// newPhone hands the account to a second phone by a code on the first one's screen.
func (t *tour) newPhone() error {
	old := t.handset
	var young *handset
	for _, s := range []struct {
		what string
		do   func() error
	}{
		{"Devices: add a new phone; its code shows after the fingerprint", func() error {
			t.model.OpenDevices()
			if err := errors.Join(t.page(model.PageDevices), t.shot("devices"), t.tap("add"), t.verified(model.PageNewPhone)); err != nil {
				return err
			}
			if err := t.await("the code", func() bool { return t.model.NewPhone().QR != "" }); err != nil {
				return err
			}
			if !t.phone.Screen.Guarded() {
				return errors.New("the code can be in a screenshot")
			}
			return errors.Join(t.await("the screen with the code", func() bool { return t.shell.Find("qr") != nil }), t.shot("new-phone-qr"))
		}},
		{"the new phone scans it and asks first", func() error {
			scene, target := old.win, old.shell.Find("qr")
			if err := t.take("Pixel 9"); err != nil {
				return err
			}
			young = t.handset
			if err := errors.Join(t.tap("connect"), t.page(model.PageScan)); err != nil {
				return err
			}
			if err := t.pointAt(scene, camera.HandHeld, target, func() bool { return t.shell.Page() == model.PageJoin }); err != nil {
				return err
			}
			return errors.Join(t.shot("join"), t.tap("add"), t.page(model.PageChoosePIN), t.keys(PIN), t.keys(PIN), t.verified(model.PageJoinWords), t.shot("join-words"))
		}},
		{"both show the same two words; Yes on the old one", func() error {
			words := t.model.JoinWords().Words
			t.hand(old)
			if err := t.page(model.PageJoiner); err != nil {
				return err
			}
			if got := t.model.Joiner().Words; got != words {
				return fmt.Errorf("the old phone shows %v, the new one %v", got, words)
			}
			return errors.Join(t.shot("new-phone-words"), t.tap("yes"), t.verified(model.PageResult), t.shot("new-phone-joined"), t.tap("done"), t.page(model.PageDevices))
		}},
		{"the new phone has the account, and works fully tomorrow", func() error {
			t.hand(young)
			if err := errors.Join(t.verified(model.PageConnected), t.shot("joined"), t.tap("done"), t.page(model.PageHome)); err != nil {
				return err
			}
			t.model.OpenDevices()
			if err := errors.Join(t.page(model.PageDevices), t.await("the list", func() bool { return t.model.Devices().This != nil }), t.shot("devices-new-phone"), t.back(model.PageHome)); err != nil {
				return err
			}
			t.hand(old)
			return nil
		}},
	} {
		if err := t.do(s.what, s.do); err != nil {
			return err
		}
	}
	return nil
}

// wipe removes the second phone and has it delete what it has.
func (t *tour) wipe() error {
	old, young := t.handsets[0], t.handsets[1]
	return errors.Join(t.do("the new one waits on the list; it is hers", func() error {
		t.model.LoadDevices()
		if err := errors.Join(t.page(model.PageDevices), t.await("the new phone", func() bool { return len(t.model.Devices().Alerts) == 1 }), t.page(model.PageDevices), t.shot("devices-waiting")); err != nil {
			return err
		}
		return errors.Join(t.tap("mine-1"), t.page(model.PageDevices), t.await("its row", func() bool { return len(t.model.Devices().Others) == 1 }))
	}), t.do("wipe it: the account goes from it at once, and it confirms that", func() error {
		if err := errors.Join(t.page(model.PageDevices), t.tap("device-1"), t.page(model.PageDevices), t.shot("devices-acts"), t.tap("wipe"), t.shot("wipe-question")); err != nil {
			return err
		}
		t.closeSheets()
		t.model.WipeDevice(t.model.Devices().Others[0].ID, authn.WipeAccount)
		if err := t.verified(model.PageDevices); err != nil {
			return err
		}
		t.hand(young)
		if err := errors.Join(t.page(model.PageWelcome), t.shot("wiped")); err != nil {
			return err
		}
		t.hand(old)
		if err := t.await("the confirmation", func() bool {
			v := t.model.Devices()
			if len(v.Gone) == 1 && v.Gone[0].Tone == model.Good {
				return true
			}
			t.model.LoadDevices()
			return false
		}); err != nil {
			return fmt.Errorf("%w: %+v", err, t.model.Devices().Gone)
		}
		return errors.Join(t.page(model.PageDevices), t.shot("devices-wiped"), t.back(model.PageHome))
	}))
}

// closeSheets takes questions off the window: they are answered by the model.
func (t *tour) closeSheets() {
	o := t.win.Canvas().Overlays()
	for top := o.Top(); top != nil; top = o.Top() {
		o.Remove(top)
	}
}
