package vault_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"avow/internal/atomicfile"
	"avow/internal/key"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/platform/simulated"
	"avow/internal/phone/vault"
)

const pin = "482913"

// phone is a device: a keystore whose user is verified by a finger, so that opening costs no argon2, and a vault beside it.
type phone struct {
	opt    keystore.Options
	answer simulated.Answer
	sensor *simulated.Sensor
	keys   *keystore.File
	store  *vault.Store

	logFrom int // bytes; 0 for the default
}

func newPhone(t testing.TB, fsys atomicfile.FS, dir string) *phone {
	t.Helper()
	p := &phone{answer: simulated.Touch}
	p.sensor = simulated.NewSensor(time.Now, func(context.Context, platform.Prompt) simulated.Answer { return p.answer })
	p.opt = keystore.Options{Dir: dir, FS: fsys, KDF: keystore.MinKDF, Verifier: p.sensor}
	var err error
	if p.keys, err = keystore.Create(t.Context(), p.opt, key.Software); err != nil {
		t.Fatal(err)
	}
	if err := p.keys.SetPIN(t.Context(), key.Secret(pin)); err != nil {
		t.Fatal(err)
	}
	if err := p.keys.EnableBiometric(t.Context(), key.Secret(pin), platform.Prompt{}); err != nil {
		t.Fatal(err)
	}
	p.keys.Lock()
	if _, err := p.keys.Create(t.Context(), "vault", keystore.Vault); err != nil {
		t.Fatal(err)
	}
	p.store = p.newStore(t)
	return p
}

func (p *phone) newStore(t testing.TB) *vault.Store {
	t.Helper()
	s, err := vault.New(vault.Config{Dir: p.opt.Dir, FS: p.opt.FS, Keys: p.keys, Key: "vault", LogFrom: p.logFrom})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// restart is the app started again on fsys, with the same finger sensor.
func (p *phone) restart(t testing.TB, fsys atomicfile.FS) *phone {
	t.Helper()
	q := &phone{opt: p.opt, answer: p.answer, sensor: p.sensor, logFrom: p.logFrom}
	q.opt.FS = fsys
	var err error
	if q.keys, err = keystore.Open(t.Context(), q.opt); err != nil {
		t.Fatal(err)
	}
	q.store = q.newStore(t)
	return q
}

func (p *phone) open(t testing.TB) vault.Document {
	t.Helper()
	doc, err := p.store.Open(t.Context(), platform.Prompt{})
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// content is a document whose entries say which save made them.
func content(n int) vault.Document {
	entry := json.RawMessage(fmt.Sprintf(`{"n":%d,"fill":%q}`, n, strings.Repeat("x", 100+n%50)))
	return vault.Document{Accounts: []json.RawMessage{entry}, Codes: []json.RawMessage{entry}}
}

func numberOf(t testing.TB, doc vault.Document) int {
	t.Helper()
	var e struct{ N int }
	if len(doc.Accounts) != 1 || len(doc.Codes) != 1 || string(doc.Accounts[0]) != string(doc.Codes[0]) {
		t.Fatal("vault is not one that was saved")
	}
	if err := json.Unmarshal(doc.Accounts[0], &e); err != nil {
		t.Fatal(err)
	}
	if want := content(e.N); string(want.Accounts[0]) != string(doc.Accounts[0]) {
		t.Fatal("vault is not one that was saved")
	}
	return e.N
}

func (p *phone) create(t testing.TB, n int) {
	t.Helper()
	doc := content(n)
	if err := p.store.Create(t.Context(), &doc); err != nil {
		t.Fatal(err)
	}
}

func (p *phone) save(t testing.TB, n int) {
	t.Helper()
	doc := content(n)
	if err := p.store.Save(t.Context(), &doc); err != nil {
		t.Fatal(err)
	}
}
