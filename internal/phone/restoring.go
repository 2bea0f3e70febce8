package phone

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/phone/escrow"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/vault"
	"avow/internal/wire"
)

// pendingRestore is a restore that was begun on this phone. It is kept from before its proof is sent until the account is there, so that a crash or a lost answer costs
// nothing. The restore code in it opens with the user verified only. Append fields, never rename.
type pendingRestore struct {
	Server    client.Server         `json:"server"`
	ID        authn.RestoreID       `json:"id"`
	User      authn.UserID          `json:"user"`
	Login     string                `json:"login,omitempty"`
	Keys      keyIDs                `json:"keys"`
	Code      []byte                `json:"code,omitempty"`       // age, to the vault key
	Statement string                `json:"statement"`            // JWS
	CodeProof string                `json:"code_proof,omitempty"` // JWS
	Begun     time.Time             `json:"begun"`
	Kind      authn.RestoreKind     `json:"kind"`
	State     authn.RestoreState    `json:"state,omitempty"` // "" until the proof was answered
	Delivery  authn.RestoreDelivery `json:"delivery,omitempty"`
	Mail      string                `json:"mail,omitempty"` // masked
	Expires   time.Time             `json:"expires,omitzero"`
	HeldUntil time.Time             `json:"held_until,omitzero"`
	Needed    int                   `json:"needed,omitempty"`
	Approved  int                   `json:"approved,omitempty"`
	Number    string                `json:"number,omitempty"` // for colleagues
	Reason    string                `json:"reason,omitempty"`
}

func (x pendingRestore) public() Restoring {
	return Restoring{
		ID: x.ID, Kind: x.Kind, State: x.State, Host: x.Server.Host(), Organisation: x.Server.Organisation, Login: x.Login, Delivery: x.Delivery,
		MailMasked: x.Mail, Expires: x.Expires, HeldUntil: x.HeldUntil, Needed: x.Needed, Approved: x.Approved, Number: x.Number, Reason: x.Reason,
	}
}

// ErrNotThisServer means that a restore code does not vouch for a server, or not for this login there.
var ErrNotThisServer = authn.Fail(authn.Forbidden, "restore_not_here",
	"This restore code does not belong to this user name at this server. Compare all three with your sheet. Nothing was sent but the user name.")

// FindRestore asks a server for an account and makes sure, by the vouch that was made with the restore code, that it is the server and the account that the code was
// made for: client.ErrPinMismatch, ErrNotThisServer. So a wrong code costs no try, and a server that pretends to be another gets nothing but a name. Without a code, for
// AskColleagues, the device has to trust the server's certificate, or to have an account there: else who sits in between could have his own phone vouched for.
func (c *Core) FindRestore(ctx context.Context, from RestoreFrom) (*RestoreOffer, error) {
	host := strings.ToLower(strings.TrimSpace(from.Host))
	var server client.Server
	var err error
	switch {
	case from.Pin != nil:
		server, err = client.Discover(ctx, wire.RegistrationLink{Host: host, Pin: *from.Pin}, c.cfg.Client)
	case from.Code.IsZero():
		server, err = c.publicServer(ctx, host)
	default:
		server, err = client.DiscoverHost(ctx, host, c.cfg.Client)
	}
	if err != nil {
		return nil, err
	}
	accounts := c.State().Accounts
	o := &RestoreOffer{
		Organisation: server.Organisation, Host: server.Host(), Support: server.Support, Login: strings.TrimSpace(from.Login), code: from.Code.Clone(),
		NewServer: len(accounts) > 0 && !slices.ContainsFunc(accounts, func(a Account) bool { return a.Issuer == server.Issuer }),
		pending:   pendingRestore{Server: server, Login: strings.TrimSpace(from.Login)},
	}
	if from.Code.IsZero() {
		return o, nil
	}
	stranger, err := key.Generate() // the phone's own key is made when it is needed
	if err != nil {
		return nil, err
	}
	d := client.NewDevice(server, "", stranger, c.cfg.Client)
	defer d.Close()
	started, err := c.startRestore(ctx, d, server, o.Login, from.User, from.Code)
	if err != nil {
		return nil, err
	}
	o.pending.User, o.pending.Kind = started.Account, authn.RestoreByCode
	return o, nil
}

