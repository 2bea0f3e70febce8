package vault_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"avow/internal/atomicfile/atomicfiletest"
	"avow/internal/authn"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/vault"
)

// newLogged is a phone whose vault is taken for a large one from its first byte on.
func newLogged(t testing.TB, d *atomicfiletest.Disk) *phone {
	t.Helper()
	p := newPhone(t, d, dir)
	p.logFrom = 1
	p.store = p.newStore(t)
	doc := wide(0)
	if err := p.store.Create(t.Context(), &doc); err != nil {
		t.Fatal(err)
	}
	return p
}

// wide is a document of save n that differs from the one before in some entries and sometimes in the length.
func wide(n int) vault.Document {
	entry := func(i, n int) json.RawMessage {
		return json.RawMessage(fmt.Sprintf(`{"i":%d,"n":%d,"fill":%q}`, i, n, strings.Repeat("secret", 5)))
	}
	doc := vault.Document{Accounts: []json.RawMessage{entry(0, n)}}
	for i := range 5 + n%3 {
		doc.Codes = append(doc.Codes, entry(i, n-(n+i)%4))
	}
	return doc
}

func (p *phone) saveWide(t testing.TB, n int) {
	t.Helper()
	doc := wide(n)
	if err := p.store.Save(t.Context(), &doc); err != nil {
		t.Fatal(err)
	}
}

// wideNumber says which save a document is of, and that it is that one in every entry.
func wideNumber(t testing.TB, doc vault.Document) int {
	t.Helper()
	var e struct{ N int }
	if len(doc.Accounts) != 1 || json.Unmarshal(doc.Accounts[0], &e) != nil {
		t.Fatal("vault is not one that was saved")
	}
	if want := wide(e.N); !reflect.DeepEqual(texts(want.Accounts), texts(doc.Accounts)) || !reflect.DeepEqual(texts(want.Codes), texts(doc.Codes)) {
		t.Fatalf("vault is mixed of several saves: %s", doc.Codes)
	}
	return e.N
}

func texts(list []json.RawMessage) (out []string) {
	for _, e := range list {
		out = append(out, string(e))
	}
	return out
}

// changes are the generations whose change lies on a disk.
func changes(d *atomicfiletest.Disk) (list []int) {
	for name := range d.Files() {
		if digits, ok := strings.CutPrefix(filepath.Base(name), vault.LogPrefix); ok {
			n, _ := strconv.Atoi(digits)
			list = append(list, n)
		}
	}
	slices.Sort(list)
	return list
}

func changeFile(generation int) string { return dir + "/" + vault.LogPrefix + strconv.Itoa(generation) }

func TestChangesAreReplayed(t *testing.T) {
	d := atomicfiletest.New()
	p := newLogged(t, d)
	whole := d.Files()[mainFile]
	for n := 1; n < 12; n++ {
		p.saveWide(t, n)
		if !bytes.Equal(d.Files()[mainFile], whole) {
			t.Fatalf("save %d wrote the whole vault", n)
		}
		q := p
		if n%2 == 0 {
			p = p.restart(t, d)
			q = p
		} else {
			q = p.restart(t, d.Crash(0, 0))
		}
		if doc := q.open(t); wideNumber(t, doc) != n || doc.Generation != uint64(n+1) {
			t.Errorf("save %d: found %d, generation %d", n, wideNumber(t, doc), doc.Generation)
		}
	}
	if got := changes(d); len(got) != 11 || got[0] != 2 || got[10] != 12 {
		t.Errorf("changes of generations %v", got)
	}
}

// After many changes the vault is written anew, at the latest when the app locks; the changes that its backup needs stay.
func TestChangesAreGathered(t *testing.T) {
	d := atomicfiletest.New()
	p := newLogged(t, d)
	n := 0
	gather := func() {
		t.Helper()
		for range 20 {
			n++
			p.saveWide(t, n)
		}
		p.store.Forget()
		if doc := p.open(t); wideNumber(t, doc) != n || doc.Generation != uint64(n+1) {
			t.Fatalf("found save %d of %d", wideNumber(t, doc), n)
		}
	}
	first := d.Files()[mainFile]
	gather()
	if bytes.Equal(d.Files()[mainFile], first) || !bytes.Equal(d.Files()[backupFile], first) {
		t.Error("the vault was not written anew, or its backup is not the one before")
	}
	if got := changes(d); len(got) != 20 {
		t.Errorf("after the first time there are changes %v, want those that lead from the backup on", got)
	}
	gather()
	if got := changes(d); len(got) != 20 || got[0] != 22 {
		t.Errorf("after the second time there are changes %v", got)
	}
	doc := wide(n)
	if err := p.store.Save(t.Context(), &doc); err != nil {
		t.Fatal(err)
	}
	p.store.Forget() // few: nobody has to wait for them
	if got := changes(d); len(got) != 21 {
		t.Errorf("one change made the vault be written anew: %v", got)
	}
	if err := p.store.Save(t.Context(), &doc); !errors.Is(err, vault.ErrNoVault) {
		t.Errorf("save after forgetting: %v, want ErrNoVault", err)
	}
	p.open(t)
	for n = range 600 { // nobody locks: it is gathered by itself
		p.saveWide(t, n)
	}
	if got := changes(d); len(got) > 520 || wideNumber(t, p.restart(t, d).open(t)) != 599 {
		t.Errorf("%d changes are kept", len(got))
	}
}

