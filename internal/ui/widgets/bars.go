package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"avow/assets/icons"
	"avow/internal/ui/style"
)

// Tab is one of the places of the app. Its icon has a filled variant.
type Tab struct {
	Icon icons.Name
	Text string
}

// TabBar is the bar of tabs at the bottom of a phone.
type TabBar struct {
	widget.BaseWidget
	// OnSelected gets the index of the tab that was tapped, also the active one.
	OnSelected func(int)

	tabs  []*tab
	inset float32
}

// NewTabBar returns a bar with the first tab active.
func NewTabBar(onSelected func(int), tabs ...Tab) *TabBar {
	b := &TabBar{OnSelected: onSelected}
	b.tabs = newTabs(tabs, false, func(i int) {
		if b.OnSelected != nil {
			b.OnSelected(i)
		}
	})
	b.ExtendBaseWidget(b)
	return b
}

// Select shows which tab is active.
func (b *TabBar) Select(i int) { selectTab(b.tabs, i) }

// Tab is the i-th tab.
func (b *TabBar) Tab(i int) fyne.CanvasObject { return b.tabs[i] }

// SetInset keeps the height of the system's bar below the tabs.
func (b *TabBar) SetInset(height float32) {
	b.inset = height
	b.Refresh()
}

// CreateRenderer makes the bar.
func (b *TabBar) CreateRenderer() fyne.WidgetRenderer {
	back := &canvas.Rectangle{}
	v := &view{of: b, objects: []fyne.CanvasObject{back}}
	for _, t := range b.tabs {
		v.objects = append(v.objects, t)
	}
	v.paint = func() { back.FillColor = style.Color(style.Surface) }
	v.layout = func(s fyne.Size) {
		place(back, 0, 0, s.Width, s.Height)
		w := s.Width / float32(len(b.tabs))
		size := style.TextSize(style.TextTab)
		for _, t := range b.tabs { // large text on a narrow phone: words must not touch, and all are of one size
			if own := measure(t.spec.Text, style.TextSize(style.TextTab), boldText).Width; own > w-4 {
				size = min(size, style.TextSize(style.TextTab)*(w-4)/own)
			}
		}
		for i, t := range b.tabs {
			t.size = size
			place(t, float32(i)*w, 0, w, s.Height-b.inset)
		}
	}
	v.min = func() fyne.Size {
		return fyne.NewSize(float32(len(b.tabs))*style.SizeMinTarget, style.SizeTabBar+b.inset)
	}
	return v.ready()
}

func newTabs(specs []Tab, side bool, onTap func(int)) []*tab {
	var out []*tab
	for i, s := range specs {
		t := &tab{spec: s, side: side, active: i == 0}
		t.tap = func() { onTap(i) }
		t.ExtendBaseWidget(t)
		out = append(out, t)
	}
	return out
}

func selectTab(tabs []*tab, i int) {
	for j, t := range tabs {
		t.active = j == i
		t.Refresh()
	}
}

// tab is a tab of the bar, or with side an item of the side bar.
type tab struct {
	control
	spec   Tab
	active bool
	side   bool
	size   float32 // of the words in the bar; 0 before it is laid out
}

func (t *tab) CreateRenderer() fyne.WidgetRenderer {
	t.furnish(style.RadiusKey)
	back, bar, icon, text := rect(style.RadiusKey), rect(2), newGlyph(), label("", fyne.TextStyle{})
	v := &view{of: t, objects: []fyne.CanvasObject{back, t.overlay, bar, icon.Image, text, t.ring}}
	v.paint = func() {
		ink, name := style.TextMuted, t.spec.Icon
		if t.active {
			ink, name = style.Primary, name.Fill()
		}
		back.Hidden = !t.side || !t.active
		back.FillColor = style.Color(style.Background)
		bar.Hidden = !t.active
		bar.FillColor = style.Color(style.Primary)
		icon.set(name, ink)
		text.Text, text.TextStyle.Bold = t.spec.Text, t.active
		size := style.TextTab
		if t.side {
			size = style.TextBody
		}
		dress(text, size, ink)
		t.shade()
	}
	v.layout = func(s fyne.Size) {
		if t.side {
			t.layoutSide(s, back, bar, icon, text)
			return
		}
		t.frame(4, 4, s.Width-8, s.Height-8)
		place(bar, (s.Width-24)/2, 0, 24, 4)
		place(icon.Image, (s.Width-style.IconTab)/2, 10, style.IconTab, style.IconTab)
		text.TextSize = style.TextSize(style.TextTab)
		if t.size > 0 {
			text.TextSize = t.size
		}
		w := text.MinSize().Width
		middle(text, (s.Width-w)/2, 36, w, 24)
	}
	v.min = func() fyne.Size {
		if t.side {
			return fyne.NewSize(56+text.MinSize().Width+12, style.SizeField)
		}
		return fyne.NewSize(style.SizeMinTarget, style.SizeTabBar)
	}
	return v.ready()
}

