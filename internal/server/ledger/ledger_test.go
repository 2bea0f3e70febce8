package ledger

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/store"
	"avow/internal/wire"
)

// A checkpoint comes after a minute or a hundred records, and none without a record.
func TestWhenCheckpointsAreSigned(t *testing.T) {
	r := newRig(t, Options{})
	r.step()
	r.add(3)
	r.now = r.now.Add(Every)
	r.step() // 3
	r.add(99)
	r.step()
	r.add(1)
	r.step() // 103
	r.now = r.now.Add(Every)
	r.step()
	r.add(1)
	r.step()
	r.now = r.now.Add(Every - 1)
	r.step()
	r.now = r.now.Add(1)
	r.step() // 104
	if got := r.checkpoints(); !slices.Equal(got, []int64{3, 103, 104}) {
		t.Errorf("checkpoints for %v", got)
	}
	signed, err := r.Sign(context.Background(), false)
	r.must(err)
	c, err := wire.ParseCheckpoint(signed.Note, host, r.site.Identity.Key())
	if err != nil || c != signed.Checkpoint || c.Size != 104 {
		t.Errorf("got %v, %v", c, err)
	}
	// A start signs at once what is under none, and nothing that is.
	r.add(1)
	r.start(Options{})
	r.step()
	r.start(Options{})
	r.step()
	if got := r.checkpoints(); !slices.Equal(got, []int64{3, 103, 104, 105}) {
		t.Errorf("checkpoints for %v", got)
	}
}

func TestCheckpointFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoints")
	r := newRig(t, Options{File: path})
	sizes := func() (sizes []int64) {
		list, err := wire.ReadCheckpoints(text(t, path), host, r.site.Identity.Key())
		r.must(err)
		for _, c := range list {
			sizes = append(sizes, c.Size)
		}
		return sizes
	}
	another := func() {
		t.Helper()
		r.add(1)
		r.now = r.now.Add(Every)
		r.step()
	}
	another()
	another()
	r.start(Options{File: path})
	r.step()
	another()
	if got := sizes(); !slices.Equal(got, []int64{1, 2, 3}) {
		t.Errorf("the file has %v", got)
	}
	// A crash in the middle of a line.
	whole := text(t, path)
	r.must(os.WriteFile(path, []byte(whole+host+"\n4\nAAAA"), 0o644))
	r.start(Options{File: path})
	another()
	if got := sizes(); !slices.Equal(got, []int64{1, 2, 3, 4}) {
		t.Errorf("after a crash the file has %v", got)
	}
	// The place is away for a while: it gets the newest when it is back.
	r.must(os.Rename(path, path+".away"))
	r.must(os.Mkdir(path, 0o700))
	r.add(1)
	r.now = r.now.Add(Every)
	if err := r.Step(context.Background()); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
	r.must(os.Remove(path))
	r.must(os.Rename(path+".away", path))
	r.now = r.now.Add(Every)
	r.step()
	if got := sizes(); !slices.Equal(got, []int64{1, 2, 3, 4, 5}) {
		t.Errorf("after it was away the file has %v", got)
	}
	// Of a server that begins to have a file it gets what was signed last.
	later := path + ".later"
	r.start(Options{File: later})
	r.step()
	if b := text(t, later); !strings.HasPrefix(b, host+"\n5\n") {
		t.Errorf("a new file begins with %q", b)
	}
}

func TestCheckpointMail(t *testing.T) {
	r := newRig(t, Options{Mail: []string{"a@example.com", "b@example.com"}})
	due := func() (list []authn.Notice) {
		r.must(r.site.Store.View(context.Background(), func(rd store.Reader) (err error) {
			list, err = rd.MailDue(r.now, 100)
			return err
		}))
		return list
	}
	for i, want := range []int{2, 2, 2, 4} { // at once, then after a day
		r.add(1)
		r.now = r.now.Add(9 * time.Hour)
		if i == 3 {
			r.start(Options{Mail: []string{"a@example.com", "b@example.com"}}) // which does not forget
		}
		r.step()
		if got := due(); len(got) != want {
			t.Errorf("step %d: %d mails, want %d", i, len(got), want)
		}
	}
	signed, err := r.Sign(context.Background(), true)
	r.must(err)
	list := due()
	if len(list) != 6 || signed.Mailed != 2 {
		t.Errorf("on demand: %d mails, %v", len(list), signed)
	}
	last := list[len(list)-1]
	if _, err := wire.ParseCheckpoint(last.Facts["checkpoint"], host, r.site.Identity.Key()); err != nil || last.Kind != authn.NoticeCheckpoint || last.MailTo != "b@example.com" {
		t.Errorf("got %+v, %v", last, err)
	}
}

// BenchmarkVerify says how long a verification of a log takes.
func BenchmarkVerify(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint("records=", n), func(b *testing.B) {
			r := newRig(b, Options{})
			for range n / 1000 {
				r.add(1000)
			}
			r.now = r.now.Add(Every)
			r.step()
			for b.Loop() {
				c, err := Verify(context.Background(), r.site.Store, host, r.site.Identity.Key(), nil)
				if err != nil || c.Size() != int64(n) {
					b.Fatal(c, err)
				}
			}
		})
	}
}