// D1, D2: the disk fails, or the phone dies, at each step of a save that writes a change, and of the gathering.
func TestChangeAtEveryCrashPoint(t *testing.T) {
	few, many := atomicfiletest.New(), atomicfiletest.New()
	first := newLogged(t, few)
	first.saveWide(t, 1)
	first.saveWide(t, 2)
	last := newLogged(t, many)
	for n := 1; n <= 16; n++ {
		last.saveWide(t, n)
	}
	for name, tt := range map[string]struct {
		disk *atomicfiletest.Disk
		from *phone
		old  int
		do   func(*phone) error
	}{
		"save":   {few, first, 2, func(p *phone) error { doc := wide(3); return p.store.Save(t.Context(), &doc) }},
		"whole":  {few, first, 2, func(p *phone) error { doc := wide(3); return p.store.SaveWhole(t.Context(), &doc) }},
		"gather": {many, last, 16, func(p *phone) error { p.store.Forget(); return nil }},
	} {
		for _, dead := range []bool{false, true} {
			for n := 1; ; n++ {
				d := tt.disk.Crash(0, 0)
				p := tt.from.restart(t, d)
				p.open(t)
				d.FailAt(n, dead)
				err := tt.do(p)
				done := d.Calls() < n
				d.FailAt(0, false)
				if err != nil && authn.CodeOf(err) != "storage_failed" {
					t.Errorf("%s, call %d: %v, want storage_failed", name, n, err)
				}
				next := tt.old + 1
				eachCrash(d, func(after *atomicfiletest.Disk) {
					noneReadable(t, after.Files(), []byte(`secretsecret`), []byte(`{"i":0,"n":`))
					got := wideNumber(t, tt.from.restart(t, after).open(t))
					if name == "gather" && got != tt.old || name != "gather" && got != next && (got != tt.old || err == nil) {
						t.Errorf("%s, call %d: found save %d (acknowledged: %v)", name, n, got, err == nil)
					}
				})
				if name == "gather" {
					p.open(t)
				}
				p.saveWide(t, next+1)
				if got := wideNumber(t, tt.from.restart(t, d).open(t)); got != next+1 {
					t.Errorf("%s, call %d: the save after the fault is not there, but %d", name, n, got)
				}
				if done {
					break
				}
			}
		}
	}
}

// changes that are taken away, and earlier vaults that are put back, are detected.
func TestChangesTakenAwayAreDetected(t *testing.T) {
	d := atomicfiletest.New()
	p := newLogged(t, d)
	old := d.Files()[mainFile]
	for n := 1; n <= 20; n++ {
		p.saveWide(t, n)
	}
	for _, keep := range []int{0, 1, 10, 19} {
		at := d.Crash(0, 0)
		for n := keep + 1; n <= 20; n++ {
			if err := at.Remove(changeFile(n + 1)); err != nil {
				t.Fatal(err)
			}
		}
		q := p.restart(t, at)
		_, err := q.store.Open(t.Context(), platform.Prompt{})
		var back *vault.RolledBackError
		if !errors.As(err, &back) || back.Found != uint64(keep+1) || back.Mark != 21 {
			t.Errorf("%d changes left: %v", keep, err)
		}
		doc, err := q.store.OpenRolledBack(t.Context(), platform.Prompt{})
		if err != nil || wideNumber(t, doc) != keep {
			t.Errorf("after the warning: %v, %v", doc, err)
		}
		q.saveWide(t, 33)
		if doc := p.restart(t, at).open(t); wideNumber(t, doc) != 33 || doc.Generation != 22 {
			t.Errorf("after the warning and a save: %v", doc)
		}
	}
	p.store.Forget()
	p.open(t)
	p.saveWide(t, 21)
	at := d.Crash(0, 0)
	at.Put(mainFile, old) // all that came after it is there, so nothing is lost
	if got := wideNumber(t, p.restart(t, at).open(t)); got != 21 {
		t.Errorf("an earlier vault with all changes gave save %d", got)
	}
	if err := at.Remove(changeFile(22)); err != nil {
		t.Fatal(err)
	}
	if _, err := p.restart(t, at).store.Open(t.Context(), platform.Prompt{}); !errors.Is(err, vault.ErrRolledBack) {
		t.Errorf("the last change is gone: %v, want ErrRolledBack", err)
	}
}

