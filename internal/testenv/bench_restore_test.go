package testenv_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/escrow"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/vault"
	"avow/internal/store"
	"avow/internal/testenv"
)

const benchEntries = 1000

// hoard is a phone with restore set up and a thousand codes of other services in its vault.
type hoard struct {
	*testenv.Env
	ctx    context.Context
	offset *atomic.Int64
	phone  *testenv.Phone
	id     phone.AccountID
	code   key.RestoreCode
}

func newHoard(b *testing.B) *hoard {
	b.Helper()
	no := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	h := &hoard{ctx: keystore.WithPIN(context.Background(), testenv.DefaultPIN), offset: &atomic.Int64{}, code: key.NewRestoreCode()}
	var err error
	h.Env, err = testenv.Start(h.ctx, testenv.Options{Dir: b.TempDir(), Now: func() time.Time { return time.Now().Add(time.Duration(h.offset.Load())) }})
	no(err)
	b.Cleanup(func() { no(h.Close()) })
	_, err = h.AddUser(h.ctx, "anna.lind", "Anna Lind")
	no(err)
	o := testenv.PhoneOptions{Name: "old", KDF: fastKDF}
	h.phone, err = h.OpenPhone(h.ctx, o)
	no(err)
	no(h.phone.Ready(h.ctx))
	a, err := h.Register(h.ctx, h.phone, "anna.lind", authn.BindFirst)
	no(err)
	h.id = a.ID
	h.phone.Core.Close()
	files, err := vault.New(vault.Config{Dir: h.phone.Dir, Keys: h.phone.Keys, Key: "vault"})
	no(err)
	doc, err := files.Open(h.ctx, platform.Prompt{})
	no(err)
	for i := range benchEntries {
		e, err := json.Marshal(escrow.Entry{ID: fmt.Sprintf("c%04d", i), At: 1, Body: json.RawMessage(fmt.Sprintf(
			`{"issuer":"Service %d","name":"anna.lind@example.com","secret":"%s","algorithm":"SHA1","digits":6,"period":30}`, i, key.RandomID(20)))})
		no(err)
		doc.Codes = append(doc.Codes, e)
	}
	no(files.Save(h.ctx, &doc))
	h.phone, err = h.OpenPhone(h.ctx, o)
	no(err)
	no(h.phone.Unlock(h.ctx, platform.Prompt{}))
	no(h.phone.ActivateRestore(h.ctx, h.id, h.code, platform.Prompt{}))
	p := h.Site.Policy()
	p.OldDevice = authn.OldDeviceRemoved
	no(h.Site.SetPolicy(h.ctx, p, authn.AuditRecord{At: h.Site.Now(), Actor: "admin:test"}))
	return h
}

// BenchmarkRestore is from a typed code to a vault that can be used, with its new code at the server: everything but the person and the mail.
func BenchmarkRestore(b *testing.B) {
	h := newHoard(b)
	n := 0
	for b.Loop() {
		b.StopTimer()
		n++
		h.offset.Add(int64(3 * time.Hour)) // there are ten mails a day
		p, err := h.OpenPhone(h.ctx, testenv.PhoneOptions{Name: fmt.Sprint("new", n), KDF: fastKDF})
		if err == nil {
			err = p.Ready(h.ctx)
		}
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		o, err := p.FindRestore(h.ctx, phone.RestoreFrom{Host: h.Host, Login: "anna.lind", Code: h.code})
		if err != nil {
			b.Fatal(err)
		}
		x, err := p.ProveRestore(h.ctx, o, platform.Prompt{})
		if err != nil {
			b.Fatal(err)
		}
		var row authn.Restore
		if err := h.Site.Store.View(h.ctx, func(r store.Reader) (err error) { row, err = r.Restore(x.ID); return err }); err != nil {
			b.Fatal(err)
		}
		if _, err := p.ConfirmRestore(h.ctx, x.ID, h.Server.Restore.Digits(row)); err != nil {
			b.Fatal(err)
		}
		a, _, err := p.FinishRestore(h.ctx, x.ID, platform.Prompt{})
		if err != nil || !a.Restore.Unnoted {
			b.Fatal(err, a.Restore)
		}
		b.StopTimer()
		if h.code, err = p.ShowRestoreCode(h.ctx, a.ID, platform.Prompt{}); err != nil {
			b.Fatal(err)
		}
		d, err := p.DrillRestore(h.ctx, a.ID, h.code, platform.Prompt{})
		if err != nil || !d.Same || d.Codes != benchEntries {
			b.Fatal(err, d)
		}
		p.Close()
		b.StartTimer()
	}
}

// BenchmarkEscrowUpload is "Check now" after a change: status, list of devices, sealing, and the upload.
func BenchmarkEscrowUpload(b *testing.B) {
	h := newHoard(b)
	laptop, err := h.AddComputer(h.ctx, "laptop-42", "LAPTOP-42", authn.MatchTap)
	if err != nil {
		b.Fatal(err)
	}
	defer laptop.Close()
	for b.Loop() {
		b.StopTimer()
		h.offset.Add(int64(time.Hour))
		if _, err := laptop.Authorize(h.ctx, client.Question{User: "anna.lind"}); err != nil {
			b.Fatal(err)
		}
		if err := h.phone.Sync(h.ctx); err != nil {
			b.Fatal(err)
		}
		if _, err := h.phone.Approve(h.ctx, h.phone.State().Requests[0].ID, phone.Match{}, platform.Prompt{}); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if err := h.phone.Sync(h.ctx); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if a, _ := h.phone.State().Account(h.id); a.Restore.Pending || a.Restore.SavedAt.Before(h.Site.Now().Add(-time.Minute)) {
			b.Fatalf("not stored: %+v", a.Restore)
		}
		b.StartTimer()
	}
}
