package restore_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/store"
	"avow/internal/wire"
)

// TestEscrow: what one device puts there the others find; who did not know the newest has to merge.
func TestEscrow(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	second, _ := r.taken()
	got, err := second.Escrow(ctx)
	r.must(err)
	proof, exchange := r.code.Keys(string(r.anna.User))
	if !bytes.Equal(got.File, file) || got.Generation != 1 || got.ProofJWK != proof.Key() || got.ExchangeJWK != exchange.Key() || got.By != r.anna.ID {
		t.Errorf("got %+v", got)
	}
	r.must(second.Update(r.code, []byte("two"), 1))
	r.want("by who knows generation 1", r.anna.Update(r.code, []byte("lost"), 1), authn.ErrEscrowChanged)
	r.want("a first one", r.anna.Update(r.code, []byte("lost"), 0), authn.ErrEscrowChanged)
	r.want("one that is not there yet", r.anna.Update(r.code, []byte("lost"), 3), authn.ErrEscrowChanged)
	r.must(r.anna.Update(r.code, []byte("three"), 2))
	got, err = second.Escrow(ctx)
	r.must(err)
	if string(got.File) != "three" || got.By != r.anna.ID || got.CodeAt == 0 {
		t.Errorf("got %+v", got)
	}
	tag := authn.Hash(r.code.EscrowMAC(string(r.anna.User), 3, file))
	_, err = r.anna.PutEscrow(ctx, wire.EscrowPut{Generation: 3, Tag: &tag, File: file}, 3)
	if authn.CodeOf(err) != "bad_escrow" {
		t.Errorf("a generation that does not rise: %v", err)
	}
	r.must(second.ProvenEscrow(ctx, 3))
	r.want("a drill with an older file", second.ProvenEscrow(ctx, 2), authn.ErrEscrowChanged)
	st, err := r.anna.Status(ctx)
	r.must(err)
	if st.Restore.ProvenAt == 0 || st.Restore.Generation != 3 || st.Restore.ProofJWK != proof.Key() || st.Restore.CodeAt == 0 {
		t.Errorf("told %+v", st.Restore)
	}
	// A device that is gone neither reads nor writes.
	r.must(second.Remove(ctx))
	r.want("a removed device writes", second.Update(r.code, []byte("four"), 3), authn.ErrDeviceRevoked)
	_, err = second.Escrow(ctx)
	r.want("a removed device reads", err, authn.ErrDeviceRevoked)
	if st, err = r.anna.Status(ctx); err != nil || !st.Restore.Renew {
		t.Errorf("a device that knew the code is gone, and nobody says so: %v", err)
	}
	// Another user's is another's.
	r.User("bo")
	_, err = r.Phone("bo").Escrow(ctx)
	r.want("of somebody without one", err, authn.ErrNoEscrow)
}