// startRestore begins with a key and compares the vouch.
func (c *Core) startRestore(ctx context.Context, d *client.Device, server client.Server, login string, user authn.UserID, code key.RestoreCode) (wire.RestoreStarted, error) {
	q := wire.RestoreStart{Account: user}
	if user == "" {
		q = wire.RestoreStart{Login: login}
	}
	started, err := d.StartRestore(ctx, q)
	if err != nil {
		return started, err
	}
	if user != "" && started.Account != user {
		return started, client.ErrNonsense.Because(errors.New("restore was begun for another account"))
	}
	if code.IsZero() { // nothing vouches
		return started, nil
	}
	want := code.Vouch(string(started.Account), server.Issuer, server.Identity.Thumbprint())
	if !key.Secret(want[:]).Equal(started.Vouch[:]) {
		return started, ErrNotThisServer
	}
	return started, nil
}

// ProveRestore makes the new phone's keys, verifies the user for them, and proves the code. It needs a PIN to be set. The restore survives a restart from here on.
func (c *Core) ProveRestore(ctx context.Context, o *RestoreOffer, p platform.Prompt) (Restoring, error) {
	if o.code.IsZero() {
		return Restoring{}, ErrOtherCode
	}
	return c.beginRestore(ctx, o.pending, o.code, p)
}

// beginRestore makes the keys of a restore, keeps it, and sends what begins it.
func (c *Core) beginRestore(ctx context.Context, x pendingRestore, code key.RestoreCode, p platform.Prompt) (Restoring, error) {
	c.inviting.Lock()
	defer c.inviting.Unlock()
	x.Keys = newKeyIDs()
	x, err := c.signRestoration(ctx, x, code, p)
	if err == nil {
		err = c.keepRestore(ctx, x) // before it is sent: a crash must not forget what the server may know
	}
	if err != nil {
		c.dropKeys(context.WithoutCancel(ctx), x.Keys)
		return Restoring{}, err
	}
	got, err := c.sendProof(ctx, x)
	if err != nil && refusedRestore(err) {
		err = errors.Join(err, c.CancelRestore(ctx, x.ID))
	}
	return got, err
}

func (c *Core) signRestoration(ctx context.Context, x pendingRestore, code key.RestoreCode, p platform.Prompt) (pendingRestore, error) {
	if _, err := c.cfg.Keys.Create(ctx, x.Keys.Device, keystore.Device); err != nil {
		return x, err
	}
	d, err := c.restorer(ctx, x)
	if err != nil {
		return x, err
	}
	defer d.Close()
	started, err := c.startRestore(ctx, d, x.Server, x.Login, x.User, code)
	if err != nil {
		return x, err
	}
	x.User = started.Account
	r := wire.Restoration{
		Audience: x.Server.Issuer, RestoreID: started.RestoreID, Account: x.User, Challenge: started.Challenge, Device: c.cfg.Device,
		Class: c.cfg.Keys.Class(), Verifies: policyOf(started.Policy),
	}
	approval := keystore.Approval
	if r.Verifies != "" {
		approval = keystore.ApprovalOpen
	}
	for id, purpose := range map[keystore.ID]keystore.Purpose{x.Keys.Approval: approval, x.Keys.Exchange: keystore.Exchange} {
		if err := c.makeKey(ctx, id, purpose); err != nil {
			return x, err
		}
	}
	for id, into := range map[keystore.ID]*key.Public{
		x.Keys.Device: &r.DeviceJWK, x.Keys.Approval: &r.ApprovalJWK, x.Keys.Exchange: &r.ExchangeJWK,
	} {
		if *into, err = c.cfg.Keys.Public(id); err != nil {
			return x, err
		}
	}
	use, uv, err := c.approver(ctx, x.Keys, r.Verifies != authn.UVOff, p)
	if err != nil {
		return x, err
	}
	defer use.Close()
	r.UV = uv
	x.ID, x.Begun = started.RestoreID, c.cfg.Now()
	if x.Statement, err = wire.SignRestoration(use, r); err != nil {
		return x, fmt.Errorf("sign restoration: %w", err)
	}
	if code.IsZero() {
		return x, nil
	}
	proof, _ := code.Keys(string(x.User))
	x.CodeProof, err = wire.SignCodeProof(proof, wire.CodeProof{Audience: r.Audience, Account: x.User, StatementHash: wire.HashText(x.Statement)})
	if err != nil {
		return x, fmt.Errorf("sign proof of the restore code: %w", err)
	}
	x.Code, err = c.sealCode(ctx, code)
	return x, err
}