func (t *tab) layoutSide(s fyne.Size, back, bar *canvas.Rectangle, icon *glyph, text *canvas.Text) {
	place(back, 0, 0, s.Width, s.Height)
	t.frame(0, 0, s.Width, s.Height)
	place(bar, 0, (s.Height-24)/2, 4, 24)
	place(icon.Image, 14, (s.Height-style.IconTab)/2, style.IconTab, style.IconTab)
	middle(text, 54, 0, text.MinSize().Width, s.Height)
}

// ScanButton is the round button over the tab bar: 64, in a rim of the page.
type ScanButton struct{ control }

// NewScanButton returns the button.
func NewScanButton(onTap func()) *ScanButton {
	b := &ScanButton{}
	b.tap = onTap
	b.filled = true
	b.ExtendBaseWidget(b)
	return b
}

// CreateRenderer makes the button.
func (b *ScanButton) CreateRenderer() fyne.WidgetRenderer {
	const d, whole = style.SizeScan, style.SizeScan + 2*style.SizeScanMargin
	b.furnish(d / 2)
	rim, disc, icon := canvas.NewCircle(nil), canvas.NewCircle(nil), newGlyph()
	v := &view{of: b, objects: []fyne.CanvasObject{rim, disc, b.overlay, icon.Image, b.ring}}
	v.paint = func() {
		rim.FillColor = style.Color(style.Background)
		disc.FillColor = style.Color(style.Primary)
		icon.set(icons.Scan.Bold(), style.OnPrimary)
		b.shade()
	}
	v.layout = func(s fyne.Size) {
		x, y := (s.Width-whole)/2, (s.Height-whole)/2
		place(rim, x, y, whole, whole)
		x, y = x+style.SizeScanMargin, y+style.SizeScanMargin
		place(disc, x, y, d, d)
		b.frame(x, y, d, d)
		place(icon.Image, x+(d-style.IconScan)/2, y+(d-style.IconScan)/2, style.IconScan, style.IconScan)
	}
	v.min = func() fyne.Size { return fyne.NewSquareSize(whole) }
	return v.ready()
}

// SideBar is the bar at the left of a desktop window: name, tabs, Scan below.
type SideBar struct {
	widget.BaseWidget
	// OnSelected gets the index of the tab that was tapped, also the active one.
	OnSelected func(int)
	// OnName is called for a tap on the name: what can be done from anywhere.
	OnName func()

	tabs []*tab
	scan *Button
	name *sideName
}

// NewSideBar returns a bar with the first tab active.
func NewSideBar(name string, onSelected func(int), scan string, onScan func(), tabs ...Tab) *SideBar {
	b := &SideBar{OnSelected: onSelected, scan: NewMainButton(scan, icons.Scan, onScan)}
	b.name = newSideName(name, func() { call(b.OnName) })
	b.tabs = newTabs(tabs, true, func(i int) {
		if b.OnSelected != nil {
			b.OnSelected(i)
		}
	})
	b.ExtendBaseWidget(b)
	return b
}

// Select shows which tab is active.
func (b *SideBar) Select(i int) { selectTab(b.tabs, i) }

