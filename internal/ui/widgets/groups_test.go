package widgets

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/mobile"
	"fyne.io/fyne/v2/test"

	"avow/assets/icons"
	"avow/internal/ui/style"
)

func typed(f *GroupsField, s string) {
	for _, r := range s {
		f.TypedRune(r)
	}
}

// a code is typed into its groups; spaces and dashes of the paper do not count, and one group can be corrected alone.
func TestGroupsAreTyped(t *testing.T) {
	var got []string
	f := NewGroupsField(1, 7)
	f.OnChanged = func(g []string) { got = g }
	setUp(t, f, fyne.NewSize(310, 300))
	typed(f, "4h7k-9mpd 2xqc W6RT 0bvn 8ej3 ys5fXX")
	if want := "4H7K 9MPD 2XQC W6RT 0BVN 8EJ3 YS5F"; strings.Join(got, " ") != want {
		t.Errorf("typed %q, want %q", got, want)
	}
	f.SetWrong("Group 4 is not right.", 3)
	if f.Words() == "" || !f.wrong[3] || f.wrong[2] {
		t.Error("group 4 is not marked alone")
	}
	x, y := float32(0), float32(0)
	cells(7, 310, style.SizeDigitBox, func(i int, cx, cy, _ float32) {
		if i == 3 {
			x, y = cx, cy
		}
	})
	test.TapAt(f, fyne.NewPos(x+40, y+20))
	typed(f, "W7RT")
	if f.Groups()[3] != "W7RT" || f.String() != "4H7K 9MPD 2XQC W7RT 0BVN 8EJ3 YS5F" {
		t.Errorf("corrected %q", f.String())
	}
	f.GoTo(6)
	for range 5 {
		keys(f, fyne.KeyBackspace)
	}
	if f.String() != "4H7K 9MPD 2XQC W7RT 0BVN 8EJ" {
		t.Errorf("after five times back: %q", f.String())
	}
}

func TestGroupsSayWhatIsRight(t *testing.T) {
	f := NewGroupsField(5, 1)
	words, sent := 0, 0
	f.OnWords, f.OnSubmitted = func() { words++ }, func() { sent++ }
	setUp(t, f, fyne.NewSize(310, 100))
	before := f.MinSize().Height
	f.SetWrong("Compare it with your paper.", 0)
	f.SetGood("That is it")
	if f.wrong[0] || f.Words() != "That is it" || f.MinSize().Height <= before || words < 2 {
		t.Errorf("wrong %v, words %q, told %d times", f.wrong, f.Words(), words)
	}
	keys(f, fyne.KeyReturn)
	if sent != 1 {
		t.Error("Enter does nothing")
	}
	if f.Keyboard() != mobile.PasswordKeyboard {
		t.Error("a keyboard may learn the code")
	}
}

// Two groups stand beside each other only where they fit.
func TestGroupsFitTheWidth(t *testing.T) {
	g := NewGroups("4H7K", "9MPD", "2XQC", "W6RT", "0BVN", "8EJ3", "YS5F")
	setUp(t, g, fyne.NewSize(310, 300))
	two := g.MinSize().Height
	g.Resize(fyne.NewSize(180, 500))
	if one := g.MinSize().Height; one <= two {
		t.Errorf("%v high in 310, %v high in 180", two, one)
	}
	if NewHiddenGroups(7).String() == g.String() {
		t.Error("hidden and shown say the same")
	}
}

// What can be done with a row lies under it and is tapped by itself.
func TestRowFoot(t *testing.T) {
	var row, wipe int
	button := NewButton(Negative, "Wipe", icons.Eraser, func() { wipe++ }).Sized(48)
	r := NewRow(RowSpec{Title: "Old iPhone", Second: "iPhone 13", Tile: true, Icon: icons.Phone, OnTap: func() { row++ }, Foot: button})
	plain := NewRow(RowSpec{Title: "Old iPhone", Second: "iPhone 13", Tile: true, Icon: icons.Phone})
	w := setUp(t, NewRows(r), fyne.NewSize(350, 300))
	if d := r.MinSize().Height - plain.MinSize().Height; d != 48+style.SpaceCardPadding {
		t.Errorf("the foot takes %v", d)
	}
	test.TapCanvas(w.Canvas(), fyne.NewPos(100, r.MinSize().Height-30+r.Position().Y))
	test.TapCanvas(w.Canvas(), fyne.NewPos(100, r.Position().Y+20))
	if wipe != 1 || row != 1 {
		t.Errorf("button %d, row %d", wipe, row)
	}
}
