package codes_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"avow/internal/authn"
	"avow/internal/otp"
	"avow/internal/phone/codes"
	"avow/internal/phone/escrow"
)

// phone keeps a collection as a vault does: what is returned is written, read again, and then applied.
type phone struct {
	t   rapid.TB
	all *codes.Collection
	raw []json.RawMessage
	now time.Time
}

func newPhone(t rapid.TB) *phone {
	p := &phone{t: t, now: now}
	p.restart()
	return p
}

func (p *phone) restart() {
	p.t.Helper()
	all, errs := codes.Read(p.raw)
	if len(errs) > 0 {
		p.t.Fatal(errs)
	}
	p.all = all
}

// store takes what a method gave.
func (p *phone) store(out []codes.Stored, err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
	var old []json.RawMessage
	for _, s := range out {
		b, err := s.Encode()
		if err != nil {
			p.t.Fatal(err)
		}
		if i, ok := p.all.Index(s.ID); ok {
			old, p.raw[i] = append(old, p.raw[i]), b
		} else {
			p.raw = append(p.raw, b)
		}
	}
	p.all.Apply(out)
	for _, b := range old { // as the vault does
		clear(b)
	}
	again, errs := codes.Read(p.raw)
	if len(errs) > 0 {
		p.t.Fatal(errs)
	}
	if !reflect.DeepEqual(again.Views(), p.all.Views()) || again.Sum() != p.all.Sum() {
		p.t.Fatal("what was stored is not what is shown")
	}
}

func (p *phone) add(list ...codes.Entry) []codes.ID {
	p.t.Helper()
	ids, out, err := p.all.Add(list, p.now)
	p.store(out, err)
	return ids
}

func (p *phone) view(id codes.ID) codes.View {
	p.t.Helper()
	v, err := p.all.View(id)
	if err != nil {
		p.t.Fatal(err)
	}
	return v
}

func totp(n int, issuer, account string) codes.Entry {
	return codes.Entry{Code: otp.Code{
		Kind: otp.TOTP, Issuer: issuer, Account: account, Secret: fmt.Appendf(nil, "%020d", n), Algorithm: otp.SHA1, Digits: 6, Period: 30,
	}}
}

func hotp(n int) codes.Entry {
	e := totp(n, "Token", "anna")
	e.Code.Kind, e.Code.Period = otp.HOTP, 0
	return e
}

func titles(p *phone, ids []codes.ID) (out []string) {
	for _, id := range ids {
		out = append(out, p.view(id).Title())
	}
	return out
}

func TestEntryKeepsEverything(t *testing.T) {
	p := newPhone(t)
	e := codes.Entry{
		Name: `My "own" <name> & más`, Note: "line 1\nline 2\t\u2028 end", Groups: []string{"Work", "Büro"}, Pinned: true, Added: now.Add(-time.Hour),
		Code: otp.Code{Kind: otp.MOTP, Issuer: "Büro & Co", Account: "Jörg", Secret: otp.Secret("12345678"), Algorithm: otp.MD5, Digits: 8, Period: 60, PIN: otp.Secret("4321")},
	}
	id := p.add(e)[0]
	p.restart()
	got, err := p.all.Entry(id)
	if err != nil {
		t.Fatal(err)
	}
	e.ID, e.Place = id, got.Place
	if !reflect.DeepEqual(got, e) { // cmp would print the secret
		t.Errorf("got %+v, want %+v", got, e)
	}
	if v := p.view(id); v.NeedsPIN || !v.Weak || v.Kind != otp.MOTP || v.Title() != e.Name {
		t.Errorf("view %+v", v)
	}
	if len(id) != len("code/")+16 || strings.Contains(fmt.Sprintf("%v %+v %#v", got, got, p.all.Views()), "12345678") {
		t.Errorf("id %q, or the secret shows", id)
	}
}

