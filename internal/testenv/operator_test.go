package testenv_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/escrow"
	"avow/internal/phone/platform"
	"avow/internal/phone/vault"
	"avow/internal/store"
	"avow/internal/testenv"
)

// operator runs the server: he has its whole database, writes into it what he likes, and has its identity key.
type operator struct {
	*testing.T
	env  *testenv.Env
	user authn.UserID
	own  key.Private // made by him
}

func (o operator) update(fn func(store.Tx) error) {
	o.Helper()
	if err := o.env.Site.Store.Update(context.Background(), fn); err != nil {
		o.Fatal(err)
	}
}

// row is the escrow as the database has it.
func (o operator) row() (e authn.Escrow) {
	o.Helper()
	o.update(func(tx store.Tx) (err error) { e, err = tx.Escrow(o.user); return err })
	return e
}

func (o operator) put(e authn.Escrow) {
	o.Helper()
	o.update(func(tx store.Tx) error {
		return tx.UpdateEscrow(o.user, func(authn.Escrow) (authn.Escrow, error) { return e, nil })
	})
}

// addDevice writes a device of his own into the database, active, with keys that he has.
func (o operator) addDevice() {
	o.Helper()
	k := func() key.Public {
		p, err := key.Generate()
		if err != nil {
			o.Fatal(err)
		}
		return p.Key()
	}
	d := authn.Device{
		ID: authn.NewDeviceID(), User: o.user, Info: authn.DeviceInfo{Name: "Anna's other phone", Model: "Model 1", OS: "Test OS", App: "1"},
		Keys: authn.DeviceKeys{Device: k(), Approval: k(), Exchange: o.own.Key()}, Class: key.Software, State: authn.DeviceActive,
		Origin: authn.OriginRegistration, CreatedBy: "test", CreatedAt: o.env.Site.Now(), ConfirmedAt: o.env.Site.Now(),
	}
	o.update(func(tx store.Tx) error { return tx.CreateDevice(d) })
}

// reads tries every private key that he has.
func (o operator) reads(file []byte) bool {
	o.Helper()
	for _, k := range []key.Private{o.env.Site.Identity, o.own} {
		private, err := k.ECDH()
		if err != nil {
			o.Fatal(err)
		}
		id, err := vault.NewIdentity(private)
		if err != nil {
			o.Fatal(err)
		}
		if _, err := age.Decrypt(bytes.NewReader(file), id); err == nil {
			return true
		}
	}
	return false
}

// forge encrypts a document of his own to all the true keys, which stand in his database, and to his.
func (o operator) forge(e authn.Escrow) authn.Escrow {
	o.Helper()
	keys := []key.Public{e.Exchange, o.own.Key()}
	o.update(func(tx store.Tx) error {
		devices, err := tx.DevicesOf(o.user)
		for _, d := range devices {
			keys = append(keys, d.Keys.Exchange)
		}
		return err
	})
	doc := escrow.Document{
		V: escrow.Version, User: o.user, Generation: e.Generation + 1, Codes: []escrow.Entry{}, Devices: []escrow.Member{},
		Account: escrow.Entry{ID: "account", At: 1, Body: []byte(`{"login":"anna.lind","name":"Somebody else"}`)},
	}
	text, err := json.Marshal(doc)
	if err != nil {
		o.Fatal(err)
	}
	var to []age.Recipient
	for _, k := range keys {
		r, err := vault.Recipient(k)
		if err != nil {
			o.Fatal(err)
		}
		to = append(to, r)
	}
	var file bytes.Buffer
	w, err := age.Encrypt(&file, to...)
	if err != nil {
		o.Fatal(err)
	}
	if _, err := io.Copy(w, bytes.NewReader(text)); err != nil {
		o.Fatal(err)
	}
	if err := w.Close(); err != nil {
		o.Fatal(err)
	}
	e.Generation, e.File = doc.Generation, file.Bytes()
	return e
}

