package widgets

import (
	"image/color"
	"strconv"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"avow/assets/icons"
	"avow/internal/ui/style"
)

func TestTextWrapsAtWordsAndCutsNothing(t *testing.T) {
	setUp(t, NewBody(""), fyne.NewSize(10, 10))
	for _, c := range []struct {
		name, text string
		width      float32
		lines      []string
	}{
		{"fits", "Is it you?", 300, []string{"Is it you?"}},
		{"words", "Someone signs in with your name", 150, []string{"Someone signs in", "with your name"}},
		{"break", "amber\ncanal", 300, []string{"amber", "canal"}},
		{"host", "id.lundenergy.example", 120, []string{"id.lundenergy.", "example"}},
		{"long word", "Donaudampfschifffahrt", 90, nil},
		{"a little too long", "Wiederherstellungscode", 172, []string{"Wiederherstellungscode"}}, // in smaller type, not broken
		{"empty", "", 100, []string{""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := NewBody(c.text)
			text.Resize(fyne.NewSize(c.width, 10))
			var got []string
			for _, l := range text.lines {
				s := ""
				for _, p := range l.pieces {
					s += p.Text
				}
				got = append(got, s)
				if l.width > c.width+1 {
					t.Errorf("line %q is %v wide, room is %v", s, l.width, c.width)
				}
			}
			if c.lines != nil && strings.Join(got, "|") != strings.Join(c.lines, "|") {
				t.Errorf("lines %q, want %q", got, c.lines)
			}
			squeeze := strings.NewReplacer(" ", "", "\n", "")
			if squeeze.Replace(strings.Join(got, "")) != squeeze.Replace(c.text) {
				t.Errorf("lines %q lose something of %q", got, c.text)
			}
			if want := float32(len(text.lines)) * text.lineHeight(); text.MinSize().Height != want {
				t.Errorf("height %v, want %v", text.MinSize().Height, want)
			}
		})
	}
}

func TestTextRunsKeepTheirStyle(t *testing.T) {
	text := NewText(style.TextBody, style.Text, Run{Text: "Only if. ", Bold: true}, Run{Text: "Never read"})
	setUp(t, text, fyne.NewSize(300, 40))
	objects := test.WidgetRenderer(text).Objects()
	if len(objects) != 2 || !objects[0].(*canvas.Text).TextStyle.Bold || objects[1].(*canvas.Text).TextStyle.Bold {
		t.Errorf("%d pieces", len(objects))
	}
	if text.String() != "Only if. Never read" {
		t.Errorf("reads %q", text.String())
	}
	text.SetText("Short")
	if text.String() != "Short" || len(test.WidgetRenderer(text).Objects()) != 1 {
		t.Errorf("after SetText: %q", text.String())
	}
}

func TestColumnGivesTextsTheirHeightInOnePass(t *testing.T) {
	long := NewBody(strings.Repeat("word ", 60))
	below := NewBody("below")
	setUp(t, Column(8, NewCard(Column(4, long)), Space(), below), fyne.NewSize(200, 800))
	need := float32(len(long.lines)) * long.lineHeight()
	if len(long.lines) < 8 || long.Size().Height != need {
		t.Errorf("%d lines in %v, need %v", len(long.lines), long.Size().Height, need)
	}
	if got := below.Position().Y + below.Size().Height; got != 800 {
		t.Errorf("the last ends at %v, want 800", got)
	}
}

func TestLineGivesWhatIsLeft(t *testing.T) {
	a, b, c := NewTile(icons.Laptop, Brand), NewBody("x"), NewSmallRing()
	setUp(t, Line(10, 1, a, b, c), fyne.NewSize(300, 60))
	if got, want := b.Size().Width, float32(300-48-36-20); got != want {
		t.Errorf("the growing one is %v wide, want %v", got, want)
	}
	if c.Position().X != 264 {
		t.Errorf("the last is at %v", c.Position().X)
	}
}

