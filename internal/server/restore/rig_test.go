package restore_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/servertest"
	"avow/internal/server/tries"
	"avow/internal/store"
	"avow/internal/wire"
)

// rig is a server with Anna, who has a phone and a restore code.
type rig struct {
	*servertest.Env
	t    testing.TB
	anna *servertest.Phone
	code key.RestoreCode
}

var file = []byte("age-encryption.org/v1 of what Anna has")

func newRig(t testing.TB, set ...func(*servertest.Options)) *rig {
	t.Helper()
	o := servertest.Options{CanMail: true}
	for _, f := range set {
		f(&o)
	}
	r := &rig{Env: servertest.Start(t, o), t: t, code: key.NewRestoreCode()}
	r.unlimited()
	r.User("anna")
	r.anna = r.Phone("anna")
	r.must(r.anna.Keep(r.code, file, 0))
	return r
}

var limitless = tries.Limit{PerMinute: 1 << 30, Burst: 1 << 30}

// unlimited lets one address call as often as it likes.
func (r *rig) unlimited() {
	r.Server.Restore.SetLimit(limitless, 20)
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) want(what string, got, want error) {
	r.t.Helper()
	if !errors.Is(got, want) {
		r.t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func (r *rig) view(fn func(store.Reader) error) {
	r.t.Helper()
	r.must(r.Site.Store.View(context.Background(), fn))
}

func (r *rig) update(fn func(store.Tx) error) {
	r.t.Helper()
	r.must(r.Site.Store.Update(context.Background(), fn))
}

// mails are the one-time codes that were sent.
func (r *rig) mails() (list []authn.Message) {
	r.t.Helper()
	r.view(func(rd store.Reader) error {
		all, err := rd.Messages(1 << 20)
		for _, m := range all {
			if m.Kind == authn.MessageRestoreCode {
				list = append(list, m)
			}
		}
		return err
	})
	return list
}

// noticed are the notices of a kind that Anna was sent.
func (r *rig) noticed(kind authn.NoticeKind) (list []authn.Notice) {
	r.t.Helper()
	r.view(func(rd store.Reader) error {
		all, err := rd.NoticesOf(r.anna.User, time.Unix(0, 0))
		for _, n := range all {
			if n.Kind == kind {
				list = append(list, n)
			}
		}
		return err
	})
	return list
}

func (r *rig) told(kind authn.NoticeKind, want int) {
	r.t.Helper()
	list := r.noticed(kind)
	if len(list) != want {
		r.t.Errorf("%d notices %s, want %d", len(list), kind, want)
	}
	for _, n := range list {
		if n.Mail == authn.MailNone {
			r.t.Errorf("notice %s goes to no mailbox", kind)
		}
	}
}

// devices are Anna's that are in use.
func (r *rig) devices() (list []authn.Device) {
	r.t.Helper()
	r.view(func(rd store.Reader) error {
		all, err := rd.DevicesOf(r.anna.User)
		for _, d := range all {
			if d.State != authn.DeviceRevoked {
				list = append(list, d)
			}
		}
		return err
	})
	return list
}

// proved is a new phone that has proved the code.
func (r *rig) proved() *servertest.Restorer {
	r.t.Helper()
	return r.provedBy(r.code)
}

// held is a new phone that has typed the one-time code.
func (r *rig) held() *servertest.Restorer {
	r.t.Helper()
	p := r.proved()
	_, err := p.Confirm(r.Digits(p.Started.RestoreID))
	r.must(err)
	return p
}

// taken is a new phone that has the account.
func (r *rig) taken() (*servertest.Phone, wire.RestoreFinished) {
	r.t.Helper()
	out, phone, err := r.held().Take()
	r.must(err)
	return phone, out
}

func wrongDigits(right string) string {
	if right[0] == '0' {
		return "1" + right[1:]
	}
	return "0" + right[1:]
}

// provedBy is proved with a code of one's own.
func (r *rig) provedBy(code key.RestoreCode) *servertest.Restorer {
	r.t.Helper()
	p := r.NewRestorer()
	_, err := p.Prove("anna", code)
	r.must(err)
	return p
}