// sealCode encrypts a restore code to the vault key: writing needs no user, reading does.
func (c *Core) sealCode(ctx context.Context, code key.RestoreCode) ([]byte, error) {
	if err := c.makeVaultKey(ctx); err != nil {
		return nil, err
	}
	pub, err := c.cfg.Keys.Public(vaultKey)
	if err != nil {
		return nil, err
	}
	to, err := vault.Recipient(pub)
	if err != nil {
		return nil, err
	}
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to)
	if err != nil {
		return nil, fmt.Errorf("seal restore code: %w", err)
	}
	text := code.Bytes()
	defer text.Wipe()
	if _, err := w.Write(text); err != nil {
		return nil, fmt.Errorf("seal restore code: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("seal restore code: %w", err)
	}
	return sealed.Bytes(), nil
}

// openCode verifies the user and opens what sealCode made.
func (c *Core) openCode(ctx context.Context, sealed []byte, p platform.Prompt) (key.RestoreCode, error) {
	k, err := keystore.NewExchanger(ctx, c.cfg.Keys, vaultKey, p)
	if err != nil {
		return key.RestoreCode{}, err
	}
	defer k.Close()
	id, err := vault.NewIdentity(k)
	if err != nil {
		return key.RestoreCode{}, err
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), id)
	if err != nil {
		return key.RestoreCode{}, fmt.Errorf("open restore code: %w", err)
	}
	text, err := io.ReadAll(r)
	defer clear(text)
	if err != nil {
		return key.RestoreCode{}, fmt.Errorf("open restore code: %w", err)
	}
	return key.RestoreCodeOf(text)
}

// restorer is the way to the server of a restore, for a phone that has no account yet.
func (c *Core) restorer(ctx context.Context, x pendingRestore) (*client.Device, error) {
	signer, err := keystore.Signer(ctx, c.cfg.Keys, x.Keys.Device)
	if err != nil {
		return nil, err
	}
	return client.NewDevice(x.Server, "", signer, c.cfg.Client), nil
}

// sendProof sends the proof, again if need be: the server answers the same statement with the same.
func (c *Core) sendProof(ctx context.Context, x pendingRestore) (Restoring, error) {
	d, err := c.restorer(ctx, x)
	if err != nil {
		return Restoring{}, err
	}
	defer d.Close()
	if x.Kind == authn.RestoreByColleagues {
		return c.sendAsk(ctx, d, x)
	}
	proved, err := d.ProveRestore(ctx, wire.RestoreProve{Statement: x.Statement, CodeProof: x.CodeProof})
	if err != nil {
		return x.public(), err
	}
	return c.updateRestore(ctx, x.ID, func(x *pendingRestore) {
		x.State, x.Delivery, x.Mail = proved.State, proved.Delivery, authn.CleanText(proved.MailMasked, 128)
		x.Expires = c.here(proved.ExpiresAt, proved.ServerTime)
	})
}

// here is a time of the server's clock by this phone's; zero stays zero.
func (c *Core) here(at, serverNow int64) time.Time {
	if at == 0 {
		return time.Time{}
	}
	return c.cfg.Now().Add(time.Duration(at-serverNow) * time.Second)
}

// refusedRestore reports whether a server's answer is its last word about a restore.
func refusedRestore(err error) bool {
	switch authn.AsError(err).Kind {
	case authn.Forbidden, authn.Invalid, authn.Gone, authn.NotFound:
		return !errors.Is(err, authn.ErrOTPWrong) && !errors.Is(err, authn.ErrOTPExpired)
	}
	return false
}