// Name is the app's name at the top, Scan the button at the foot, Tab the i-th tab.
func (b *SideBar) Name() fyne.CanvasObject     { return b.name }
func (b *SideBar) Scan() fyne.CanvasObject     { return b.scan }
func (b *SideBar) Tab(i int) fyne.CanvasObject { return b.tabs[i] }

// CreateRenderer makes the bar.
func (b *SideBar) CreateRenderer() fyne.WidgetRenderer {
	back := &canvas.Rectangle{}
	v := &view{of: b, objects: []fyne.CanvasObject{back, b.name}}
	for _, t := range b.tabs {
		v.objects = append(v.objects, t)
	}
	v.objects = append(v.objects, b.scan)
	v.paint = func() { back.FillColor = style.Color(style.Rail) }
	const side, first = 12, 76
	v.layout = func(s fyne.Size) {
		place(back, 0, 0, s.Width, s.Height)
		place(b.name, side, 12, s.Width-2*side, 50)
		y := float32(first)
		for _, t := range b.tabs {
			place(t, side, y, s.Width-2*side, style.SizeField)
			y += style.SizeField + style.Space1
		}
		h := b.scan.MinSize().Height
		place(b.scan, side, s.Height-h-style.Space4, s.Width-2*side, h)
	}
	v.min = func() fyne.Size {
		h := first + float32(len(b.tabs))*(style.SizeField+style.Space1) + b.scan.MinSize().Height + 2*style.Space4
		return fyne.NewSize(style.SizeRailWidth, h)
	}
	return v.ready()
}

// sideName is the mark and the app's name at the top of the side bar.
type sideName struct {
	control
	text string
}

func newSideName(text string, onTap func()) *sideName {
	n := &sideName{text: text}
	n.tap = onTap
	n.ExtendBaseWidget(n)
	return n
}

func (n *sideName) CreateRenderer() fyne.WidgetRenderer {
	n.furnish(style.RadiusKey)
	mark, text := NewMark(36, style.Primary, style.Primary), label(n.text, boldText)
	v := &view{of: n, objects: []fyne.CanvasObject{n.overlay, mark, text, n.ring}}
	v.paint = func() {
		dress(text, style.TextSubheading, style.Text)
		n.shade()
	}
	v.layout = func(s fyne.Size) {
		n.frame(0, 0, s.Width, s.Height)
		place(mark, 8, (s.Height-36)/2, 36, 36)
		middle(text, 54, 0, text.MinSize().Width, s.Height)
	}
	v.min = func() fyne.Size { return fyne.NewSize(54+text.MinSize().Width, style.SizeMinTarget) }
	return v.ready()
}

// TopBar is the head of a screen that one came to: arrow back, title, and at
// the end what belongs to the screen. Without onBack there is no arrow.
func TopBar(title string, onBack func(), end ...fyne.CanvasObject) fyne.CanvasObject {
	return topBar(icons.ArrowLeft, title, onBack, style.Text, end)
}

// CloseBar is TopBar with a cross instead of the arrow.
func CloseBar(title string, onClose func(), end ...fyne.CanvasObject) fyne.CanvasObject {
	return topBar(icons.Close, title, onClose, style.Text, end)
}

// ScanBar is CloseBar over the picture of a camera.
func ScanBar(title string, onClose func(), end ...fyne.CanvasObject) fyne.CanvasObject {
	return topBar(icons.Close, title, onClose, style.BrandMark, end)
}

func topBar(icon icons.Name, title string, onBack func(), ink style.Token, end []fyne.CanvasObject) fyne.CanvasObject {
	var objects []fyne.CanvasObject
	if onBack != nil {
		objects = append(objects, Inset(4, 0, 4, -8, NewIconButton(icon, onBack).Colored(ink)))
	}
	grow := len(objects)
	text := NewText(style.TextSubheading, ink, Run{Text: title, Bold: true})
	const beside = 150 // a long word of large text has no room between the two
	if grow+len(end) > 0 && style.LargeText() && longestWord(title, style.TextSize(style.TextSubheading), boldText) > beside {
		return Column(0, Line(style.Space1, -1, append(append(objects, Space()), end...)...), text)
	}
	objects = append(objects, text)
	return Line(style.Space1, grow, append(objects, end...)...)
}
