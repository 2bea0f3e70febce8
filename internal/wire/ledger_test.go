package wire

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"mime/quotedprintable"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"avow/internal/authn"
	"avow/internal/key"
)

const logOrigin = "id.example.com:8443"

// The encoding of a leaf is for ever: this text was worked out by hand from docs/protocol.md.
func TestAuditLeafIsForEver(t *testing.T) {
	salt := []byte("0123456789abcdef")
	a := authn.AuditRecord{
		At: time.Unix(1, 5).UTC(), Actor: "admin:maja", Action: "user.add", Subject: "u_1", IP: "192.0.2.1", Reason: "née",
		Facts: map[string]string{"b": "2", "a": ""},
	}
	hidden := sha256.Sum256([]byte("0123456789abcdef" + "10:admin:maja,9:192.0.2.1,4:née,1:a,0:,1:b,1:2,"))
	want := "13:avow-audit-v1,1:7,10:1000000005,8:user.add,3:u_1,32:" + string(hidden[:]) + ","
	if got := string(AuditLeaf(7, salt, a)); got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
	leaf := sha256.Sum256([]byte("\x00" + want))
	if AuditLeafHash(7, salt, a) != authn.Hash(leaf) {
		t.Error("the hash is not that of RFC 6962")
	}
	if got := string(AuditLeaf(1, nil, authn.AuditRecord{})); !strings.HasPrefix(got, "13:avow-audit-v1,1:1,0:,0:,0:,32:") {
		t.Errorf("without anything: %q", got)
	}
}

// Whatever is different in a record makes another leaf.
func TestAuditLeafHasEveryField(t *testing.T) {
	base := authn.AuditRecord{At: time.Unix(1, 0), Actor: "a", Action: "b", Subject: "c", IP: "d", Reason: "e", Facts: map[string]string{"f": "g"}}
	leaf := func(change func(*authn.AuditRecord)) string {
		a := base
		change(&a)
		return hex.EncodeToString(AuditLeaf(1, []byte("salt"), a))
	}
	seen := map[string]string{leaf(func(*authn.AuditRecord) {}): "the record"}
	for name, change := range map[string]func(*authn.AuditRecord){
		"a nanosecond": func(a *authn.AuditRecord) { a.At = a.At.Add(1) }, "no time": func(a *authn.AuditRecord) { a.At = time.Time{} },
		"actor": func(a *authn.AuditRecord) { a.Actor = "x" }, "action": func(a *authn.AuditRecord) { a.Action = "x" },
		"subject": func(a *authn.AuditRecord) { a.Subject = "x" }, "ip": func(a *authn.AuditRecord) { a.IP = "x" },
		"reason": func(a *authn.AuditRecord) { a.Reason = "x" }, "fact": func(a *authn.AuditRecord) { a.Facts = map[string]string{"f": "x"} },
		"name of a fact": func(a *authn.AuditRecord) { a.Facts = map[string]string{"x": "g"} }, "no facts": func(a *authn.AuditRecord) { a.Facts = nil },
		"another fact":      func(a *authn.AuditRecord) { a.Facts = map[string]string{"f": "g", "": ""} },
		"moved by a letter": func(a *authn.AuditRecord) { a.Action, a.Subject = "bc", "" },
		"moved in private":  func(a *authn.AuditRecord) { a.IP, a.Reason = "de", "" },
	} {
		l := leaf(change)
		if other := seen[l]; other != "" {
			t.Errorf("%s makes the same leaf as %s", name, other)
		}
		seen[l] = name
	}
	if string(AuditLeaf(2, []byte("salt"), base)) == string(AuditLeaf(1, []byte("salt"), base)) || string(AuditLeaf(1, []byte("salz"), base)) == string(AuditLeaf(1, []byte("salt"), base)) {
		t.Error("number or salt is not in the leaf")
	}
}

// The tree is that of tlog at every size.
func TestLedgerTree(t *testing.T) {
	var tree LedgerTree
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) (list []tlog.Hash, err error) {
		for _, i := range indexes {
			list = append(list, stored[i])
		}
		return list, nil
	})
	for n := range int64(130) {
		want, err := tlog.TreeHash(n, reader)
		if err != nil || tree.Root() != authn.Hash(want) {
			t.Fatalf("root of %d: %x, want %x, %v", n, tree.Root(), want, err)
		}
		edges, err := reader.ReadHashes(LedgerEdges(n))
		if again := LoadLedgerTree(n, edges); err != nil || again.Root() != tree.Root() || again.Size() != tree.Size() {
			t.Fatalf("of %d leaves another tree is loaded", n)
		}
		leaf := tlog.RecordHash(fmt.Append(nil, n))
		hashes, err := tlog.StoredHashesForRecordHash(n, leaf, reader)
		if err != nil {
			t.Fatal(err)
		}
		before := tree.Root()
		next, made := tree.Add(authn.Hash(leaf))
		tree.Add(authn.Hash{1}) // which is forgotten
		if tree.Root() != before {
			t.Fatalf("the tree of %d was changed by a leaf for the next", n)
		}
		tree = next
		for i, h := range made {
			if hashes[i] != tlog.Hash(h) {
				t.Fatalf("stored hash %d of leaf %d", i, n)
			}
		}
		stored = append(stored, hashes...)
	}
}