// ConfirmRestore sends the one-time code: eight digits, spaces do no harm. Errors: authn.ErrOTPWrong with the tries that are left, authn.ErrOTPExpired,
// authn.ErrRestoreFailed.
func (c *Core) ConfirmRestore(ctx context.Context, id authn.RestoreID, digits string) (Restoring, error) {
	return c.restoreStep(ctx, id, func(d *client.Device) (wire.RestoreStatus, error) {
		return d.ConfirmRestore(ctx, id, key.Secret(digits))
	})
}

// ResendRestore has a new one-time code made; the one before is worth nothing.
func (c *Core) ResendRestore(ctx context.Context, id authn.RestoreID) (Restoring, error) {
	return c.restoreStep(ctx, id, func(d *client.Device) (wire.RestoreStatus, error) { return d.ResendRestore(ctx, id) })
}

// CheckRestore asks the server how the restore stands.
func (c *Core) CheckRestore(ctx context.Context, id authn.RestoreID) (Restoring, error) {
	return c.restoreStep(ctx, id, func(d *client.Device) (wire.RestoreStatus, error) { return d.RestoreStatus(ctx, id) })
}

func (c *Core) restoreStep(ctx context.Context, id authn.RestoreID, call func(*client.Device) (wire.RestoreStatus, error)) (Restoring, error) {
	x, err := c.restoring(id)
	if err != nil {
		return Restoring{}, err
	}
	if x.State == "" { // the answer to the proof was lost
		if _, err := c.sendProof(ctx, x); err != nil {
			return x.public(), err
		}
	}
	d, err := c.restorer(ctx, x)
	if err != nil {
		return x.public(), err
	}
	defer d.Close()
	st, err := call(d)
	if err != nil {
		if !refusedRestore(err) {
			return x.public(), err
		}
		got, saved := c.updateRestore(ctx, id, func(x *pendingRestore) { x.over(err) })
		return got, errors.Join(err, saved)
	}
	return c.updateRestore(ctx, id, func(x *pendingRestore) {
		x.State, x.Kind, x.Needed, x.Approved, x.Reason = st.State, st.Kind, st.Needed, st.Approved, st.Reason
		x.Number = ""
		if sixDigits.MatchString(st.Number) {
			x.Number = st.Number
		}
		x.Expires, x.HeldUntil = c.here(st.ExpiresAt, st.ServerTime), c.here(st.HeldUntil, st.ServerTime)
	})
}

// over notes the error that ended a restore.
func (x *pendingRestore) over(err error) {
	switch {
	case errors.Is(err, authn.ErrRestoreExpired):
		x.State = authn.RestoreExpired
	case errors.Is(err, authn.ErrRestoreIsBlocked):
		x.State = authn.RestoreBlocked
	case errors.Is(err, authn.ErrRestoreFailed), errors.Is(err, authn.ErrRestoreUnknown):
		x.State = authn.RestoreFailed
	default:
		return
	}
	x.Reason = authn.CodeOf(err)
}

// restoring finds a restore that was begun on this phone.
func (c *Core) restoring(id authn.RestoreID) (pendingRestore, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, x := range c.restores {
		if x.ID == id {
			return x, nil
		}
	}
	return pendingRestore{}, authn.ErrRestoreUnknown
}

func (c *Core) keepRestore(ctx context.Context, x pendingRestore) error {
	c.saving.Lock()
	defer c.saving.Unlock()
	c.mu.Lock()
	c.forgetRestore(x.ID)
	c.restores = append(c.restores, x)
	c.mu.Unlock()
	return c.saveIndex(context.WithoutCancel(ctx))
}

// forgetRestore takes a restore off the list; mu must be held.
func (c *Core) forgetRestore(id authn.RestoreID) {
	c.restores = slices.DeleteFunc(slices.Clone(c.restores), func(x pendingRestore) bool { return x.ID == id })
}