func TestGridMiddleHalves(t *testing.T) {
	a, b, c := NewBody("a"), NewBody("b"), NewBody("c")
	g := Grid(2, 10, 6, a, b, c)
	m := Middle(480, Column(0, g, Halves(10, NewBody("l"), NewBody("r"))))
	setUp(t, m, fyne.NewSize(800, 200))
	if g.Size().Width != 480 || m.Objects[0].Position().X != 160 {
		t.Errorf("column is %v wide at %v", g.Size().Width, m.Objects[0].Position().X)
	}
	if b.Position().X != 245 || c.Position().Y <= a.Position().Y {
		t.Errorf("b at %v, c at %v", b.Position(), c.Position())
	}
}

func TestSlipTearsBetweenItsParts(t *testing.T) {
	top, bottom := NewBody("about"), NewBody("do")
	s := NewSlip(top, bottom)
	setUp(t, s, fyne.NewSize(350, 220))
	if got, want := bottom.Position().Y+bottom.Size().Height, float32(200); got != want {
		t.Errorf("the lower part ends at %v, want %v", got, want)
	}
	var notches []*canvas.Circle
	dashes := 0
	for _, o := range test.WidgetRenderer(s).Objects() {
		switch o := o.(type) {
		case *canvas.Circle:
			notches = append(notches, o)
		case *canvas.Rectangle:
			if o.Size() == fyne.NewSize(6, 2) {
				dashes++
			}
		}
	}
	if len(notches) != 2 || notches[0].FillColor != style.Color(style.Background) {
		t.Fatalf("%d notches", len(notches))
	}
	tear := notches[0].Position().Y + style.RadiusNotch
	if tear <= top.Position().Y+top.Size().Height || tear >= bottom.Position().Y {
		t.Errorf("the tear at %v is not between the parts", tear)
	}
	if dashes < 20 {
		t.Errorf("%d dashes", dashes)
	}
	s.Arrive()
	if s.fade != 0 || s.Position().Y != 0 {
		t.Error("after it arrived the slip is not at its place")
	}
}

func TestRingStates(t *testing.T) {
	r := NewRing()
	setUp(t, r, fyne.NewSize(64, 64))
	arc := test.WidgetRenderer(r).Objects()[1].(*canvas.Arc)
	for _, c := range []struct {
		left float32
		late bool
		end  float32
		want style.Token
	}{{1, false, 360, style.Accent}, {0.5, false, 180, style.Accent}, {0.05, true, 18, style.Negative}, {7, false, 360, style.Accent}} {
		r.Set(c.left, "1:34", c.late)
		if arc.EndAngle != c.end || arc.FillColor != style.Color(c.want) || !arc.Visible() {
			t.Errorf("left %v: arc to %v in %v", c.left, arc.EndAngle, arc.FillColor)
		}
	}
	r.End()
	if arc.Visible() {
		t.Error("an arc is shown when the time is over")
	}
}

func TestStatusIsIconAndWordInOneColor(t *testing.T) {
	s := NewStatus(Good, icons.SealCheck.Fill(), "Connected")
	setUp(t, s, fyne.NewSize(300, 24))
	s.Set(Bad, icons.Prohibit.Fill(), "Blocked by your organization")
	if s.String() != "Blocked by your organization" || s.body.String() != s.String() {
		t.Errorf("says %q", s.body.String())
	}
	if got := s.body.runs[0].Color; got != style.Negative {
		t.Errorf("in %v", got)
	}
}

func TestNoteWithTapIsAButton(t *testing.T) {
	n := 0
	note := NewNote(NoteSpec{Tone: Warn, Icon: icons.Lifebuoy, Strong: "Restore is not set up", Text: "For the day", Below: true, OnTap: func() { n++ }})
	setUp(t, note, fyne.NewSize(350, 80))
	test.Tap(note)
	keys(note, fyne.KeyReturn)
	note.Set(NoteSpec{Text: "Nothing to do"})
	test.Tap(note)
	if n != 2 {
		t.Errorf("%d taps, want 2", n)
	}
}

