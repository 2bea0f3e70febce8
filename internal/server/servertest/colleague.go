package servertest

import (
	"context"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/store"
	"avow/internal/wire"
)

// Name has the phone's user name colleagues.
func (p *Phone) Name(needed int, logins ...string) error {
	p.env.T.Helper()
	return p.NameSigned(p.approval, p.Naming(needed, logins...))
}

// Naming is what the phone signs for that.
func (p *Phone) Naming(needed int, logins ...string) wire.Colleagues {
	if logins == nil {
		logins = []string{}
	}
	return wire.Colleagues{
		Audience: p.Server().Issuer, Device: p.ID, ID: key.RandomID(16), IssuedAt: p.env.Now().Unix(), Logins: logins, Needed: needed, UV: authn.UVPIN,
	}
}

// NameSigned is Name by any key.
func (p *Phone) NameSigned(signer key.Private, c wire.Colleagues) error {
	p.env.T.Helper()
	raw, err := wire.SignColleagues(signer, c)
	p.env.must(err)
	_, err = p.NameColleagues(context.Background(), raw)
	return err
}

// DeviceKey is the phone's device key.
func (p *Phone) DeviceKey() key.Private { return p.device }

// Ask begins a restore by colleagues for a login.
func (r *Restorer) Ask(login string) (wire.RestoreAsked, error) {
	r.env.T.Helper()
	r.Begin(login)
	return r.AskWith(r.Restoration())
}

// AskWith is Ask for what the phone signs.
func (r *Restorer) AskWith(stated wire.Restoration) (wire.RestoreAsked, error) {
	r.env.T.Helper()
	statement, err := wire.SignRestoration(r.approval, stated)
	r.env.must(err)
	r.Statement = statement
	return r.BeginColleagues(context.Background(), statement)
}

// Status asks how the restore stands.
func (r *Restorer) Status() (wire.RestoreStatus, error) {
	return r.RestoreStatus(context.Background(), r.Started.RestoreID)
}

// Notices are those of a user, newest last, or of the administrators for "".
func (e *Env) Notices(login string) (list []authn.Notice) {
	e.T.Helper()
	e.must(e.Site.Store.View(context.Background(), func(r store.Reader) (err error) {
		if login != "" {
			u, err := r.UserByLogin(login)
			if err != nil {
				return err
			}
			list, err = r.NoticesOf(u.ID, e.Now().AddDate(0, -1, 0))
			return err
		}
		due, err := r.MailDue(e.Now(), 1000)
		for _, n := range due {
			if n.User == "" {
				list = append(list, n)
			}
		}
		return err
	}))
	return list
}
