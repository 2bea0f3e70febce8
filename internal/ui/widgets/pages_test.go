package widgets

import (
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"avow/assets/icons"
	"avow/internal/ui/style"
)

// TestPages puts components together to a few phone screens, to be compared
// with the pictures of the look.
func TestPages(t *testing.T) {
	dir := os.Getenv("AVOW_GALLERY")
	if dir == "" {
		t.Skip("set AVOW_GALLERY to a folder to get the pictures")
	}
	for _, a := range []style.Appearance{style.Light, style.Dark} {
		app := test.NewTempApp(t)
		app.Settings().SetTheme(style.NewTheme(style.Options{Appearance: a}))
		row := container.NewWithoutLayout()
		for i, p := range []fyne.CanvasObject{welcomePage(), requestPage(), approvedPage(), homePage()} {
			at(row, float32(i)*410, 0, 390, 844, p)
		}
		shot(t, row, fyne.NewSize(4*410, 844), filepath.Join(dir, "pages-"+string(a)+".png"))
	}
}

func page(o fyne.CanvasObject) fyne.CanvasObject {
	return Inset(style.SizeStatusBarTop, style.SpaceScreenMargin, style.SizeGestureBottom, style.SpaceScreenMargin, o)
}

func welcomePage() fyne.CanvasObject {
	slip := NewBrandSlip(Column(0, Gap(30), Center(NewMark(190, style.BrandMark2, style.BrandMark)), Gap(20)),
		Line(8, -1, NewText(style.TextYesNo, style.BrandMark, Run{Text: "Avow", Bold: true}), Space(),
			NewText(style.TextBody, style.BrandMark, Run{Text: "Yes, it's me."})))
	return page(Column(0, Gap(8), slip, Gap(24), NewDisplay("Sign in at work by saying yes"), Gap(8),
		NewLead("Someone signs in with your name. This phone asks you. You answer Yes or No."), Space(),
		Spread(8, NewButton(Outlined, "Add a code", "", nil), NewButton(Outlined, "I have a restore code", "", nil)), Gap(10),
		NewMainButton("Connect work account", icons.Scan, nil)))
}

func requestPage() fyne.CanvasObject {
	ring := NewRing()
	ring.Set(.78, "1:34", false)
	f := NewNumberField()
	for _, r := range "482913" {
		f.Type(r)
	}
	slip := NewSlip(Column(16,
		Line(14, 1, NewTile(icons.Laptop, Brand), Column(2, NewTitle("LAPTOP-42"), NewStatus(Good, icons.SealCheck.Fill(), "Your computer"))),
		NewFacts(Fact{Label: "Account", Value: "anna.lind"}, Fact{Label: "Time", Value: "10:32, just now"},
			Fact{Label: "Place", Value: "Lund, Sweden"}, Fact{Label: "Address", Value: "203.0.113.7"})),
		Column(8, NewBody("Type the number you see on LAPTOP-42"), f))
	return page(Column(0, Line(8, 0, NewHeading("Is it you signing in?"), ring), Gap(4), slip, Gap(14),
		NewKeypad(style.SizeKey, Corner{Icon: icons.Scan, Text: "Scan instead", OnTap: func() {}}, Corner{Icon: icons.Backspace, OnTap: func() {}}, nil),
		Space(), NewYesNo("No", "Yes", nil), Gap(4),
		Halves(4, NewButton(PlainNegative, "It's not me", icons.Flag, nil), Center(NewCaption("Yes asks for your fingerprint")))))
}

func approvedPage() fyne.CanvasObject {
	b := NewButton(Negative, "That was a mistake", icons.Undo, nil)
	b.SetTime("4:52", .96)
	slip := NewSlip(Column(0, Gap(12), Line(0, -1, NewStamp()), Gap(16), NewDisplay("You said yes"), Gap(4),
		NewText(style.TextLead, style.Text, Run{Text: "You are signed in to LAPTOP-42."})),
		Column(16, NewFacts(Fact{Label: "Time", Value: "10:32:41"}, Fact{Label: "Confirmed with", Value: "Fingerprint"},
			Fact{Label: "Place", Value: "Lund, Sweden"}, Fact{Label: "Receipt", Value: "8F2C 91D0", Mono: true}),
			NewStatus(Good, icons.CheckCircle.Fill(), "Verified in the log")))
	return page(Column(0, Gap(28), slip, Space(), NewMuted("Was it not you after all? This signs LAPTOP-42 out again."), Gap(10), b, Gap(10),
		NewMainButton("Done", "", nil)))
}

func homePage() fyne.CanvasObject {
	ring := NewRing()
	ring.Set(.78, "1:34", false)
	bar := NewTabBar(nil, Tab{icons.House, "Home"}, Tab{icons.Codes, "Codes"}, Tab{icons.Computers, "Computers"}, Tab{icons.Gear, "Settings"})
	bar.SetInset(style.SizeGestureBottom)
	status := NewCard(Column(14,
		Line(12, 1, NewTile(icons.SealCheck, Good), Column(0, NewText(style.TextLead, style.Positive, Run{Text: "Connected", Bold: true}), NewMuted("Checked just now")),
			NewButton(Soft, "Check now", "", nil)),
		Hairline(), NewFacts(Fact{Label: "Password last changed", Value: "12 January 2026"})))
	request := NewSlip(Line(10, 1, NewBigTile(icons.Laptop, Brand, 52), Column(2, NewTitle("LAPTOP-42"), NewMuted("Sign in · Lund, Sweden")), ring),
		NewMainButton("Answer", "", nil))
	body := Inset(style.SizeStatusBarTop, 20, 140, 20, Column(12,
		Line(8, 0, NewAccountHead("AL", "Anna Lind", "Lund Energy", func() {}), NewIconButton(icons.Dots, nil)), status,
		NewNote(NoteSpec{Tone: Warn, Icon: icons.Lifebuoy, Strong: "Restore is not set up", Text: "For the day this phone is lost", Below: true, OnTap: func() {}}),
		Space(), Line(8, 1, NewIcon(icons.Bell.Fill(), 22, style.Accent), NewStrong("1 open request")), request))
	root := container.NewWithoutLayout()
	at(root, 0, 0, 390, 844, body)
	at(root, 0, 756, 390, 88, bar)
	at(root, 157, 702, 76, 76, NewScanButton(nil))
	return root
}