func TestRowsTapAndSwitch(t *testing.T) {
	n := 0
	var on []bool
	open := NewRow(RowSpec{Icon: icons.Lock, Title: "Lock", Value: "After 1 minute", Caret: true, OnTap: func() { n++ }})
	flip := NewSwitchRow(icons.EyeSlash, "Hide in screenshots", true, func(b bool) { on = append(on, b) })
	still := NewRow(RowSpec{Title: "Version", Value: "1.0"})
	w := setUp(t, NewRows(open, flip, still), fyne.NewSize(350, 200))
	test.Tap(open)
	test.TapCanvas(w.Canvas(), fyne.NewPos(330, 96)) // on the switch itself
	keys(flip, fyne.KeySpace)
	test.Tap(still)
	if n != 1 || len(on) != 2 || on[0] || !on[1] {
		t.Errorf("%d taps, switch %v", n, on)
	}
}

func TestChoices(t *testing.T) {
	var chosen []int
	s := NewSegmented(0, func(i int) { chosen = append(chosen, i) }, Option{icons.Phone, "System"}, Option{icons.Sun, "Light"}, Option{icons.Moon, "Dark"})
	c := NewChips(1, func(i int) { chosen = append(chosen, 10+i) }, "All", "Work")
	setUp(t, Column(8, s, c), fyne.NewSize(350, 120))
	test.Tap(s.parts[2])
	test.Tap(s.parts[2])
	keys(s.parts[1], fyne.KeySpace)
	test.Tap(c.parts[0])
	if len(chosen) != 3 || chosen[0] != 2 || chosen[1] != 1 || chosen[2] != 10 {
		t.Errorf("chosen %v", chosen)
	}
	if s.Chosen() != 1 || !s.parts[1].on || s.parts[2].on {
		t.Error("the chosen one is not shown")
	}
}

func TestTabs(t *testing.T) {
	var got []int
	tabs := []Tab{{icons.House, "Home"}, {icons.Codes, "Codes"}}
	bar := NewTabBar(func(i int) { got = append(got, i) }, tabs...)
	scans := 0
	side := NewSideBar("Avow", func(i int) { got = append(got, 10+i) }, "Scan", func() { scans++ }, tabs...)
	setUp(t, Column(0, bar, side), fyne.NewSize(390, 500))
	test.Tap(bar.tabs[1])
	test.Tap(side.tabs[0])
	test.Tap(side.scan)
	bar.Select(1)
	if len(got) != 2 || got[0] != 1 || got[1] != 10 || scans != 1 {
		t.Errorf("selected %v, %d scans", got, scans)
	}
	if !bar.tabs[1].active || bar.tabs[0].active {
		t.Error("the second tab is not active")
	}
}

func TestField(t *testing.T) {
	var changes []string
	submitted := ""
	f := NewField(FieldSpec{Icon: icons.Link, Label: "Link", Placeholder: "Paste"})
	f.OnChanged = func(s string) { changes = append(changes, s) }
	f.OnSubmitted = func(s string) { submitted = s }
	w := setUp(t, f, fyne.NewSize(350, 120))
	low := f.MinSize().Height
	w.Canvas().Focus(f.Focusable())
	if !f.focused {
		t.Error("no ring with the focus")
	}
	test.Type(f.Focusable(), "ab")
	f.SetWrong("This is a Wi-Fi code, not one of ours.")
	if f.MinSize().Height <= low {
		t.Error("no room for the words")
	}
	test.Type(f.Focusable(), "c")
	if f.Wrong() != "" {
		t.Error("the words stay after a change")
	}
	keys(f.Focusable(), fyne.KeyReturn)
	if f.Text() != "abc" || submitted != "abc" || len(changes) != 3 {
		t.Errorf("text %q, submitted %q, changes %q", f.Text(), submitted, changes)
	}
	w.Canvas().Unfocus()
	if f.focused {
		t.Error("the ring stays")
	}
}

