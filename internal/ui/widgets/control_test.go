package widgets

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"avow/assets/icons"
	"avow/internal/ui/style"
)

// setUp gives a test the app with our theme and a window with an object.
func setUp(t *testing.T, o fyne.CanvasObject, size fyne.Size) fyne.Window {
	t.Helper()
	app := test.NewTempApp(t)
	app.Settings().SetTheme(style.NewTheme(style.Options{Appearance: style.Light}))
	w := test.NewTempWindow(t, o)
	w.SetPadded(false)
	w.Resize(size)
	return w
}

func keys(o fyne.Focusable, names ...fyne.KeyName) {
	for _, k := range names {
		o.TypedKey(&fyne.KeyEvent{Name: k})
	}
}

func TestButtonTapsAndKeys(t *testing.T) {
	n := 0
	b := NewMainButton("Connect", icons.Scan, func() { n++ })
	setUp(t, b, fyne.NewSize(350, 60))
	test.Tap(b)
	keys(b, fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter, fyne.KeyA)
	if n != 4 {
		t.Errorf("%d taps, want 4", n)
	}
}

func TestButtonThatIsBusyTakesNoTapAndStaysWide(t *testing.T) {
	n := 0
	b := NewMainButton("Connect to the organization", "", func() { n++ })
	setUp(t, b, fyne.NewSize(350, 60))
	wide := b.MinSize().Width
	b.SetBusy("Connecting…")
	test.Tap(b)
	keys(b, fyne.KeySpace, fyne.KeyReturn)
	if n != 0 {
		t.Errorf("%d taps while busy", n)
	}
	if got := b.MinSize().Width; got < wide {
		t.Errorf("width %v, was %v", got, wide)
	}
	if b.Text() != "Connecting…" {
		t.Errorf("shows %q", b.Text())
	}
	b.SetBusy("")
	test.Tap(b)
	if n != 1 {
		t.Errorf("%d taps after it was busy, want 1", n)
	}
}

func TestButtonNotYetSaysWhatIsMissing(t *testing.T) {
	n := 0
	b := NewMainButton("I have noted it", "", func() { n++ })
	setUp(t, b, fyne.NewSize(350, 100))
	low := b.MinSize().Height
	b.SetNotYet("Next: type group 5 to show you have it")
	test.Tap(b)
	if n != 0 {
		t.Error("a tap was announced")
	}
	if b.MinSize().Height <= low {
		t.Error("there is no room for the line")
	}
	b.SetReady()
	test.Tap(b)
	if n != 1 {
		t.Errorf("%d taps when ready, want 1", n)
	}
}

func TestFocusRingIsOutside(t *testing.T) {
	b := NewMainButton("Connect", "", func() {})
	w := setUp(t, b, fyne.NewSize(350, 60))
	if b.ring != nil && b.ring.Visible() {
		t.Error("ring without focus")
	}
	w.Canvas().Focus(b)
	if !b.ring.Visible() {
		t.Fatal("no ring with focus")
	}
	inner := b.ring.Position().X + b.ring.StrokeWidth/2
	if inner != -2 || b.ring.StrokeWidth != 3 {
		t.Errorf("the ring begins at %v and is %v wide, want 2 px outside and 3 wide", inner, b.ring.StrokeWidth)
	}
	if b.ring.StrokeColor != style.Color(style.Focus) {
		t.Error("the ring is not in the color of focus")
	}
	w.Canvas().Unfocus()
	if b.ring.Visible() {
		t.Error("ring after the focus went")
	}
}

func TestGuardRefusesEarlyTaps(t *testing.T) {
	now := time.Unix(1000, 0)
	g := NewGuard(func() time.Time { return now })
	n := 0
	b := NewMainButton("Answer", "", func() { n++ }).Guarded(g)
	setUp(t, b, fyne.NewSize(350, 60))
	for _, c := range []struct {
		wait time.Duration
		want int
	}{{0, 0}, {499 * time.Millisecond, 0}, {time.Millisecond, 1}} {
		now = now.Add(c.wait)
		test.Tap(b)
		if n != c.want {
			t.Errorf("%d taps after %v more, want %d", n, c.wait, c.want)
		}
	}
	g.Arrive()
	keys(b, fyne.KeySpace)
	if n != 1 {
		t.Error("the guard let a key through that came just after something arrived")
	}
	if !(*Guard)(nil).Open() {
		t.Error("no guard must be open")
	}
}