// TestOperatorsView_R096 is threat T10 with the real app and server: with the whole database and the identity key in hand nobody reads what is kept for a restore,
// puts something else in its place, or gives an earlier one to a phone that knows better; also not by a device that he adds to the account himself.
func TestOperatorsView_R096(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	p, a, events := readyPhone(t, ctx, env, "pixel", "anna.lind")
	code := key.NewRestoreCode()
	if err := p.ActivateRestore(ctx, a.ID, code, platform.Prompt{}); err != nil {
		t.Fatal(err)
	}
	own := must(key.Generate())(t)
	o := operator{T: t, env: env, own: own}
	if err := env.Site.Store.View(ctx, func(r store.Reader) error {
		u, err := r.UserByLogin("anna.lind")
		o.user = u.ID
		return err
	}); err != nil {
		t.Fatal(err)
	}
	first := o.row()

	// He adds a device; then the phone has something new to keep.
	o.addDevice()
	computer := must(env.AddComputer(ctx, "laptop-42", "LAPTOP-42", authn.MatchTap))(t)
	defer computer.Close()
	ask := must(computer.Authorize(ctx, client.Question{User: "anna.lind"}))(t)
	e := await(t, ctx, events, phone.RequestArrived)
	must(p.Approve(ctx, e.Request, phone.Match{}, platform.Prompt{}))(t)
	must(computer.Wait(ctx, ask))(t)
	for o.row().Generation == first.Generation {
		if err := p.Sync(ctx); err != nil {
			t.Fatal(err)
		}
	}
	second := o.row()
	if o.reads(first.File) || o.reads(second.File) {
		t.Fatal("the operator reads the escrow")
	}
	if n := bytes.Count(second.File, []byte("\n-> p256tag ")); n != 2 {
		t.Errorf("the escrow is to %d keys, want the code's and the phone's", n)
	}
	o.readsNothingOf(code)

	drill := func(what string, want error) {
		t.Helper()
		if _, err := p.DrillRestore(ctx, a.ID, code, platform.Prompt{}); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	drill("as it is", nil)
	old := second
	old.Generation, old.File, old.Tag = first.Generation, first.File, first.Tag
	o.put(old)
	drill("the one before", escrow.ErrRolledBack)
	old.Generation = second.Generation + 1
	o.put(old)
	drill("the one before as the next", escrow.ErrNotOurs)
	forged := o.forge(second)
	o.put(forged)
	drill("one of his own with a tag that he has seen", escrow.ErrNotOurs)
	forged.Tag = authn.Hash(key.NewRestoreCode().EscrowMAC(string(o.user), forged.Generation, forged.File))
	o.put(forged)
	drill("one of his own with a tag of his own", escrow.ErrNotOurs)

	// A new phone that knows nothing but the code takes nothing of it either.
	fresh := must(env.OpenPhone(ctx, testenv.PhoneOptions{Name: "new", KDF: fastKDF}))(t)
	defer fresh.Close()
	if err := fresh.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	offer := must(fresh.FindRestore(ctx, phone.RestoreFrom{Host: env.Host, Login: "anna.lind", Code: code}))(t)
	x := must(fresh.ProveRestore(ctx, offer, platform.Prompt{}))(t)
	var begun authn.Restore
	o.update(func(tx store.Tx) (err error) { begun, err = tx.Restore(x.ID); return err })
	must(fresh.ConfirmRestore(ctx, x.ID, env.Server.Restore.Digits(begun)))(t) // as it was mailed
	got, _, err := fresh.FinishRestore(ctx, x.ID, platform.Prompt{})
	if !errors.Is(err, escrow.ErrNotOurs) || got.Name == "Somebody else" {
		t.Errorf("a new phone takes what the operator made: %+v, %v", got, err)
	}
}

// readsNothingOf searches all that the server has on disk for the code, in any form.
func (o operator) readsNothingOf(code key.RestoreCode) {
	o.Helper()
	proof, exchange := code.Keys(string(o.user))
	secrets := map[string][]byte{"code": code.Bytes(), "written code": []byte(code.Text()), "code without spaces": []byte(strings.ReplaceAll(code.Text(), " ", ""))}
	for name, k := range map[string]key.Private{"proof key": proof, "exchange key": exchange} {
		e, err := k.ECDH()
		if err != nil {
			o.Fatal(err)
		}
		secrets[name] = e.Bytes()
	}
	files, err := filepath.Glob(filepath.Join(o.env.Dir, "avow.db*"))
	if err != nil || len(files) == 0 {
		o.Fatalf("no database: %v", err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			o.Fatal(err)
		}
		for name, s := range secrets {
			for _, form := range []string{string(s), hex.EncodeToString(s), base64.RawURLEncoding.EncodeToString(s), base64.StdEncoding.EncodeToString(s)} {
				if bytes.Contains(b, []byte(form)) {
					o.Errorf("%s has the %s", filepath.Base(f), name)
				}
			}
		}
	}
}