// TestCodeNeedsTheUser: a new code, and none, are signed by the approval key, for exactly this file; nothing that was signed counts twice.
func TestCodeNeedsTheUser(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	next := key.NewRestoreCode()
	put := func(change func(*wire.EscrowCode), signer key.Private, body []byte) error {
		c := r.anna.EscrowCode(next, file, 2)
		change(&c)
		raw, err := wire.SignEscrowCode(signer, c)
		r.must(err)
		_, err = r.anna.PutEscrow(ctx, wire.EscrowPut{Statement: raw, File: body}, 1)
		return err
	}
	same := func(*wire.EscrowCode) {}
	for name, err := range map[string]error{
		"by a key of a thief":    put(same, r.Key(), file),
		"for another file":       put(same, r.anna.ApprovalKey(), []byte("other")),
		"for another server":     put(func(c *wire.EscrowCode) { c.Audience = "https://other.example.com" }, r.anna.ApprovalKey(), file),
		"of another device":      put(func(c *wire.EscrowCode) { c.Device = authn.NewDeviceID() }, r.anna.ApprovalKey(), file),
		"without the user":       put(func(c *wire.EscrowCode) { c.UV = authn.UVNone }, r.anna.ApprovalKey(), file),
		"without a proof key":    put(func(c *wire.EscrowCode) { c.ProofJWK = key.Public{} }, r.anna.ApprovalKey(), file),
		"with one key for both":  put(func(c *wire.EscrowCode) { c.ProofJWK = c.ExchangeJWK }, r.anna.ApprovalKey(), file),
		"without a vouch":        put(func(c *wire.EscrowCode) { c.Vouch = authn.Hash{} }, r.anna.ApprovalKey(), file),
		"of the same generation": put(func(c *wire.EscrowCode) { c.Generation = 1 }, r.anna.ApprovalKey(), file),
		"beyond what JSON keeps": put(func(c *wire.EscrowCode) { c.Generation = 1 << 60 }, r.anna.ApprovalKey(), file),
		"without a file":         put(func(c *wire.EscrowCode) { c.FileHash = wire.HashFile(nil) }, r.anna.ApprovalKey(), nil),
	} {
		if authn.CodeOf(err) != "bad_escrow" {
			t.Errorf("%s: %v", name, err)
		}
	}
	tag := authn.Hash{1}
	raw, err := wire.SignEscrowCode(r.anna.ApprovalKey(), r.anna.EscrowCode(next, file, 2))
	r.must(err)
	_, err = r.anna.PutEscrow(ctx, wire.EscrowPut{Statement: raw, Tag: &tag, Generation: 2, File: file}, 1)
	if authn.CodeOf(err) != "bad_escrow" {
		t.Errorf("both ways at once: %v", err)
	}
	_, err = r.anna.PutEscrow(ctx, wire.EscrowPut{Statement: raw, File: file}, 1)
	r.must(err)
	_, err = r.anna.PutEscrow(ctx, wire.EscrowPut{Statement: raw, File: file}, 2)
	if err == nil {
		t.Error("a statement counted twice")
	}

	off := func(signer key.Private, generation uint64, id string) error {
		raw, err := wire.SignEscrowOff(signer, wire.EscrowOff{
			Audience: r.Site.Issuer, Device: r.anna.ID, ID: id, IssuedAt: r.Now().Unix(), Generation: generation, UV: authn.UVPIN,
		})
		r.must(err)
		return r.anna.DeleteEscrow(ctx, raw)
	}
	if err := off(r.Key(), 2, key.RandomID(16)); authn.CodeOf(err) != "bad_escrow" {
		t.Errorf("switched off by a thief: %v", err)
	}
	r.want("of an older generation", off(r.anna.ApprovalKey(), 1, key.RandomID(16)), authn.ErrEscrowChanged)
	p := r.provedBy(next)
	r.must(off(r.anna.ApprovalKey(), 2, key.RandomID(16)))
	_, err = p.Confirm(r.Digits(p.Started.RestoreID))
	r.want("a restore by the code that is gone", err, authn.ErrRestoreFailed)
	_, err = r.NewRestorer().Prove("anna", next)
	r.want("the code that is gone", err, authn.ErrRestoreRefused)
	_, err = r.anna.Escrow(ctx)
	r.want("what was kept", err, authn.ErrNoEscrow)
	r.want("off twice", off(r.anna.ApprovalKey(), 3, key.RandomID(16)), authn.ErrNoEscrow)
	// Generations go on where they were: nothing that was signed before is good again.
	r.want("as if nothing had been", r.anna.Keep(next, file, 0), authn.ErrEscrowChanged)
	r.must(r.anna.Keep(next, file, 3))
}

// TestEscrowOnProbation: a phone that was added a moment ago does not change the restore code, nor end it (contract of probation).
func TestEscrowOnProbation(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	r.update(func(tx store.Tx) error {
		return tx.UpdateDevice(r.anna.ID, func(d authn.Device) (authn.Device, error) {
			d.ProbationUntil = r.Now().Add(time.Hour)
			return d, nil
		})
	})
	r.want("a new code", r.anna.Keep(key.NewRestoreCode(), file, 1), authn.ErrProbation)
	raw, err := wire.SignEscrowOff(r.anna.ApprovalKey(), wire.EscrowOff{
		Audience: r.Site.Issuer, Device: r.anna.ID, ID: key.RandomID(16), IssuedAt: r.Now().Unix(), Generation: 1, UV: authn.UVPIN,
	})
	r.must(err)
	r.want("none", r.anna.DeleteEscrow(ctx, raw), authn.ErrProbation)
	r.must(r.anna.Update(r.code, []byte("new file"), 1))
	p := r.proved()
	r.must(r.anna.BlockRestore(ctx, p.Started.RestoreID)) // refusing must always be possible
}

// TestEscrowSize: the file has its own limit, and only it.
func TestEscrowSize(t *testing.T) {
	r := newRig(t)
	r.must(r.anna.Update(r.code, bytes.Repeat([]byte{7}, authn.MaxEscrowFile), 1))
	got, err := r.anna.Escrow(context.Background())
	r.must(err)
	if len(got.File) != authn.MaxEscrowFile {
		t.Errorf("%d bytes came back", len(got.File))
	}
	r.want("one byte more", r.anna.Update(r.code, bytes.Repeat([]byte{7}, authn.MaxEscrowFile+1), 2), authn.ErrEscrowTooLarge)
	err = r.anna.Update(r.code, bytes.Repeat([]byte{7}, 4<<20), 2)
	if authn.CodeOf(err) != "bad_body" {
		t.Errorf("four MiB: %v", err)
	}
}