func TestDuplicatesAreRecognised(t *testing.T) {
	p := newPhone(t)
	first := p.add(totp(1, "GitHub", "anna"))[0]
	again := totp(1, "Git Hub", "another name")
	if id, ok := p.all.Same(again.Code); !ok || id != first {
		t.Errorf("the same secret is %q, %v", id, ok)
	}
	other := totp(1, "GitHub", "anna")
	other.Code.Digits = 8
	ids := p.add(again, other, totp(2, "x", ""), totp(2, "twice in one file", ""))
	if ids[0] != first || ids[1] == first || ids[2] != ids[3] || p.all.Len() != 3 {
		t.Errorf("ids %v, %d codes", ids, p.all.Len())
	}
	p.store(p.all.Trash(first, p.now))
	p.now = p.now.Add(time.Hour)
	if ids := p.add(again); ids[0] != first || !p.view(first).Trashed.IsZero() || p.view(first).Issuer != "Git Hub" {
		t.Errorf("one from the trash comes back as %+v", p.view(first))
	}
	counter := hotp(7)
	id := p.add(counter)[0]
	counter.Code.Counter = 12
	if got, ok := p.all.Same(counter.Code); !ok || got != id {
		t.Error("another counter makes another code")
	}
}

func TestAddIsAllOrNothing(t *testing.T) {
	p := newPhone(t)
	bad := totp(2, "x", "")
	bad.Groups = []string{"a", "a"}
	if _, out, err := p.all.Add([]codes.Entry{totp(1, "x", ""), bad}, now); !errors.Is(err, codes.ErrGroups) || out != nil {
		t.Errorf("got %d entries, %v", len(out), err)
	}
	list := make([]codes.Entry, codes.Max+1)
	for i := range list {
		list[i] = totp(i, "x", "")
	}
	if _, _, err := p.all.Add(list, now); !errors.Is(err, codes.ErrTooMany) {
		t.Errorf("too many: %v", err)
	}
}

// An id that is given is kept if nobody has it: nothing is written over another code.
func TestAddTakesNoOthersID(t *testing.T) {
	p := newPhone(t)
	first := p.add(totp(1, "x", ""))[0]
	taken, free, odd := totp(2, "y", ""), totp(3, "z", ""), totp(4, "w", "")
	taken.ID, free.ID, odd.ID = first, codes.NewID(), "account"
	ids := p.add(taken, free, odd)
	if ids[0] == first || ids[1] != free.ID || ids[2] == odd.ID || p.all.Len() != 4 || p.view(first).Issuer != "x" {
		t.Errorf("ids %v, %d codes", ids, p.all.Len())
	}
}