// D3: a change that is damaged or missing among others: the backup is what comes before it, and goes on from there. A damaged vault costs nothing.
func TestDamagedChange(t *testing.T) {
	d := atomicfiletest.New()
	p := newLogged(t, d)
	for n := 1; n <= 6; n++ {
		p.saveWide(t, n)
	}
	whole := d.Files()[changeFile(5)]
	for i := -1; i < len(whole); i++ {
		at := d.Crash(0, 0)
		if changed := bytes.Clone(whole); i >= 0 {
			changed[i] ^= 4
			at.Put(changeFile(5), changed)
		} else if err := at.Remove(changeFile(5)); err != nil {
			t.Fatal(err)
		}
		if i > 60 && i%16 > 0 { // one of each kind and some more
			continue
		}
		q := p.restart(t, at)
		doc, err := q.store.Open(t.Context(), platform.Prompt{})
		var damaged *vault.DamagedError
		if !errors.As(err, &damaged) || damaged.Backup != 4 || damaged.Mark != 7 || doc.Accounts != nil {
			t.Fatalf("byte %d: %v", i, err)
		}
		if doc, err = q.store.OpenBackup(t.Context(), platform.Prompt{}); err != nil || wideNumber(t, doc) != 3 {
			t.Fatalf("byte %d: backup %v, %v", i, doc, err)
		}
		q.saveWide(t, 50)
		if got := wideNumber(t, p.restart(t, at).open(t)); got != 50 {
			t.Errorf("byte %d: after the repair found save %d", i, got)
		}
	}

	for n := 7; n <= 20; n++ {
		p.saveWide(t, n)
	}
	p.store.Forget()
	p.open(t)
	p.saveWide(t, 21)
	d.Put(mainFile, []byte("damaged"))
	q := p.restart(t, d)
	_, err := q.store.Open(t.Context(), platform.Prompt{})
	var damaged *vault.DamagedError
	if !errors.As(err, &damaged) || damaged.Backup != 22 {
		t.Fatalf("damaged vault: %v", err)
	}
	doc, err := q.store.OpenBackup(t.Context(), platform.Prompt{})
	if err != nil || wideNumber(t, doc) != 21 {
		t.Fatalf("backup with all changes: %v, %v", doc, err)
	}
	q.saveWide(t, 22)
	if got := wideNumber(t, p.restart(t, d).open(t)); got != 22 {
		t.Errorf("after the repair found save %d", got)
	}
}

func TestSecondWindowIsNoticedByItsChange(t *testing.T) {
	d := atomicfiletest.New()
	p := newLogged(t, d)
	p.saveWide(t, 1)
	q := p.restart(t, d)
	q.open(t)
	q.saveWide(t, 2)
	doc := wide(3)
	if err := p.store.Save(t.Context(), &doc); !errors.Is(err, vault.ErrChanged) {
		t.Errorf("save over another window's: %v, want ErrChanged", err)
	}
	p.open(t)
	p.saveWide(t, 3)
	if got := wideNumber(t, p.restart(t, d).open(t)); got != 3 {
		t.Errorf("found save %d", got)
	}
}

// What was wiped is in no file after two whole saves; and Remove leaves nothing.
func TestNothingIsLeftOfWhatWent(t *testing.T) {
	d := atomicfiletest.New()
	p := newLogged(t, d)
	for n := range 5 {
		p.saveWide(t, n)
	}
	for range 2 {
		doc := wide(9)
		if err := p.store.SaveWhole(t.Context(), &doc); err != nil {
			t.Fatal(err)
		}
	}
	if got := changes(d); len(got) != 0 {
		t.Errorf("changes %v are left", got)
	}
	p.saveWide(t, 10)
	for _, open := range []func() (vault.Document, error){
		func() (vault.Document, error) { return p.store.Open(t.Context(), platform.Prompt{}) },
		func() (vault.Document, error) { return p.store.OpenBackup(t.Context(), platform.Prompt{}) },
	} {
		if doc, err := open(); err != nil || wideNumber(t, doc) < 9 {
			t.Errorf("found %v, %v", doc, err)
		}
	}
	d.Put(dir+"/."+vault.LogPrefix+"77.tmp-1", []byte("half")) // a crash left it
	p = p.restart(t, d)
	if _, there := d.Files()[dir+"/."+vault.LogPrefix+"77.tmp-1"]; there {
		t.Error("a temporary file is left")
	}
	p.open(t)
	if err := p.keys.Destroy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := vault.Remove(d, dir); err != nil {
		t.Fatal(err)
	}
	for name := range d.Files() {
		if !strings.Contains(name, keystore.FileName) {
			t.Errorf("%s is left", name)
		}
	}
}

// A vault of before there were changes goes on as one with them.
func TestVaultGrows(t *testing.T) {
	d := atomicfiletest.New()
	p := newPhone(t, d, dir)
	p.logFrom = 3000
	p.store = p.newStore(t)
	small, large := content(1), content(1)
	large.Codes[0] = json.RawMessage(fmt.Sprintf(`{"fill":%q}`, strings.Repeat("x", 3000)))
	if err := p.store.Create(t.Context(), &small); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := p.store.Save(t.Context(), &large); err != nil {
			t.Fatal(err)
		}
	}
	if got := changes(d); !slices.Equal(got, []int{3, 4}) {
		t.Errorf("changes of generations %v, want those after the first large save", got)
	}
	if doc := p.restart(t, d).open(t); doc.Generation != 4 || len(doc.Codes[0]) < 3000 {
		t.Errorf("opened %v", doc)
	}
}
