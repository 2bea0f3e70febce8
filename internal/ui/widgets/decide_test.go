package widgets

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"avow/assets/icons"
	"avow/internal/ui/style"
)

type answers struct{ no, yes, later int }

func newSlab(t *testing.T, g *Guard) (*YesNo, *answers, fyne.Window) {
	t.Helper()
	var a answers
	y := NewYesNo("No", "Yes", g)
	y.OnNo, y.OnYes, y.OnLater = func() { a.no++ }, func() { a.yes++ }, func() { a.later++ }
	return y, &a, setUp(t, y, fyne.NewSize(350, 68))
}

// No and Yes have the same size, type and place in the row, and No comes first.
func TestR030NoAndYesAreEqual(t *testing.T) {
	y, _, _ := newSlab(t, nil)
	if y.no.Size() != y.yes.Size() {
		t.Errorf("No is %v, Yes is %v", y.no.Size(), y.yes.Size())
	}
	if y.no.Size().Height != style.SizeYesNo {
		t.Errorf("height is %v, want %v", y.no.Size().Height, style.SizeYesNo)
	}
	if y.no.Position().X != 0 || y.yes.Position().X != y.no.Size().Width+style.SizeYesNoGap {
		t.Errorf("No at %v, Yes at %v", y.no.Position(), y.yes.Position())
	}
	var sizes [2]float32
	for i, h := range []*half{y.no, y.yes} {
		for _, o := range test.WidgetRenderer(h).Objects() {
			if text, ok := o.(*canvas.Text); ok {
				sizes[i] = text.TextSize
			}
		}
	}
	if sizes[0] != sizes[1] || sizes[0] == 0 {
		t.Errorf("sizes of type %v", sizes)
	}
}

// No has the focus at first, so that a key pressed by habit approves nothing.
func TestR030NoHasTheFocusAtFirst(t *testing.T) {
	y, a, w := newSlab(t, nil)
	y.FocusNo(w.Canvas())
	if w.Canvas().Focused() != y.No() {
		t.Fatal("No has not got the focus")
	}
	if y.yes.focused || !y.no.focused {
		t.Error("the ring is not on No")
	}
	w.Canvas().FocusNext()
	if w.Canvas().Focused() != y.Yes() {
		t.Fatal("Yes can't be reached by Tab")
	}
	keys(y.Yes(), fyne.KeyReturn, fyne.KeyEnter)
	if a.yes != 0 {
		t.Error("Enter was Yes")
	}
	keys(y.Yes(), fyne.KeySpace)
	if a.yes != 1 {
		t.Error("Space on Yes was not Yes")
	}
}

func TestEscapeIsLaterNeverNo(t *testing.T) {
	y, a, _ := newSlab(t, nil)
	keys(y.No(), fyne.KeyEscape)
	keys(y.Yes(), fyne.KeyEscape)
	if *a != (answers{later: 2}) {
		t.Errorf("got %+v, want two Later", *a)
	}
}

func TestYesNoTaps(t *testing.T) {
	y, a, w := newSlab(t, nil)
	test.TapCanvas(w.Canvas(), fyne.NewPos(20, 30))
	test.TapCanvas(w.Canvas(), fyne.NewPos(330, 30))
	keys(y.No(), fyne.KeyReturn)
	if *a != (answers{no: 2, yes: 1}) {
		t.Errorf("got %+v", *a)
	}
}

func TestYesNoGuarded(t *testing.T) {
	now := time.Unix(0, 0)
	y, a, _ := newSlab(t, NewGuard(func() time.Time { return now }))
	test.Tap(y.yes)
	test.Tap(y.no)
	keys(y.Yes(), fyne.KeySpace)
	if *a != (answers{}) {
		t.Errorf("taps in the first 500 ms were announced: %+v", *a)
	}
	now = now.Add(GuardTime)
	test.Tap(y.yes)
	if a.yes != 1 {
		t.Error("Yes after 500 ms was not announced")
	}
}

func TestYesNoHandsDigitsOn(t *testing.T) {
	y, a, _ := newSlab(t, nil)
	f := NewNumberField()
	y.OnRune = f.Type
	y.OnKey = func(e *fyne.KeyEvent) bool {
		if e.Name == fyne.KeyBackspace {
			f.Backspace()
			return true
		}
		return false
	}
	for _, r := range "48x2 " {
		y.No().TypedRune(r)
	}
	keys(y.No(), fyne.KeyBackspace)
	if f.Value() != "48" || *a != (answers{}) {
		t.Errorf("digits %q, answers %+v", f.Value(), *a)
	}
}