func TestEditRefuses(t *testing.T) {
	p := newPhone(t)
	id := p.add(totp(1, "GitHub", "anna"))[0]
	for name, tt := range map[string]struct {
		change func(*codes.Draft)
		want   string
	}{
		"name of 257":     {func(d *codes.Draft) { d.Name = strings.Repeat("ä", 257) }, "code_name_invalid"},
		"name of 2 lines": {func(d *codes.Draft) { d.Name = "a\nb" }, "code_name_invalid"},
		"turned":          {func(d *codes.Draft) { d.Name = "a\u202eb" }, "code_name_invalid"},
		"note of 2001":    {func(d *codes.Draft) { d.Note = strings.Repeat("ä", 2001) }, "code_note_invalid"},
		"9 groups":        {func(d *codes.Draft) { d.Groups = strings.Split("abcdefghi", "") }, "code_groups_invalid"},
		"group of 41":     {func(d *codes.Draft) { d.Groups = []string{strings.Repeat("x", 41)} }, "code_groups_invalid"},
		"empty group":     {func(d *codes.Draft) { d.Groups = []string{""} }, "code_groups_invalid"},
		"issuer too long": {func(d *codes.Draft) { d.Issuer = strings.Repeat("x", 300) }, "otp_label_invalid"},
		"PIN for TOTP":    {func(d *codes.Draft) { d.PIN = otp.Secret("1234") }, "otp_pin_invalid"},
	} {
		d := p.view(id).Draft()
		tt.change(&d)
		if out, err := p.all.Edit(id, d, now); authn.CodeOf(err) != tt.want || out != nil {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
	if _, err := p.all.Edit("code/NONE", codes.Draft{}, now); !errors.Is(err, codes.ErrNotFound) {
		t.Errorf("unknown: %v", err)
	}
}

func TestTrashHoldsThirtyDays(t *testing.T) {
	p := newPhone(t)
	ids := p.add(totp(1, "A", ""), totp(2, "B", ""), totp(3, "C", ""))
	p.store(p.all.Trash(ids[0], p.now))
	if _, err := p.all.Show(ids[0], p.now); !errors.Is(err, codes.ErrInTrash) {
		t.Errorf("shown from the trash: %v", err)
	}
	p.now = p.now.Add(24 * time.Hour)
	p.store(p.all.Trash(ids[1], p.now))
	p.store(p.all.Trash(ids[0], p.now)) // a second time does not begin anew
	if got := titles(p, p.all.Search(codes.Query{Trash: true})); !slices.Equal(got, []string{"B", "A"}) {
		t.Errorf("in the trash: %v", got)
	}
	if got := titles(p, p.all.Search(codes.Query{})); !slices.Equal(got, []string{"C"}) {
		t.Errorf("not in the trash: %v", got)
	}
	if at := p.view(ids[0]).PurgeAt(); !at.Equal(now.Add(codes.TrashFor)) {
		t.Errorf("goes at %v", at)
	}
	if out := p.all.Purge(now.Add(codes.TrashFor - time.Second)); out != nil {
		t.Errorf("%d went a second too early", len(out))
	}
	if out := p.all.Purge(now.Add(-400 * 24 * time.Hour)); out != nil {
		t.Error("a clock that was set back deletes")
	}
	p.store(p.all.Purge(now.Add(codes.TrashFor)), nil)
	if _, err := p.all.View(ids[0]); !errors.Is(err, codes.ErrNotFound) {
		t.Errorf("after 30 days: %v", err)
	}
	p.store(p.all.Untrash(ids[1], p.now))
	if p.all.Len() != 2 {
		t.Errorf("%d codes", p.all.Len())
	}
	if list := p.all.Escrow(); len(list) != 3 || slices.IndexFunc(list, func(e escrow.Entry) bool { return e.Deleted && e.Body == nil }) < 0 {
		t.Error("other phones don't learn that a code went")
	}
}

// RFC 4226, appendix D, by the counter.
func TestCounterStepsAndGoesBackOnce(t *testing.T) {
	p := newPhone(t)
	e := hotp(0)
	e.Code.Secret = otp.Secret("12345678901234567890")
	id := p.add(e, totp(1, "x", ""))[0]
	show := func(want string) {
		t.Helper()
		if got, err := p.all.Show(id, p.now); err != nil || got.Text != want || got.Next != "" {
			t.Errorf("shown is %q, %v, want %q", got.Text, err, want)
		}
	}
	step := func() {
		t.Helper()
		p.store(p.all.Advance(id, p.now))
		p.all.Stepped(id, false)
	}
	show("")
	if p.all.CanUndo(id) {
		t.Error("there is something to undo before the first step")
	}
	step()
	show("755224")
	step()
	show("287082")
	p.store(p.all.UndoAdvance(id, p.now))
	p.all.Stepped(id, true)
	show("")
	if _, err := p.all.UndoAdvance(id, p.now); !errors.Is(err, codes.ErrNoUndo) {
		t.Errorf("undone twice: %v", err)
	}
	step()
	show("287082")
	if v := p.view(id); v.Counter != 2 || v.Uses != 3 {
		t.Errorf("counter %d, %d uses", v.Counter, v.Uses)
	}
	d := p.view(id).Draft()
	d.Counter = 9
	p.store(p.all.Edit(id, d, p.now)) // set by hand: the step before is not undone from there
	if p.all.CanUndo(id) {
		t.Error("a counter that was set can be undone")
	}
	step()
	show("520489")
	p.restart()
	show("")
	if _, err := p.all.Advance(p.all.Search(codes.Query{})[1], p.now); !errors.Is(err, codes.ErrNotHOTP) {
		t.Errorf("TOTP: %v", err)
	}
	d.Counter = otp.MaxCounter
	p.store(p.all.Edit(id, d, p.now))
	if _, err := p.all.Advance(id, p.now); err == nil {
		t.Error("the last counter has a next one")
	}
}

func TestShowTellsTheNextCode(t *testing.T) {
	p := newPhone(t)
	e := totp(0, "x", "")
	e.Code.Secret, e.Code.Digits = otp.Secret("12345678901234567890"), 8
	id := p.add(e)[0]
	got, err := p.all.Show(id, time.Unix(1111111109, 0))
	want := codes.Shown{Text: "07081804", Next: "14050471", From: time.Unix(1111111080, 0), Until: time.Unix(1111111110, 0)}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestSearch(t *testing.T) {
	p := newPhone(t)
	named := totp(3, "Amazon Web Services", "root@example.com")
	named.Name, named.Note, named.Groups = "Électricité", "the old one", []string{"Work", "Ärzte"}
	p.add(totp(1, "GitHub", "anna.lind"), totp(2, "Hub", "octocat"), named, totp(4, "Größe", "ANNA"), totp(5, "Digithub", "x"))
	for text, want := range map[string][]string{
		"":          {"GitHub", "Hub", "Électricité", "Größe", "Digithub"},
		"hub":       {"Hub", "GitHub", "Digithub"},
		"git":       {"GitHub", "Digithub"},
		"ELECTRI":   {"Électricité"},
		"électri":   {"Électricité"},
		"web serv":  {"Électricité"},
		"lind git":  {"GitHub"},
		"grosse":    {"Größe"},
		"grösse":    {"Größe"},
		"anna":      {"GitHub", "Größe"},
		"arzte":     {"Électricité"},
		"old":       {"Électricité"},
		"  hub  ":   {"Hub", "GitHub", "Digithub"},
		"git nope":  nil,
		"ｇｉｔｈｕｂ":    {"GitHub", "Digithub"},
		"12345678":  nil, // nothing of a secret is found
		"GEZDGNBVG": nil,
	} {
		if got := titles(p, p.all.Search(codes.Query{Text: text})); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
	if got := titles(p, p.all.Search(codes.Query{Group: "Work"})); !slices.Equal(got, []string{"Électricité"}) {
		t.Errorf("group: %v", got)
	}
	if got := p.all.Groups(); !slices.Equal(got, []string{"Ärzte", "Work"}) {
		t.Errorf("groups: %v", got)
	}
}

func TestOrders(t *testing.T) {
	p := newPhone(t)
	ids := p.add(totp(1, "zeta", ""), totp(2, "Ähre", ""), totp(3, "Beta", "b"), totp(4, "beta", "a"), totp(5, "Acht", ""))
	p.store(p.all.Pin(ids[0], true, now))
	p.store(p.all.Used(ids[3], now))
	p.store(p.all.Used(ids[1], now.Add(time.Minute)))
	for order, want := range map[codes.Order][]codes.ID{
		codes.ByPlace: {ids[0], ids[1], ids[2], ids[3], ids[4]},
		codes.ByName:  {ids[0], ids[4], ids[1], ids[3], ids[2]},
		codes.ByUse:   {ids[0], ids[1], ids[3], ids[2], ids[4]},
	} {
		if got := p.all.Search(codes.Query{Order: order}); !slices.Equal(got, want) {
			t.Errorf("%s: got %v", order, titles(p, got))
		}
	}
	before := p.all.Escrow()
	p.store(p.all.Used(ids[1], now.Add(time.Hour)))
	if !reflect.DeepEqual(before, p.all.Escrow()) {
		t.Error("a use is told to other phones")
	}
}

// The order by hand is the one that moving makes of a list, however often codes are moved.
func TestMoveIsTheListsMove(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := newPhone(rt)
		var list []codes.Entry
		for n := range rapid.IntRange(2, 6).Draw(rt, "codes") {
			list = append(list, totp(n, fmt.Sprint(n), ""))
		}
		model := p.add(list...)
		for range 40 { // to one place again and again: the gaps become too small
			id := rapid.SampledFrom(model).Draw(rt, "id")
			before := rapid.SampledFrom(append(slices.Clone(model), "", model[1], model[1])).Draw(rt, "before")
			if id == before {
				continue
			}
			p.store(p.all.Move(id, before, p.now))
			model = slices.DeleteFunc(model, func(o codes.ID) bool { return o == id })
			at := len(model)
			if before != "" {
				at = slices.Index(model, before)
			}
			model = slices.Insert(model, at, id)
			if got := p.all.Search(codes.Query{}); !slices.Equal(got, model) {
				rt.Fatalf("got %v, want %v", got, model)
			}
		}
	})
	p := newPhone(t)
	ids := p.add(totp(1, "a", ""), totp(2, "b", ""), totp(3, "c", ""))
	for n := range 60 { // more halvings than there are between two places
		id := ids[1+n%2]
		p.store(p.all.Move(id, p.all.Search(codes.Query{})[1], p.now))
	}
	if _, err := p.all.Move(ids[0], "code/NONE", now); !errors.Is(err, codes.ErrNotFound) {
		t.Errorf("before an unknown one: %v", err)
	}
}

func TestRenameGroup(t *testing.T) {
	p := newPhone(t)
	one, two := totp(1, "a", ""), totp(2, "b", "")
	one.Groups, two.Groups = []string{"Work", "Old"}, []string{"Old"}
	ids := p.add(one, two, totp(3, "c", ""))
	p.store(p.all.RenameGroup("Old", "Work", now))
	if !slices.Equal(p.view(ids[0]).Groups, []string{"Work"}) || !slices.Equal(p.view(ids[1]).Groups, []string{"Work"}) {
		t.Errorf("groups %v and %v", p.view(ids[0]).Groups, p.view(ids[1]).Groups)
	}
	p.store(p.all.RenameGroup("Work", "", now))
	if len(p.all.Groups()) != 0 {
		t.Errorf("groups %v", p.all.Groups())
	}
	if _, err := p.all.RenameGroup("Work", strings.Repeat("x", 41), now); err != nil {
		t.Errorf("nothing is in it, so nothing is wrong: %v", err)
	}
}

// An entry of a newer app is kept byte for byte, goes to the escrow, and is not shown; a broken one is damage.
func TestNewerEntriesStay(t *testing.T) {
	newer := json.RawMessage(`{"id":"code/AAAAAAAAAAAAAAAA","at":5,"body":{"secret":"GEZDGNBVGY3TQOJQ","colour":"red"}}`)
	kind := json.RawMessage(`{"id":"code/BBBBBBBBBBBBBBBB","at":5,"body":{"kind":"quantum","secret":"GEZDGNBVGY3TQOJQ"}}`)
	foreign := json.RawMessage(`{"id":"note","at":6,"body":{"text":"of a newer app"}}`)
	all, errs := codes.Read([]json.RawMessage{newer, kind, foreign})
	if len(errs) != 3 || !errors.Is(errs[0], codes.ErrNewer) || len(all.Views()) != 0 {
		t.Fatalf("%v, shown %d", errs, len(all.Views()))
	}
	if list := all.Escrow(); len(list) != 3 || string(list[0].Body) != `{"secret":"GEZDGNBVGY3TQOJQ","colour":"red"}` {
		t.Errorf("for the escrow there are %d", len(list))
	}
	for _, bad := range []string{`{"id":"x"`, `[]`, `{}`, `{"at":1}`} {
		if all, errs := codes.Read([]json.RawMessage{newer, json.RawMessage(bad)}); all != nil || !errors.Is(errs[0], codes.ErrDamaged) {
			t.Errorf("%s: %v", bad, errs)
		}
	}
	if all, _ := codes.Read([]json.RawMessage{newer, newer}); all != nil {
		t.Error("one entry is there twice")
	}
}

// Two phones of one person that change codes on their own come to the same, whichever merges first and however often, and lose no change that the
// other has not touched. What each phone counts for itself stays there.
func TestPhonesComeToTheSame(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a, b := newPhone(rt), newPhone(rt)
		merge := func(to *phone, from []escrow.Entry) {
			merged, err := escrow.MergeEntries(to.all.Escrow(), from)
			if err != nil {
				rt.Fatal(err)
			}
			to.store(to.all.Join(merged), nil)
		}
		n := 0
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			p := rapid.SampledFrom([]*phone{a, b}).Draw(rt, "phone")
			p.now = p.now.Add(time.Duration(rapid.IntRange(-500, 2000).Draw(rt, "ms")) * time.Millisecond)
			views := p.all.Views()
			if len(views) == 0 || rapid.IntRange(0, 3).Draw(rt, "add") == 0 {
				n++
				e := totp(n, fmt.Sprint(n), "")
				if n%3 == 0 {
					e = hotp(n)
				}
				p.add(e)
				continue
			}
			v := rapid.SampledFrom(views).Draw(rt, "code")
			switch rapid.SampledFrom([]string{"edit", "trash", "untrash", "delete", "move", "use", "next", "merge", "merge"}).Draw(rt, "do") {
			case "edit":
				d := v.Draft()
				d.Note = fmt.Sprint(p.now.UnixNano())
				p.store(p.all.Edit(v.ID, d, p.now))
			case "trash":
				p.store(p.all.Trash(v.ID, p.now))
			case "untrash":
				p.store(p.all.Untrash(v.ID, p.now))
			case "delete":
				p.store(p.all.Delete(v.ID, p.now))
			case "move":
				if views[0].ID != v.ID {
					p.store(p.all.Move(v.ID, views[0].ID, p.now))
				}
			case "use":
				p.store(p.all.Used(v.ID, p.now))
			case "next":
				if v.Kind == otp.HOTP && v.Trashed.IsZero() {
					p.store(p.all.Advance(v.ID, p.now))
				}
			case "merge":
				from := a
				if p == a {
					from = b
				}
				uses := map[codes.ID]int{}
				for _, v := range p.all.Views() {
					uses[v.ID] = v.Uses
				}
				merge(p, from.all.Escrow())
				for _, v := range p.all.Views() {
					if had, ok := uses[v.ID]; ok && had != v.Uses {
						rt.Fatalf("uses %d became %d", had, v.Uses)
					}
				}
			}
		}
		fromA, fromB := a.all.Escrow(), b.all.Escrow()
		merge(a, fromB)
		merge(b, fromA)
		merge(b, fromA)
		if !reflect.DeepEqual(a.all.Escrow(), b.all.Escrow()) || a.all.Sum() != b.all.Sum() || escrow.SumOf(a.all.Escrow()) != a.all.Sum() {
			rt.Fatal("the phones do not come to the same")
		}
		for _, id := range a.all.Search(codes.Query{}) {
			if _, err := b.all.View(id); err != nil {
				rt.Fatalf("%s: %v", id, err)
			}
		}
	})
}

func TestWipe(t *testing.T) {
	p := newPhone(t)
	id := p.add(totp(1, "x", ""))[0]
	p.restart()
	raw := p.raw[0]
	p.all.Wipe()
	if strings.Contains(string(raw), "GAYDAMBQ") {
		t.Error("the entry is still there")
	}
	if _, err := p.all.Entry(id); !errors.Is(err, codes.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

// R-050 and the escrow: 10,000 ordinary codes fit.
func TestTenThousandFitIntoAnEscrow(t *testing.T) {
	size := 0
	for _, s := range many(t, 10_000) {
		b, err := json.Marshal(s.Entry)
		if err != nil {
			t.Fatal(err)
		}
		size += len(b) + 1
	}
	if size > escrow.MaxFile-(64<<10) {
		t.Errorf("%d bytes, an escrow takes %d", size, escrow.MaxFile)
	}
}