func TestHoverAndPressShow(t *testing.T) {
	b := NewMainButton("Connect", "", func() {})
	setUp(t, b, fyne.NewSize(350, 60))
	b.MouseIn(nil)
	if !b.overlay.Visible() || b.overlay.FillColor != style.Color(style.Hover) {
		t.Error("hover does not show")
	}
	b.MouseDown(nil)
	if b.overlay.FillColor != style.Color(style.Pressed) {
		t.Error("press does not show")
	}
	b.MouseOut()
	if b.overlay.Visible() {
		t.Error("overlay stays after the pointer went away")
	}
}

// Each target is at least 48 x 48.
func TestTargetsAreBigEnough(t *testing.T) {
	setUp(t, NewBody(""), fyne.NewSize(10, 10))
	pad := NewKeypad(KeySmall, Corner{Icon: icons.Scan, OnTap: func() {}}, Corner{}, nil)
	targets := map[string]fyne.CanvasObject{
		"no": NewYesNo("No", "Yes", nil).no, "yes": NewYesNo("No", "Yes", nil).yes,
		"icon": NewIconButton(icons.Dots, nil), "row": NewRow(RowSpec{Title: "Lock"}), "tab": NewTabBar(nil, Tab{icons.House, "Home"}).tabs[0],
		"chip": NewChips(0, nil, "All").parts[0], "segment": NewSegmented(0, nil, Option{Text: "A"}).parts[0],
		"scan": NewScanButton(nil), "key": pad.keys[0], "corner": pad.leftKey, "field": NewField(FieldSpec{}), "groups": NewGroupsField(5, 1),
		"note":      NewNote(NoteSpec{Text: "Hm", OnTap: func() {}}),
		"menu item": newMenuRow(MenuItem{Text: "X"}, nil), "side item": NewSideBar("", nil, "", nil, Tab{icons.House, "H"}).tabs[0],
		"code": NewCodeRow(CodeSpec{Issuer: "I", Code: "1"}), "small main": NewMainButton("A", "", nil).Sized(10),
	}
	for kind := range buttonLooks {
		targets["button "+string(rune('0'+kind))] = NewButton(kind, "A", "", nil)
	}
	for name, o := range targets {
		if m := o.MinSize(); m.Width < style.SizeMinTarget || m.Height < style.SizeMinTarget {
			t.Errorf("%s is %v", name, m)
		}
	}
}

// What is on the screen takes the colors of a theme that is set later.
func TestWidgetsFollowTheTheme(t *testing.T) {
	b := NewMainButton("Connect", icons.Check, func() {})
	text := NewHeading("Is it you signing in?")
	w := setUp(t, Column(8, b, text, NewSlip(NewBody("a"), NewBody("b"))), fyne.NewSize(350, 400))
	light := w.Canvas().Capture().At(175, 5)
	fyne.CurrentApp().Settings().SetTheme(style.NewTheme(style.Options{Appearance: style.Dark, TextScale: style.Large}))
	if got := w.Canvas().Capture().At(175, 5); got == light {
		t.Error("the button keeps its color in the dark")
	}
	if got, want := toNRGBA(w.Canvas().Capture().At(10, 30)), toNRGBA(style.Color(style.Primary)); got != want {
		t.Errorf("button is %v, want %v", got, want)
	}
	if got, want := text.lineHeight(), style.TextSize(style.TextHeading)*style.LineHeightHeading; got != want || want <= 28*style.LineHeightHeading {
		t.Errorf("a line of the heading is %v high, want %v", got, want)
	}
}