func TestNumberField(t *testing.T) {
	f := NewNumberField()
	var seen []string
	f.OnChanged = func(s string) { seen = append(seen, s) }
	w := setUp(t, f, fyne.NewSize(350, 90))
	w.Canvas().Focus(f)
	test.Type(f, "48a2-9137")
	if f.Value() != "482913" || !f.Complete() {
		t.Fatalf("value %q", f.Value())
	}
	if len(seen) != 6 || seen[5] != "482913" {
		t.Errorf("changes %q", seen)
	}
	f.SetWrong("Not this number. Two tries left.")
	if f.Value() != "482913" {
		t.Error("the digits went away, they are there to be compared")
	}
	test.Type(f, "5")
	if f.Value() != "5" || f.Words() != "" {
		t.Errorf("after the next key: %q, words %q", f.Value(), f.Words())
	}
	keys(f, fyne.KeyBackspace, fyne.KeyBackspace)
	if f.Value() != "" || f.Complete() {
		t.Errorf("after Backspace: %q", f.Value())
	}
}

func TestNumberFieldShakesAndSaysWhy(t *testing.T) {
	f := NewNumberField()
	setUp(t, f, fyne.NewSize(350, 90))
	f.Type('4')
	f.Shake("Type all six digits first")
	if f.Words() != "Type all six digits first" || f.Value() != "4" || f.wrong {
		t.Errorf("words %q, digits %q, wrong %v", f.Words(), f.Value(), f.wrong)
	}
	if f.shift != 0 {
		t.Errorf("stands %v beside its place", f.shift)
	}
	f.Type('8')
	if f.Value() != "48" || f.Words() != "" {
		t.Errorf("after a digit: %q, %q", f.Value(), f.Words())
	}
	for _, c := range []struct{ at, want float32 }{{0, 6}, {0.2, -6}, {0.4, 6}, {0.95, -6}, {1, 0}} {
		if got := shakeAt(c.at); got != c.want {
			t.Errorf("shakeAt(%v) = %v, want %v", c.at, got, c.want)
		}
	}
}

func TestKeypad(t *testing.T) {
	var typed []rune
	scans, backs := 0, 0
	k := NewKeypad(style.SizeKey, Corner{Icon: icons.Scan, Text: "Scan instead", OnTap: func() { scans++ }},
		Corner{Icon: icons.Backspace, OnTap: func() { backs++ }}, func(r rune) { typed = append(typed, r) })
	w := setUp(t, k, k.MinSize().Max(fyne.NewSize(350, 0)))
	for _, d := range "1234567890" {
		test.Tap(k.Key(d))
	}
	if string(typed) != "1234567890" {
		t.Errorf("typed %q", string(typed))
	}
	w.Canvas().FocusNext()
	keys(w.Canvas().Focused(), fyne.KeySpace)
	w.Canvas().FocusNext()
	keys(w.Canvas().Focused(), fyne.KeySpace)
	if scans != 1 || backs != 1 {
		t.Errorf("corners by keyboard: %d scans, %d backs", scans, backs)
	}
	if k.Key('x') != nil {
		t.Error("there is a key x")
	}
}

func TestKeypadGuarded(t *testing.T) {
	now := time.Unix(0, 0)
	n := 0
	k := NewKeypad(style.SizeKey, Corner{Icon: icons.Scan, OnTap: func() { n++ }}, Corner{}, func(rune) { n++ }).
		Guarded(NewGuard(func() time.Time { return now }))
	setUp(t, k, fyne.NewSize(350, 240))
	test.Tap(k.Key('4'))
	test.Tap(k.leftKey.(*corner))
	if n != 0 {
		t.Errorf("%d early taps", n)
	}
}

func TestPinDotsShowHowManyNotWhich(t *testing.T) {
	d := NewPinDots(6)
	setUp(t, d, fyne.NewSize(300, 20))
	d.Set(2, false)
	full := 0
	for _, o := range test.WidgetRenderer(d).Objects() {
		if o.(*canvas.Circle).FillColor != nil {
			full++
		}
	}
	if full != 2 {
		t.Errorf("%d dots are full, want 2", full)
	}
	d.Set(99, true)
	if d.filled != 6 {
		t.Errorf("%d dots of 6", d.filled)
	}
}
