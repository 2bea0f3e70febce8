package widgets

import (
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"avow/assets/icons"
	"avow/internal/ui/style"
)

func shot(t *testing.T, o fyne.CanvasObject, size fyne.Size, file string) {
	t.Helper()
	w := test.NewTempWindow(t, o)
	w.SetPadded(false)
	w.Resize(size)
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, w.Canvas().Capture()); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestGallery(t *testing.T) {
	dir := os.Getenv("AVOW_GALLERY")
	if dir == "" {
		t.Skip("set AVOW_GALLERY to a folder to get the pictures")
	}
	for _, a := range []style.Appearance{style.Light, style.Dark} {
		app := test.NewTempApp(t)
		app.Settings().SetTheme(style.NewTheme(style.Options{Appearance: a}))
		shot(t, gallery(), fyne.NewSize(1280, 800), filepath.Join(dir, "components-"+string(a)+".png"))
		shot(t, galleryMore(), fyne.NewSize(1280, 900), filepath.Join(dir, "more-"+string(a)+".png"))
	}
}

func at(root *fyne.Container, x, y, w, h float32, o fyne.CanvasObject) {
	root.Add(o)
	if h == 0 {
		h = heightAt(o, w)
	}
	place(o, x, y, w, h)
}

func gallery() fyne.CanvasObject {
	root := container.NewWithoutLayout()
	head := func(x, y float32, s string) {
		at(root, x, y, 560, 0, NewText(style.TextCaption, style.TextMuted, Run{Text: s, Bold: true}))
	}
	cap := func(x, y float32, s string) { at(root, x, y, 190, 0, NewCaption(s)) }
	button := func(x, y float32, name string, change func(*Button)) {
		cap(x, y, name)
		b := NewMainButton("Connect", "", func() {})
		at(root, x, y+23, 180, 60, b)
		change(b)
	}
	head(36, 24, "Main button, 60 high")
	button(36, 51, "Rest", func(*Button) {})
	button(232, 51, "Hovered (desktop)", func(b *Button) { b.MouseIn(nil) })
	button(428, 51, "Pressed", func(b *Button) { b.MouseDown(nil) })
	button(36, 150, "Focused", func(b *Button) { b.FocusGained() })
	button(232, 150, "Busy", func(b *Button) { b.SetBusy("Connecting…") })
	button(428, 150, "Can't be used yet", func(b *Button) { b.SetNotYet("") })
	head(36, 251, "Other buttons, 48 to 56 high")
	x := float32(36)
	for _, b := range []*Button{
		NewButton(Soft, "Check now", "", nil), NewButton(Outlined, "Cancel", "", nil).Sized(48), NewButton(Plain, "Try again", "", nil),
		NewButton(Negative, "Wipe", icons.Eraser, nil).Sized(48), NewButton(Block, "Block", icons.Prohibit, nil),
	} {
		m := b.MinSize()
		at(root, x, 277, m.Width, 48, b)
		x += m.Width + 12
	}
	head(36, 343, "No and Yes: one slab, two equal halves, 68 high")
	at(root, 36, 369, 350, 68, NewYesNo("No", "Yes", nil))
	head(36, 455, "Status: icon and word, never color alone")
	at(root, 36, 480, 290, 0, NewStatus(Good, icons.SealCheck.Fill(), "Connected"))
	at(root, 346, 480, 290, 0, NewStatus(Warn, icons.Clock.Fill(), "Waiting for confirmation"))
	at(root, 36, 511, 290, 0, NewStatus(Bad, icons.Prohibit.Fill(), "Blocked by your organization"))
	at(root, 346, 511, 290, 0, NewStatus(Warn, icons.CloudSlash.Fill(), "Can't be reached since 09:58"))
	head(36, 551, "Time left: over 30 s, under 10 s, ended")
	rings := []*Ring{NewRing(), NewRing(), NewRing(), NewSmallRing(), NewSmallRing()}
	rings[0].Set(0.78, "1:34", false)
	rings[1].Set(0.067, "0:08", true)
	rings[2].End()
	rings[3].Set(0.7, "21", false)
	rings[4].Set(0.13, "4", true)
	for i, r := range rings {
		at(root, []float32{36, 120, 204, 288, 344}[i], []float32{577, 577, 577, 591, 591}[i], r.size, r.size, r)
	}

	head(680, 24, "Slip: only where someone decides, or gets a proof")
	slip := NewSlip(
		Line(14, 1, NewBigTile(icons.Laptop, Brand, 52), Column(0, NewTitle("LAPTOP-42"), NewMuted("What it is about"))),
		NewMuted("What to do, or the proof"))
	at(root, 680, 50, 350, 0, slip)
	head(680, 225, "Number field: empty, typing, wrong")
	fields := []*NumberField{NewNumberField(), NewNumberField(), NewNumberField()}
	for _, r := range "4829" {
		fields[1].Type(r)
	}
	for _, r := range "482913" {
		fields[2].Type(r)
	}
	for i, f := range fields {
		at(root, 680, 251+float32(i)*62, 350, 52, f)
	}
	fields[2].SetWrong("Not this number. Two tries left.")
	head(680, 479, "Text field: rest, focused, wrong")
	text := []*Field{NewField(FieldSpec{Placeholder: "Group 5"}), NewField(FieldSpec{Mono: true}), NewField(FieldSpec{Mono: true})}
	for i, f := range text {
		at(root, 680+float32(i)*180, 506, 170, 52, f)
	}
	text[1].SetText("0BV")
	text[1].entry.FocusGained()
	text[2].SetText("0BVM")
	text[2].SetWrong("Not right.")
	head(680, 576, "Notes")
	notes := []NoteSpec{
		{Tone: Warn, Icon: icons.Warning.Fill(), Strong: "Only if you sit in front of it.", Text: "Never read this code to anyone."},
		{Tone: Bad, Icon: icons.Error.Fill(), Strong: "You said No three times.", Text: "Requests are quiet until 11:02."},
		{Tone: Good, Icon: icons.SealCheck.Fill(), Strong: "Verified in the log.", Text: "All 128 entries are there."},
	}
	for i, n := range notes {
		at(root, 680, 610+float32(i)*60, 520, 52, NewNote(n))
	}
	return root
}