func (c *Core) updateRestore(ctx context.Context, id authn.RestoreID, fn func(*pendingRestore)) (Restoring, error) {
	c.saving.Lock()
	c.mu.Lock()
	list := slices.Clone(c.restores)
	i := slices.IndexFunc(list, func(x pendingRestore) bool { return x.ID == id })
	if i < 0 { // canceled meanwhile
		c.mu.Unlock()
		c.saving.Unlock()
		return Restoring{}, authn.ErrRestoreUnknown
	}
	before := list[i].public()
	fn(&list[i])
	c.restores = list
	got := list[i].public()
	c.mu.Unlock()
	var err error
	if got != before {
		err = c.saveIndex(context.WithoutCancel(ctx))
	}
	c.saving.Unlock()
	if got != before {
		c.emit(Event{Kind: RestoreChanged})
	}
	return got, err
}

// CancelRestore forgets a restore on this phone, with the keys that were made for it. The server's ends by itself.
func (c *Core) CancelRestore(ctx context.Context, id authn.RestoreID) error {
	x, err := c.restoring(id)
	if err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	c.saving.Lock()
	c.mu.Lock()
	c.forgetRestore(id)
	used := c.hasKeys(x.Keys)
	c.mu.Unlock()
	err = c.saveIndex(ctx)
	c.saving.Unlock()
	if !used {
		c.dropKeys(ctx, x.Keys)
	}
	c.emit(Event{Kind: RestoreChanged})
	return err
}

// hasKeys reports whether an account has these keys; mu must be held.
func (c *Core) hasKeys(k keyIDs) bool {
	return slices.ContainsFunc(c.accounts, func(a *account) bool { return a.stored.Keys == k })
}

// FinishRestore takes the account and what was kept for it, once the hold is past, draws a new restore code and stores it with the server. RestoreView.Unnoted is true
// then, until NoteRestoreCode. Where the new code could not be stored, the old one is still good and RestoreView.State is RestoreRenew. The user is asked for
// what was kept, and for the approval key. It can be called again after every error and every crash, and goes on where it was. escrow.ErrNotOurs: the account is here, and
// what the server gave for it was not made with the code; nothing was taken from it.
func (c *Core) FinishRestore(ctx context.Context, id authn.RestoreID, p platform.Prompt) (Account, []OldDevice, error) {
	x, err := c.restoring(id)
	if err != nil {
		return Account{}, nil, err
	}
	if c.State().Locked {
		if err := c.Unlock(ctx, p); err != nil {
			return Account{}, nil, err
		}
	}
	if !c.cfg.Keys.BiometricEnabled() { // the PIN that the new code needs is asked for before the old one is used up
		use, _, err := c.approver(ctx, x.Keys, true, p)
		if err != nil {
			return Account{}, nil, err
		}
		use.Close()
	}
	code := key.RestoreCode{}
	if len(x.Code) > 0 {
		if code, err = c.openCode(ctx, x.Code, p); err != nil {
			return Account{}, nil, err
		}
	}
	d, err := c.restorer(ctx, x)
	if err != nil {
		return Account{}, nil, err
	}
	defer d.Close()
	out, bound, err := d.FinishRestore(ctx, id, x.Statement)
	if err != nil {
		if refusedRestore(err) {
			_, saved := c.updateRestore(ctx, id, func(x *pendingRestore) { x.over(err) })
			err = errors.Join(err, saved)
		}
		return Account{}, nil, err
	}
	a, forged, err := c.adoptRestored(context.WithoutCancel(ctx), x, bound, out.Escrow, code)
	if err != nil {
		return Account{}, nil, err
	}
	if err := c.replaceUsed(ctx, a, p); err != nil {
		c.cfg.Log.WarnContext(ctx, "the restore code could not be replaced yet", "account", a.stored.ID, "err", err)
	}
	c.mu.Lock()
	public := a.public()
	c.mu.Unlock()
	c.counted(a, authn.CountRestores)
	c.emit(Event{Kind: AccountsChanged, Account: public.ID})
	c.emit(Event{Kind: CodesChanged})
	c.emit(Event{Kind: RestoreChanged, Account: public.ID})
	return public, oldDevices(out), forged
}

