package phone

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"avow/internal/atomicfile"
	"avow/internal/atomicfile/atomicfiletest"
	"avow/internal/otp"
	"avow/internal/phone/codes"
	"avow/internal/phone/platform"
	"avow/internal/phone/vault"
)

func codeEntry(n int, kind otp.Kind) codes.Entry {
	e := codes.Entry{Code: otp.Code{
		Kind: kind, Issuer: fmt.Sprintf("Example %d", n), Account: "anna@example.com", Secret: fmt.Appendf(nil, "%020d", n), Algorithm: otp.SHA1, Digits: 6, Period: 30,
	}}
	if kind == otp.HOTP {
		e.Code.Period = 0
	}
	return e
}

// what is done to codes is there after a new start, secrets and all; while locked there is nothing.
func TestCodesAreKept(t *testing.T) {
	r := unlocked(t)
	r.finger(t)
	ctx := t.Context()
	r.take()
	id := must(r.AddCode(ctx, codeEntry(1, otp.TOTP)))
	if got := r.take(); !slices.Equal(got, []EventKind{CodesChanged}) {
		t.Errorf("events %v", got)
	}
	ids := must(r.AddCodes(ctx, []codes.Entry{codeEntry(2, otp.TOTP), codeEntry(1, otp.TOTP), codeEntry(3, otp.HOTP)}))
	if ids[1] != id || len(r.Codes()) != 3 {
		t.Errorf("%d codes, ids %v", len(r.Codes()), ids)
	}
	if same, err := r.AddCode(ctx, codeEntry(2, otp.TOTP)); !errors.Is(err, codes.ErrSame) || same != ids[0] {
		t.Errorf("a second time: %q, %v", same, err)
	}
	d := must(r.CodeView(id)).Draft()
	d.Name, d.Note, d.Groups = "Büro <&>", "a\nb", []string{"Work"}
	step := must(r.AdvanceCode(ctx, ids[2]))
	for name, err := range map[string]error{
		"edit": r.EditCode(ctx, id, d), "pin": r.PinCode(ctx, id, true), "move": r.MoveCode(ctx, ids[2], ids[0]), "trash": r.TrashCode(ctx, ids[0]),
		"use": r.UsedCode(ctx, id), "group": r.RenameCodeGroup(ctx, "Work", "Büro"),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	before, at := r.Codes(), time.Unix(1790000000, 0)
	shown := must(r.Code(ctx, id, at))
	uri := must(r.CodeURI(ctx, id, platform.Prompt{}))
	if !strings.HasPrefix(string(uri), "otpauth://totp/Example%201:anna@example.com?secret=") {
		t.Errorf("URI of %d characters", len(uri))
	}
	if found := r.FindCodes(codes.Query{Text: "buro"}); !slices.Equal(found, []codes.ID{id}) || !slices.Equal(r.CodeGroups(), []string{"Büro"}) {
		t.Errorf("found %v, groups %v", found, r.CodeGroups())
	}

	r.Lock()
	if r.Codes() != nil || r.FindCodes(codes.Query{}) != nil || r.CodeGroups() != nil {
		t.Error("codes are shown while locked")
	}
	for name, err := range map[string]error{
		"show": second(r.Code(ctx, id, at)), "add": second(r.AddCode(ctx, codeEntry(9, otp.TOTP))), "edit": r.EditCode(ctx, id, d), "next": second(r.AdvanceCode(ctx, ids[2])),
		"uri": second(r.CodeURI(ctx, id, platform.Prompt{})), "export": second(r.ExportCodes(ctx, platform.Prompt{})),
	} {
		if !errors.Is(err, ErrLocked) {
			t.Errorf("%s while locked: %v", name, err)
		}
	}

	again := newRig(t, r.dir)
	defer again.Close()
	again.unlock(t)
	if got := again.Codes(); !reflect.DeepEqual(got, before) {
		t.Errorf("after a new start: %+v, want %+v", got, before)
	}
	if got := must(again.Code(ctx, id, at)); got != shown {
		t.Errorf("after a new start it shows %+v, want %+v", got, shown)
	}
	if got := must(again.Code(ctx, ids[2], at)); got.Text != "" || step.Text == "" || must(again.CodeView(ids[2])).Counter != 1 {
		t.Errorf("a counter's code is shown again after a new start: %q", got.Text)
	}
}

func second[T any](_ T, err error) error { return err }

// the secret is shown to somebody who is there now, not a moment ago.
func TestCodeURIAsksAfresh(t *testing.T) {
	r := unlocked(t)
	r.finger(t)
	id := must(r.AddCode(t.Context(), codeEntry(1, otp.TOTP)))
	r.unlock(t)
	for name, secret := range map[string]func() error{
		"uri":    func() error { return second(r.CodeURI(t.Context(), id, platform.Prompt{Title: "Show QR"})) },
		"export": func() error { return second(r.ExportCodes(t.Context(), platform.Prompt{Title: "Export"})) },
	} {
		before := len(r.sensor.Asked())
		if err := secret(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if asked := r.sensor.Asked(); len(asked) != before+1 || !asked[before].Fresh {
			t.Errorf("%s: the user was asked %d times", name, len(asked)-before)
		}
	}
	if list := must(r.ExportCodes(t.Context(), platform.Prompt{})); len(list) != 1 || len(list[0].Code.Secret) != 20 {
		t.Errorf("export of %d codes", len(list))
	}
}

// D1: the disk fails, or the phone dies, at each step of asking for a counter's next code, of a small vault and of a large one. A code that was
// shown is never shown again; what was not stored is not shown, and the next try works.
func TestCounterMovesBeforeItsCodeIsShown(t *testing.T) {
	for _, logFrom := range []int{0, 1} {
		stored := unlocked(t)
		stored.finger(t)
		id := must(stored.AddCode(t.Context(), codeEntry(1, otp.HOTP)))
		disk := func() *atomicfiletest.Disk {
			d := atomicfiletest.New()
			for _, name := range must(atomicfile.OS.List(stored.dir)) {
				d.Put(filepath.Join(stored.dir, name), must(atomicfile.OS.ReadFile(filepath.Join(stored.dir, name))))
			}
			return d
		}
		start := func(d *atomicfiletest.Disk) *rig {
			r := &rig{Core: must(Open(t.Context(), stored.cfg)), dir: stored.dir, keys: stored.keys}
			r.files = must(vault.New(vault.Config{Dir: stored.dir, FS: d, Keys: stored.keys, Key: vaultKey, LogFrom: logFrom}))
			if err := r.UnlockOld(t.Context(), platform.Prompt{}); err != nil { // the keystore's mark is not on this disk
				t.Fatal(err)
			}
			return r
		}
		for _, dead := range []bool{true, false} {
			for at := 1; ; at++ {
				d := disk()
				r := start(d)
				if logFrom > 0 { // from here on changes are written alone
					if err := r.UsedCode(t.Context(), id); err != nil {
						t.Fatal(err)
					}
				}
				d.FailAt(at, dead)
				shown, err := r.AdvanceCode(t.Context(), id)
				done := d.Calls() < at
				d.FailAt(0, false)
				if (err == nil) != (shown.Text != "") {
					t.Fatalf("call %d: %q and %v", at, shown.Text, err)
				}
				want := uint64(0)
				if err == nil {
					want = 1
				}
				if got := uint64(must(r.CodeView(id)).Counter); got != want {
					t.Errorf("call %d: counter %d is shown, acknowledged %v", at, got, err == nil)
				}
				for kept := range uint(1) << d.Pending() {
					if got := uint64(must(start(d.Crash(kept, 0)).CodeView(id)).Counter); got < want || got > 1 {
						t.Errorf("call %d: counter %d is stored, acknowledged %v", at, got, err == nil)
					}
				}
				if next, err := r.AdvanceCode(t.Context(), id); err != nil || next.Text == shown.Text {
					t.Errorf("call %d: the next try gave %q, %v", at, next.Text, err)
				}
				if done {
					break
				}
			}
		}
	}
}

// A large vault that is opened once more while it is open, and locked in between, loses nothing.
func TestUnlockTwiceKeepsCodes(t *testing.T) {
	r := unlocked(t)
	r.finger(t)
	r.Lock()
	open := func(r *rig) {
		t.Helper()
		r.files = must(vault.New(vault.Config{Dir: r.dir, Keys: r.keys, Key: vaultKey, LogFrom: 1}))
		r.unlock(t)
	}
	open(r)
	for n := range 40 {
		must(r.AddCode(t.Context(), codeEntry(n, otp.TOTP)))
		switch n % 10 {
		case 3, 4:
			r.unlock(t)
		case 7:
			r.Lock()
			r.unlock(t)
		}
	}
	before := r.Codes()
	r.unlock(t)
	r.Lock()
	again := newRig(t, r.dir)
	defer again.Close()
	open(again)
	if got := again.Codes(); len(got) != 40 || !reflect.DeepEqual(got, before) {
		t.Errorf("%d codes after a new start", len(got))
	}
}

// Two taps at once give two codes.
func TestCounterGivesEachCodeOnce(t *testing.T) {
	r := unlocked(t)
	id := must(r.AddCode(t.Context(), codeEntry(1, otp.HOTP)))
	shown := make(chan string)
	for range 8 {
		go func() { shown <- must(r.AdvanceCode(t.Context(), id)).Text }()
	}
	seen := map[string]bool{}
	for range 8 {
		seen[<-shown] = true
	}
	if v := must(r.CodeView(id)); len(seen) != 8 || v.Counter != 8 || v.Uses != 8 {
		t.Errorf("%d codes, counter %d", len(seen), v.Counter)
	}
	if !r.CanUndoAdvance(id) {
		t.Error("the last step can't be taken back")
	}
	if err := r.UndoAdvance(t.Context(), id); err != nil || must(r.CodeView(id)).Counter != 7 {
		t.Errorf("undo: %v", err)
	}
	if err := r.UndoAdvance(t.Context(), id); !errors.Is(err, codes.ErrNoUndo) {
		t.Errorf("undo twice: %v", err)
	}
}

func TestTrashIsEmptiedAfterThirtyDays(t *testing.T) {
	r := unlocked(t)
	id := must(r.AddCode(t.Context(), codeEntry(1, otp.TOTP)))
	if err := r.TrashCode(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	r.Lock()
	r.ahead.Store(int64(codes.TrashFor - time.Hour))
	r.unlock(t)
	if _, err := r.CodeView(id); err != nil {
		t.Errorf("an hour before: %v", err)
	}
	r.Lock()
	r.ahead.Store(int64(codes.TrashFor + time.Hour))
	r.unlock(t)
	if _, err := r.CodeView(id); !errors.Is(err, codes.ErrNotFound) {
		t.Errorf("after 30 days: %v", err)
	}
	again := newRig(t, r.dir)
	defer again.Close()
	again.unlock(t)
	if len(again.Codes()) != 0 {
		t.Error("it is there again after a new start")
	}
}

// Adding, changing and deleting a code is something that the escrow of the account that keeps codes does not have yet; using one is not.
func TestCodesReachTheEscrow(t *testing.T) {
	r := unlocked(t)
	a, _ := r.connect(t)
	digest := func() string {
		r.Core.mu.Lock()
		defer r.Core.mu.Unlock()
		doc, h, err := r.content(a)
		if err != nil || h != digestOf(doc) {
			t.Fatalf("digest %v, %v", h, err)
		}
		return string(h[:])
	}
	a.stored.Restore.Codes = true
	last := digest()
	changes := func(want bool, err error) {
		t.Helper()
		now := digest()
		if err != nil || (now != last) != want {
			t.Errorf("changed: %v, %v", now != last, err)
		}
		last = now
	}
	id := must(r.AddCode(t.Context(), codeEntry(1, otp.HOTP)))
	changes(true, nil)
	changes(false, r.UsedCode(t.Context(), id))
	changes(true, r.PinCode(t.Context(), id, true))
	changes(true, second(r.AdvanceCode(t.Context(), id)))
	changes(true, r.TrashCode(t.Context(), id))
	changes(true, r.DeleteCode(t.Context(), id))
	a.stored.Restore.Codes = false
	last = digest()
	must(r.AddCode(t.Context(), codeEntry(2, otp.TOTP)))
	changes(false, nil)
}

func TestDrift(t *testing.T) {
	r := unlocked(t)
	a, _ := r.connect(t)
	b, _ := r.connect(t)
	if _, known := r.Drift(); known {
		t.Error("known before any server has told")
	}
	a.offset, a.offsetAt = -5*time.Minute, r.cfg.Now()
	if d, known := r.Drift(); !known || d != 5*time.Minute {
		t.Errorf("got %v, %v", d, known)
	}
	b.offset, b.offsetAt = time.Second, r.cfg.Now().Add(time.Second)
	if d, _ := r.Drift(); d != -time.Second {
		t.Errorf("the one that told last says %v", d)
	}
}

// manyCodes is a phone of 10,000 codes.
func manyCodes(b *testing.B) *rig {
	b.Helper()
	r := unlocked(b)
	r.connect(b)
	r.finger(b)
	list := make([]codes.Entry, 10_000)
	for n := range list {
		list[n] = codeEntry(n, otp.TOTP)
	}
	if _, err := r.AddCodes(b.Context(), list); err != nil {
		b.Fatal(err)
	}
	return r
}

// From the finger on the sensor to the list of 10,000 codes.
func BenchmarkUnlock10000Codes(b *testing.B) {
	r := manyCodes(b)
	for b.Loop() {
		b.StopTimer()
		r.Lock()
		r.keys.Lock()
		b.StartTimer()
		if err := r.Unlock(b.Context(), platform.Prompt{}); err != nil {
			b.Fatal(err)
		}
		if len(r.Codes()) != 10_000 {
			b.Fatal("not all codes are there")
		}
	}
}

// One of 10,000 codes changes: until it is on the disk.
func BenchmarkEditOneOf10000Codes(b *testing.B) {
	r := manyCodes(b)
	views := r.Codes()
	for n := 0; b.Loop(); n++ {
		d := views[n%len(views)].Draft()
		d.Note = fmt.Sprint("note ", n)
		if err := r.EditCode(b.Context(), views[n%len(views)].ID, d); err != nil {
			b.Fatal(err)
		}
	}
}

// A keystroke among 10,000 codes.
func BenchmarkFindIn10000Codes(b *testing.B) {
	r := manyCodes(b)
	for n := 0; b.Loop(); n++ {
		r.FindCodes(codes.Query{Text: []string{"e", "ex", "exa", "example 77", "anna@"}[n%5]})
	}
}