func galleryMore() fyne.CanvasObject {
	root := container.NewWithoutLayout()
	at(root, 20, 20, 350, 0, NewRows(
		NewRow(RowSpec{Icon: icons.TextSize, Title: "Text size", Value: "Normal", Caret: true, OnTap: func() {}}),
		NewRow(RowSpec{Icon: icons.Language, Title: "Language", Value: "English", Caret: true, OnTap: func() {}}),
		NewSwitchRow(icons.Fingerprint, "Fingerprint", true, func(bool) {}),
		NewSwitchRow(icons.EyeSlash, "Hide in screenshots", false, func(bool) {}),
	))
	at(root, 20, 300, 350, 0, NewCard(NewSegmented(0, nil, Option{icons.Phone, "System"}, Option{icons.Sun, "Light"}, Option{icons.Moon, "Dark"})))
	at(root, 20, 400, 350, 0, NewRows(
		NewRow(RowSpec{Tile: true, Tone: Good, Icon: icons.Check, Title: "Last: you said yes", Second: "LAPTOP-42, today 10:32", Caret: true, OnTap: func() {}}),
		NewRow(RowSpec{Tile: true, Tone: Brand, Icon: icons.Laptop, Title: "SALES-PC", Second: "4 codes left. Sign in online", SecondTone: Warn, OnTap: func() {}}),
	))
	at(root, 20, 570, 350, 0, NewNote(NoteSpec{
		Tone: Warn, Icon: icons.Lifebuoy, Strong: "Restore is not set up", Text: "For the day this phone is lost",
		Below: true, OnTap: func() {},
	}))
	dots := NewPinDots(6)
	dots.Set(2, false)
	at(root, 20, 650, 350, 20, dots)
	at(root, 20, 690, 350, 0, TopBar("New phone", func() {}, NewIconButton(icons.Dots, func() {})))
	tabs := []Tab{{icons.House, "Home"}, {icons.Codes, "Codes"}, {icons.Computers, "Computers"}, {icons.Gear, "Settings"}}
	bar := NewTabBar(nil, tabs...)
	bar.SetInset(24)
	at(root, 0, 812, 390, 88, bar)
	at(root, 157, 764, 76, 76, NewScanButton(nil))

	at(root, 400, 20, 350, 0, NewKeypad(style.SizeKey, Corner{Icon: icons.Scan, Text: "Scan instead", OnTap: func() {}},
		Corner{Icon: icons.Backspace, OnTap: func() {}}, nil))
	at(root, 400, 280, 350, 0, NewKeypad(style.SizeMinTarget, Corner{Icon: icons.Fingerprint, Soft: true, OnTap: func() {}},
		Corner{Icon: icons.Backspace, OnTap: func() {}}, nil))
	at(root, 400, 510, 350, 0, NewCard(NewFacts(
		Fact{Label: "Account", Value: "anna.lind"}, Fact{Label: "Time", Value: "10:32, just now"},
		Fact{Label: "Place", Value: "Lund, Sweden"}, Fact{Label: "Receipt", Value: "8F2C 91D0", Mono: true},
	)))
	at(root, 400, 640, 350, 0, NewCard(NewFacts(
		Fact{Icon: icons.User, Label: "Account", Value: "anna.lind at Lund Energy"}, Fact{Icon: icons.MapPin, Label: "Place", Value: "Lund, Sweden"},
	)))
	at(root, 400, 770, 350, 0, NewHeading("Lund Energy can't be reached"))
	at(root, 400, 840, 350, 0, NewLead("Since 09:58. Nothing is wrong with your account."))

	at(root, 780, 0, 196, 420, NewSideBar("Avow", nil, "Scan", nil, tabs...))
	at(root, 1000, 20, 96, 96, NewStamp())
	at(root, 1110, 20, 84, 84, NewAvatar("AL", 84))
	at(root, 1200, 20, 72, 72, NewBigTile(icons.CloudSlash, Warn, 72))
	at(root, 1000, 130, 200, 200, NewQR(25, func(x, y int) bool { return (x*y+x+y)%3 == 0 }, 200))
	at(root, 1000, 350, 260, 0, NewChips(0, nil, "All", "Work", "Private", "Servers"))
	brand := NewBrandSlip(Center(NewMark(110, style.BrandMark2, style.BrandMark)),
		Line(8, -1, NewText(style.TextYesNo, style.BrandMark, Run{Text: "Avow", Bold: true}), Space(), NewText(style.TextBody, style.BrandMark, Run{Text: "Yes, it's me."})))
	at(root, 780, 440, 220, 240, brand)
	at(root, 780, 700, 350, 0, NewRows(
		NewRow(RowSpec{Icon: icons.Headset, Title: "Service desk", Second: "046-555 01 00, until 17:00", Caret: true, OnTap: func() {}}),
	))
	at(root, 780, 790, 350, 0, NewMono(style.TextCode, "a-very-long-host-name.department.lundenergy.example"))
	code := NewCodeRow(CodeSpec{Letter: "G", Tone: Quiet, Issuer: "GitHub", Name: "anna-lind", Code: "204 118", Left: .7, Seconds: "21"})
	copied := NewCodeRow(CodeSpec{Letter: "L", Tone: Brand, Issuer: "Lund VPN", Name: "anna.lind", Code: "771 093", Left: .7, Seconds: "21", Copied: "Copied, cleared in 27 s"})
	next := NewCodeRow(CodeSpec{Letter: "A", Tone: Warn, Issuer: "AWS", Name: "prod", Code: "090 552", Left: .1, Seconds: "4", Late: true, NextWord: "Next", Next: "318 442"})
	at(root, 1010, 440, 260, 0, code)
	at(root, 1010, 520, 260, 0, copied)
	at(root, 1010, 620, 260, 0, next)
	return root
}