func TestMenu(t *testing.T) {
	taps := ""
	dots := NewIconButton(icons.Dots, func() {})
	w := setUp(t, Line(0, -1, Space(), dots), fyne.NewSize(390, 600))
	items := []MenuItem{
		{Icon: icons.Plus, Text: "Add account", OnTap: func() { taps += "a" }},
		{Icon: icons.Trash, Text: "Remove this account", Negative: true, OnTap: func() { taps += "r" }},
	}
	w.Canvas().Focus(dots)
	ShowMenu(w.Canvas(), dots, items...)
	keys(w.Canvas().Focused(), fyne.KeyDown)
	keys(w.Canvas().Focused(), fyne.KeyReturn)
	if taps != "r" {
		t.Errorf("taps %q, want r", taps)
	}
	if w.Canvas().Overlays().Top() != nil || w.Canvas().Focused() != dots {
		t.Error("the menu is open still, or the focus is not where it was")
	}
	ShowMenu(w.Canvas(), dots, items...)
	keys(w.Canvas().Focused(), fyne.KeyEscape)
	ShowMenu(w.Canvas(), dots, items...)
	test.TapCanvas(w.Canvas(), fyne.NewPos(10, 590))
	if taps != "r" || w.Canvas().Overlays().Top() != nil {
		t.Errorf("taps %q, or the menu is open still", taps)
	}
}

func TestSheet(t *testing.T) {
	later := 0
	inside := NewMainButton("Not now", "", func() {})
	w := setUp(t, NewBody("below"), fyne.NewSize(390, 800))
	closeSheet := ShowSheet(w.Canvas(), inside, 24, func() { later++ })
	test.TapCanvas(w.Canvas(), fyne.NewPos(195, 740))
	if w.Canvas().Overlays().Top() == nil || later != 0 {
		t.Fatal("a tap on the sheet closed it")
	}
	test.TapCanvas(w.Canvas(), fyne.NewPos(195, 20))
	if w.Canvas().Overlays().Top() != nil || later != 1 {
		t.Error("a tap beside the sheet did not close it")
	}
	closeSheet() // again: does nothing
}

func TestQRIsWholePixelsWithItsQuietZone(t *testing.T) {
	dark := func(x, y int) bool { return (x+y)%2 == 0 }
	q := NewQR(21, dark, 200)
	w := setUp(t, q, fyne.NewSize(310, 310))
	fyne.CurrentApp().Settings().SetTheme(style.NewTheme(style.Options{Appearance: style.Dark}))
	img := w.Canvas().Capture()
	const module = 310 / 29
	origin := (310 - 29*module) / 2
	ink, paper := color.NRGBAModel.Convert(style.Color(style.Qr)), color.NRGBAModel.Convert(style.Color(style.QrPaper))
	for y := 0; y < 21; y++ {
		for x := 0; x < 21; x++ {
			want := paper
			if dark(x, y) {
				want = ink
			}
			for _, at := range [][2]int{{0, 0}, {module - 1, module - 1}} {
				px, py := origin+(x+quietZone)*module+at[0], origin+(y+quietZone)*module+at[1]
				if got := color.NRGBAModel.Convert(img.At(px, py)); got != want {
					t.Fatalf("module %d,%d at %d,%d is %v, want %v", x, y, px, py, got, want)
				}
			}
		}
	}
	if got := color.NRGBAModel.Convert(img.At(origin+2*module, 155)); got != paper {
		t.Errorf("the quiet zone is %v", got)
	}
}

func TestCodeRowAnnounces(t *testing.T) {
	n := 0
	r := NewCodeRow(CodeSpec{Letter: "G", Issuer: "GitHub", Name: "anna", Code: "204 118", Left: 0.7, Seconds: "21", OnTap: func() { n++ }})
	setUp(t, r, fyne.NewSize(350, 90))
	low := r.MinSize().Height
	test.Tap(r)
	r.Set(CodeSpec{Letter: "G", Issuer: "GitHub", Code: "204 118", Copied: "Copied, cleared in 30 s", OnTap: func() { n++ }})
	if n != 1 || r.MinSize().Height != low {
		t.Errorf("%d taps, height %v before and %v after: rows would move under a finger", n, low, r.MinSize().Height)
	}
}

