package servertest

import (
	"context"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/store"
	"avow/internal/wire"
)

// Keep makes a restore code of the phone's user the one that counts, with a file under it, in place of a generation.
func (p *Phone) Keep(code key.RestoreCode, file []byte, replaces uint64) error {
	p.env.T.Helper()
	return p.KeepSigned(p.approval, code, file, replaces, replaces+1)
}

// KeepSigned is Keep by any key and generation.
func (p *Phone) KeepSigned(signer key.Private, code key.RestoreCode, file []byte, replaces, generation uint64) error {
	p.env.T.Helper()
	c := p.EscrowCode(code, file, generation)
	raw, err := wire.SignEscrowCode(signer, c)
	p.env.must(err)
	_, err = p.PutEscrow(context.Background(), wire.EscrowPut{Statement: raw, File: file}, replaces)
	return err
}

// EscrowCode is what the phone signs for a new restore code.
func (p *Phone) EscrowCode(code key.RestoreCode, file []byte, generation uint64) wire.EscrowCode {
	s, user := p.Server(), string(p.User)
	proof, exchange := code.Keys(user)
	return wire.EscrowCode{
		Audience: s.Issuer, Device: p.ID, ID: key.RandomID(16), IssuedAt: p.env.Now().Unix(), ProofJWK: proof.Key(), ExchangeJWK: exchange.Key(),
		Vouch: code.Vouch(user, s.Issuer, s.Identity.Thumbprint()), Generation: generation, FileHash: wire.HashFile(file),
		Tag: code.EscrowMAC(user, generation, file), UV: authn.UVPIN,
	}
}

// Update puts a new file under the code that is there.
func (p *Phone) Update(code key.RestoreCode, file []byte, replaces uint64) error {
	tag := authn.Hash(code.EscrowMAC(string(p.User), replaces+1, file))
	_, err := p.PutEscrow(context.Background(), wire.EscrowPut{Generation: replaces + 1, Tag: &tag, File: file}, replaces)
	return err
}

// ApprovalKey is the phone's approval key.
func (p *Phone) ApprovalKey() key.Private { return p.approval }

// Restorer is a new phone that has no account yet, with its keys in memory.
type Restorer struct {
	*client.Device
	Started   wire.RestoreStarted
	Statement string // of the last Prove

	env                        *Env
	device, approval, exchange key.Private
}

// NewRestorer is a phone from the shop.
func (e *Env) NewRestorer() *Restorer {
	e.T.Helper()
	r := &Restorer{env: e, device: e.Key(), approval: e.Key(), exchange: e.Key()}
	r.Device = client.NewDevice(e.ClientServer(), "", r.device, e.Options())
	e.T.Cleanup(r.Close)
	return r
}

// Begin asks for an account by login.
func (r *Restorer) Begin(login string) {
	r.env.T.Helper()
	var err error
	r.Started, err = r.StartRestore(context.Background(), wire.RestoreStart{Login: login})
	r.env.must(err)
}

// Restoration is what the phone signs.
func (r *Restorer) Restoration() wire.Restoration {
	return wire.Restoration{
		Audience: r.Server().Issuer, RestoreID: r.Started.RestoreID, Account: r.Started.Account, Challenge: r.Started.Challenge,
		DeviceJWK: r.device.Key(), ApprovalJWK: r.approval.Key(), ExchangeJWK: r.exchange.Key(),
		Device: authn.DeviceInfo{Name: "New phone", Model: "Model 2", OS: "Test OS", App: "1"}, Class: key.Software, UV: authn.UVPIN,
		Verifies: r.Started.Policy.UserVerification,
	}
}

// Proof is what the phone sends with a code, for what it signs.
func (r *Restorer) Proof(stated wire.Restoration, code key.RestoreCode) wire.RestoreProve {
	r.env.T.Helper()
	statement, err := wire.SignRestoration(r.approval, stated)
	r.env.must(err)
	k, _ := code.Keys(string(stated.Account))
	proof, err := wire.SignCodeProof(k, wire.CodeProof{Audience: stated.Audience, Account: stated.Account, StatementHash: wire.HashText(statement)})
	r.env.must(err)
	return wire.RestoreProve{Statement: statement, CodeProof: proof}
}

// Prove begins for a login and proves a code.
func (r *Restorer) Prove(login string, code key.RestoreCode) (wire.RestoreProved, error) {
	r.env.T.Helper()
	r.Begin(login)
	p := r.Proof(r.Restoration(), code)
	r.Statement = p.Statement
	return r.ProveRestore(context.Background(), p)
}

// Confirm types a one-time code.
func (r *Restorer) Confirm(digits string) (wire.RestoreStatus, error) {
	return r.ConfirmRestore(context.Background(), r.Started.RestoreID, key.Secret(digits))
}

// Take finishes the restore and returns the phone that it has become.
func (r *Restorer) Take() (wire.RestoreFinished, *Phone, error) {
	r.env.T.Helper()
	out, bound, err := r.FinishRestore(context.Background(), r.Started.RestoreID, r.Statement)
	if err != nil {
		return out, nil, err
	}
	p := &Phone{ID: bound.Device, User: bound.User, Bound: bound, env: r.env, device: r.device, approval: r.approval, exchange: r.exchange}
	p.Device = client.NewDevice(r.Server(), p.ID, p.device, r.env.Options())
	r.env.T.Cleanup(p.Close)
	return out, p, nil
}

// Restore is the restore as the database has it.
func (e *Env) Restore(id authn.RestoreID) authn.Restore {
	e.T.Helper()
	var x authn.Restore
	e.must(e.Site.Store.View(context.Background(), func(r store.Reader) (err error) {
		x, err = r.Restore(id)
		return err
	}))
	return x
}

// Digits are the one-time code of the newest mail of a restore.
func (e *Env) Digits(id authn.RestoreID) string { return e.Server.Restore.Digits(e.Restore(id)) }

// Decide changes the policy.
func (e *Env) Decide(change func(*authn.Policy)) {
	e.T.Helper()
	p := e.Site.Policy()
	change(&p)
	e.must(e.Site.SetPolicy(context.Background(), p, authn.AuditRecord{At: e.Now(), Actor: "admin:test"}))
}

// SetUpRestore sets restore up from a phone, and is the code on its user's paper. What is kept is no age file: the server does not look into it.
func (p *Phone) SetUpRestore() key.RestoreCode {
	p.env.T.Helper()
	code := key.NewRestoreCode()
	p.env.must(p.Keep(code, []byte("sealed"), 0))
	return code
}

// Restorer is a new phone that has proved a user's restore code; the one-time code is next.
func (e *Env) Restorer(login string, code key.RestoreCode) *Restorer {
	e.T.Helper()
	r := e.NewRestorer()
	_, err := r.Prove(login, code)
	e.must(err)
	return r
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
