package servertest

import (
	"context"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/store"
	"avow/internal/wire"
)

// SetUpRestore sets restore up from a phone, and is the code on the user's paper. What is kept is not an age file: the server does not look into it.
func (p *Phone) SetUpRestore() key.RestoreCode {
	p.env.T.Helper()
	code, file, user := key.NewRestoreCode(), []byte("sealed"), string(p.User)
	proof, exchange := code.Keys(user)
	s := p.Server()
	statement, err := wire.SignEscrowCode(p.approval, wire.EscrowCode{
		Audience: s.Issuer, Device: p.ID, ID: key.RandomID(16), IssuedAt: p.env.Now().Unix(), ProofJWK: proof.Key(), ExchangeJWK: exchange.Key(),
		Vouch: code.Vouch(user, s.Issuer, s.Identity.Thumbprint()), Generation: 1, FileHash: wire.HashFile(file), Tag: code.EscrowMAC(user, 1, file), UV: authn.UVPIN,
	})
	p.env.must(err)
	_, err = p.PutEscrow(context.Background(), wire.EscrowPut{Statement: statement, File: file}, 0)
	p.env.must(err)
	return code
}

// Restoring is a new phone whose owner has typed a restore code.
type Restoring struct {
	*client.Device
	ID        authn.RestoreID
	Statement string

	env                        *Env
	device, approval, exchange key.Private
}

// Restore is a new phone that has proved a restore code; the one-time code is next.
func (e *Env) Restore(login string, code key.RestoreCode) *Restoring {
	e.T.Helper()
	r, err := e.TryRestore(login, code)
	e.must(err)
	return r
}

// TryRestore is Restore that may fail.
func (e *Env) TryRestore(login string, code key.RestoreCode) (*Restoring, error) {
	e.T.Helper()
	ctx := context.Background()
	r := &Restoring{env: e, device: e.Key(), approval: e.Key(), exchange: e.Key()}
	r.Device = client.NewDevice(e.ClientServer(), "", r.device, e.Options())
	e.T.Cleanup(r.Close)
	began, err := r.StartRestore(ctx, wire.RestoreStart{Login: login})
	if err != nil {
		return r, err
	}
	r.ID = began.RestoreID
	issuer := r.Server().Issuer
	r.Statement, err = wire.SignRestoration(r.approval, wire.Restoration{
		Audience: issuer, RestoreID: began.RestoreID, Account: began.Account, Challenge: began.Challenge,
		DeviceJWK: r.device.Key(), ApprovalJWK: r.approval.Key(), ExchangeJWK: r.exchange.Key(),
		Device: authn.DeviceInfo{Name: "New phone", Model: "Model 2", OS: "Test OS", App: "1"}, Class: key.Software, UV: authn.UVPIN, Verifies: authn.UVEachApproval,
	})
	e.must(err)
	proof, _ := code.Keys(string(began.Account))
	proved, err := wire.SignCodeProof(proof, wire.CodeProof{Audience: issuer, Account: began.Account, StatementHash: wire.HashText(r.Statement)})
	e.must(err)
	_, err = r.ProveRestore(ctx, wire.RestoreProve{Statement: r.Statement, CodeProof: proved})
	return r, err
}

// Finish takes the account over and makes the new phone one like others.
func (r *Restoring) Finish() (*Phone, error) {
	r.env.T.Helper()
	_, bound, err := r.FinishRestore(context.Background(), r.ID, r.Statement)
	if err != nil {
		return nil, err
	}
	p := &Phone{ID: bound.Device, User: bound.User, Bound: bound, env: r.env, device: r.device, approval: r.approval, exchange: r.exchange}
	p.Device = client.NewDevice(r.Server(), p.ID, p.device, r.env.Options())
	r.env.T.Cleanup(p.Close)
	return p, nil
}

// Digits is the one-time code of a restore, as a mail or the service desk says it.
func (r *Restoring) Digits() key.Secret {
	r.env.T.Helper()
	var x authn.Restore
	r.env.must(r.env.Site.Store.View(context.Background(), func(rd store.Reader) (err error) { x, err = rd.Restore(r.ID); return err }))
	return key.Secret(r.env.Server.Restore.Digits(x))
}

// Command is what the phone's user says about another device, signed after she was verified.
func (p *Phone) Command(act wire.DeviceAct, other authn.DeviceID) string {
	p.env.T.Helper()
	raw, err := wire.SignDeviceCommand(p.approval, wire.DeviceCommand{
		Audience: p.Server().Issuer, Issuer: p.ID, ID: key.RandomID(16), IssuedAt: p.env.Now().Unix(), Device: other, Act: act, UV: authn.UVPIN,
	})
	p.env.must(err)
	return raw
}