func oldDevices(out wire.RestoreFinished) (list []OldDevice) {
	for _, d := range out.OldDevices {
		list = append(list, OldDevice{ID: d.ID, Name: d.Name, LastSeen: unix(d.LastSeenAt), Asked: out.OldDevicePolicy == authn.OldDeviceAsked})
	}
	return list
}

// adoptRestored makes a released restore an account. The vault has it, with all that was kept, before the index forgets the restore: a crash in between leaves both, and the
// restore can be finished again. forged says that what the server gave is not the code's.
func (c *Core) adoptRestored(ctx context.Context, x pendingRestore, b wire.Bound, kept *wire.EscrowCopy, code key.RestoreCode) (a *account, forged, err error) {
	now := c.cfg.Now()
	var doc escrow.Document
	if kept != nil && !code.IsZero() {
		doc, forged = escrow.Open(code, b.User, escrow.Sealed{Generation: kept.Generation, File: kept.File, Tag: kept.Tag}, 0)
		defer doc.Wipe()
	}
	c.saving.Lock()
	defer c.saving.Unlock()
	c.mu.Lock()
	if c.doc == nil {
		c.mu.Unlock()
		return nil, nil, ErrLocked
	}
	if a, err = c.find(b.Device); err != nil {
		a = c.addAccount(ctx, storedAccount{
			ID: b.Device, Server: x.Server, User: b.User, Keys: x.Keys, AddedAt: now, Login: b.Login, Name: b.Name,
			Status: storedStatus{Status: statusOf(b.State, authn.UserActive), Since: now},
		})
		err = c.fill(a, doc, kept, code, forged)
	} else {
		forged, err = nil, nil // it was taken before a crash
	}
	if err != nil {
		c.accounts = slices.DeleteFunc(slices.Clone(c.accounts), func(b *account) bool { return b == a })
		c.mu.Unlock()
		return nil, nil, err
	}
	c.mu.Unlock()
	if err := c.saveVault(ctx); err != nil {
		return nil, nil, err
	}
	c.mu.Lock()
	c.forgetRestore(x.ID)
	if c.streams != nil {
		c.follow(a)
	}
	c.mu.Unlock()
	if err := c.saveIndex(ctx); err != nil {
		c.mu.Lock()
		c.restores = append(c.restores, x)
		c.mu.Unlock()
		return nil, nil, err
	}
	return a, forged, nil
}

// fill puts what was kept into a new account; mu must be held and the vault be open.
func (c *Core) fill(a *account, doc escrow.Document, kept *wire.EscrowCopy, code key.RestoreCode, forged error) error {
	if code.IsZero() || kept == nil {
		return nil
	}
	proof := proofOf(code, a.stored.User)
	a.stored.Sealed.Code = keptCode{code.Clone()}
	a.stored.Restore = storedRestore{
		Policy: authn.RestoreAllowed, Server: wire.RestoreOn, ServerProof: proof, Proof: proof, ServerGeneration: kept.Generation, Used: true,
	}
	if forged != nil {
		return nil
	}
	a.stored.Restore.Known = kept.Generation
	a.stored.Restore.Saved, a.stored.Restore.SavedAt = digestOf(doc), c.cfg.Now()
	return c.take(a, doc)
}

// replaceUsed makes a new code in place of one that has brought an account here, and might have been seen.
func (c *Core) replaceUsed(ctx context.Context, a *account, p platform.Prompt) error {
	c.mu.Lock()
	r := a.stored.Restore
	c.mu.Unlock()
	if !r.Used {
		return nil
	}
	return c.putCode(ctx, a, key.NewRestoreCode(), true, p)
}

func decodeKept(doc escrow.Document) (k keptAccount, err error) {
	err = json.Unmarshal(doc.Account.Body, &k)
	return k, err
}

// checkRestores asks how the restores stand that were begun on this phone and can still come to something.
func (c *Core) checkRestores(ctx context.Context) {
	for _, x := range c.State().Restores {
		if x.State == "" || x.State.Open() {
			if _, err := c.CheckRestore(ctx, x.ID); err != nil {
				c.cfg.Log.InfoContext(ctx, "a restore could not be asked about", "err", err)
			}
		}
	}
}