func logKey(t testing.TB) key.Private {
	t.Helper()
	k, err := key.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func signedNote(t testing.TB, k key.Private, c Checkpoint) string {
	t.Helper()
	n, err := c.Sign(k)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestCheckpoint(t *testing.T) {
	k, other := logKey(t), logKey(t)
	c := Checkpoint{logOrigin, 12, authn.Hash{1, 2, 3}}
	n := signedNote(t, k, c)
	if !strings.HasPrefix(n, logOrigin+"\n12\nAQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— "+logOrigin+" ") {
		t.Errorf("got %q", n)
	}
	got, err := ParseCheckpoint(n, logOrigin, k.Key())
	if err != nil || got != c {
		t.Errorf("got %v, %v", got, err)
	}
	for name, text := range map[string]string{
		"another's":      signedNote(t, other, c),
		"another origin": signedNote(t, k, Checkpoint{"example.com", 12, c.Root}),
		"size changed":   strings.Replace(n, "\n12\n", "\n13\n", 1),
		"root changed":   strings.Replace(n, "\nAQ", "\nBQ", 1),
		"no signature":   n[:strings.Index(n, "—")],
		"cut off":        n[:len(n)-5],
		"empty":          "",
		"long":           n + strings.Repeat("— "+logOrigin+" AAAA\n", 200),
		"negative":       signedNote(t, k, Checkpoint{logOrigin, -1, c.Root}),
		"signed, yet another origin inside": func() string {
			b, err := note.Sign(&note.Note{Text: "else\n12\n" + strings.Repeat("A", 43) + "=\n"}, checkpointKey{logOrigin, k.Key(), k})
			if err != nil {
				t.Fatal(err)
			}
			return string(b)
		}(),
	} {
		if got, err := ParseCheckpoint(text, logOrigin, k.Key()); err == nil {
			t.Errorf("%s is taken for %v", name, got)
		}
	}
	// A witness may sign as well.
	both, err := note.Sign(&note.Note{Text: c.text()}, checkpointKey{"witness", other.Key(), other}, checkpointKey{logOrigin, k.Key(), k})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ParseCheckpoint(string(both), logOrigin, k.Key()); err != nil || got != c {
		t.Errorf("with a witness: %v, %v", got, err)
	}
}

func TestReadCheckpoints(t *testing.T) {
	k := logKey(t)
	a, b := signedNote(t, k, Checkpoint{logOrigin, 1, authn.Hash{1}}), signedNote(t, k, Checkpoint{logOrigin, 2, authn.Hash{2}})
	for name, c := range map[string]struct {
		text string
		n    int
	}{
		"one after the other":      {a + "\n" + b + "\n", 2},
		"without space between":    {a + b, 2},
		"of a mail":                {"Subject: x\r\n\r\nHello\r\n— not one\r\n\r\n———\r\n\r\n" + strings.ReplaceAll(a, "\n", "\r\n") + "\r\nbye", 1},
		"of a mail as it was sent": {"Subject: =?utf-8?q?x?=\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nHello\r\n\r\n" + quoted(t, a), 1},
		"cut off, then whole":      {a[:len(a)-30] + "\n\n" + b, 0}, // which is told: it does not verify
		"cut off in the text":      {a[:20] + "\n\n" + b, 1},
		"nothing":                  {"", 0},
	} {
		list, err := ReadCheckpoints(c.text, logOrigin, k.Key())
		if len(list) != c.n || (err == nil) != (c.n > 0) {
			t.Errorf("%s: %d checkpoints, want %d; %v", name, len(list), c.n, err)
		}
	}
}

func quoted(t *testing.T, text string) string {
	t.Helper()
	var b strings.Builder
	w := quotedprintable.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTwoLogsOfOneSize(t *testing.T) {
	_, err := NewLedgerCheck([]Checkpoint{{logOrigin, 5, authn.Hash{1}}, {logOrigin, 3, authn.Hash{}}, {logOrigin, 5, authn.Hash{2}}})
	var f *LedgerFault
	if !errors.As(err, &f) || f.Last != 5 {
		t.Errorf("got %v", err)
	}
}

// FuzzParseCheckpoint: only the key's holder makes what is accepted, and what is found in a file is what was written to it.
func FuzzParseCheckpoint(f *testing.F) {
	k := logKey(f)
	n := signedNote(f, k, Checkpoint{logOrigin, 12, authn.Hash{1}})
	f.Add(n)
	f.Add(n + "\n" + n)
	f.Add("\n\n— \n\n— a b\n")
	f.Add("a\nb\nc\n\n— ")
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := ParseCheckpoint(text, logOrigin, k.Key()); err == nil && (c.Size != 12 || !strings.HasPrefix(text, n[:60])) {
			t.Errorf("%q is accepted", text)
		}
		for _, found := range FindCheckpoints(text) {
			if !strings.Contains(strings.ReplaceAll(text, "\r\n", "\n")+"\n", found) {
				t.Errorf("%q is not in %q", found, text)
			}
			if again := FindCheckpoints(found); len(again) != 1 || again[0] != found {
				t.Errorf("%q comes back as %q", found, again)
			}
		}
	})
}

func TestLogRecordComesBack(t *testing.T) {
	e := authn.LedgerEntry{
		AuditRecord: authn.AuditRecord{At: time.Unix(5, 7).UTC(), Actor: "a", Action: "b", Subject: "c", IP: "d", Reason: "e", Facts: map[string]string{"Any Name": "f", "g": ""}},
		Number:      3, Salt: []byte("0123456789abcdef"),
	}
	e.Leaf = AuditLeafHash(3, e.Salt, e.AuditRecord)
	r := NewLogRecord(e)
	got, err := r.Entry()
	if err != nil || CheckEntry(got, 3) != nil {
		t.Errorf("%v, %v", got, CheckEntry(got, 3))
	}
	r.Facts = append(r.Facts, [2]string{"g", ""})
	if got, _ := r.Entry(); CheckEntry(got, 3) == nil {
		t.Error("a fact that stands twice is passed over")
	}
}