// What does not fit on a row is shortened, with the service first.
func TestCodeRowShortens(t *testing.T) {
	r := NewCodeRow(CodeSpec{Letter: "M", Issuer: "Malmö Harbour and Terminals Authority of Skåne", Name: "anna", Code: "123 456 7890", Seconds: "21"})
	setUp(t, r, fyne.NewSize(280, 84))
	for _, o := range test.WidgetRenderer(r).Objects() {
		if text, ok := o.(*canvas.Text); ok && text.Text != "" {
			if end := text.Position().X + text.MinSize().Width; end > 280-style.SizeRingSmall {
				t.Errorf("%q reaches %v", text.Text, end)
			}
		}
	}
	if got := shorten("Malmö Harbour", 60, 16, boldText); !strings.HasSuffix(got, "…") || measure(got, 16, boldText).Width > 60 {
		t.Errorf("shortened to %q", got)
	}
}

func TestLongListScrolls(t *testing.T) {
	shown := map[int]bool{}
	l := NewLongList(LongListSpec{
		Header: Gap(40), Tail: 96, Make: func() fyne.CanvasObject { return NewEntryRow(EntrySpec{Lines: 1}) },
		Show: func(i int, o fyne.CanvasObject) {
			shown[i] = true
			o.(*EntryRow).Set(EntrySpec{Title: strconv.Itoa(i), Lines: 1, OnTap: func() {}})
		},
	})
	setUp(t, l, fyne.NewSize(350, 400))
	l.Update(1000)
	if l.Row(0) == nil || len(shown) > 7 || l.Made > 8 {
		t.Errorf("%d rows shown, %d made", len(shown), l.Made)
	}
	l.scroll.ScrollToOffset(fyne.NewPos(0, 20_000))
	l.scroll.OnScrolled(l.scroll.Offset)
	at := int((20_000 - 40) / l.rowHeight())
	if r, ok := l.Row(at + 1).(*EntryRow); !ok || r.Spec().Title != strconv.Itoa(at+1) {
		t.Errorf("row %d is not in view", at+1)
	}
	l.Update(3) // fewer: what is in view is there
	if l.Row(2) == nil || l.scroll.Offset.Y != 0 {
		t.Errorf("with three rows it is scrolled to %v", l.scroll.Offset)
	}
	l.Update(0)
	if l.Row(0) != nil {
		t.Error("a row is left")
	}
}

func TestScannerTurnsPositiveWhenFound(t *testing.T) {
	s := NewScanner(100)
	setUp(t, s, fyne.NewSize(390, 640))
	corners := func() color.Color {
		for _, o := range test.WidgetRenderer(s).Objects() {
			if r, ok := o.(*canvas.Rectangle); ok && r.Size() == fyne.NewSize(scanCorner, scanStroke) {
				return r.FillColor
			}
		}
		return nil
	}
	s.SetHint(icons.Search, "Too far away. Move closer.")
	if corners() != color.Color(scanWhite) {
		t.Errorf("corners are %v", corners())
	}
	s.SetFound(true)
	if corners() != style.Color(style.Positive) {
		t.Errorf("corners are %v after a find", corners())
	}
}

func TestStampEndsAtItsSize(t *testing.T) {
	s := NewStamp()
	setUp(t, s, fyne.NewSize(96, 96))
	s.Arrive()
	if s.size != stampSize {
		t.Errorf("size %v", s.size)
	}
}

func TestSpreadGivesEachItsWordsAndAShare(t *testing.T) {
	short, long := NewButton(Outlined, "Add a code", "", nil), NewButton(Outlined, "I have a restore code", "", nil)
	setUp(t, Spread(8, short, long), fyne.NewSize(350, 56))
	if short.Size().Width < short.MinSize().Width || long.Size().Width < long.MinSize().Width {
		t.Errorf("too narrow: %v, %v", short.Size(), long.Size())
	}
	if got := long.Position().X + long.Size().Width; got < 349.9 || got > 350.1 {
		t.Errorf("ends at %v, want 350", got)
	}
}
