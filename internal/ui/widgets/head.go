package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"avow/assets/icons"
	"avow/internal/ui/style"
)

// AccountHead is the account at the top of Home: picture, name, organization.
// With OnTap it has a caret and opens the choice of accounts.
type AccountHead struct {
	control
	initials, name, organization string
}

// NewAccountHead returns the head; onTap may be nil.
func NewAccountHead(initials, name, organization string, onTap func()) *AccountHead {
	h := &AccountHead{initials: initials, name: name, organization: organization}
	h.tap, h.asleep = onTap, onTap == nil
	h.ExtendBaseWidget(h)
	return h
}

// Set shows another account.
func (h *AccountHead) Set(initials, name, organization string) {
	h.initials, h.name, h.organization = initials, name, organization
	h.Refresh()
}

// CreateRenderer makes the head.
func (h *AccountHead) CreateRenderer() fyne.WidgetRenderer {
	h.furnish(style.RadiusKey)
	avatar := NewAvatar(h.initials, style.SizeAvatar)
	name, organization := NewText(style.TextButton, style.Text), NewMuted("")
	caret := newGlyph()
	v := &view{of: h, objects: []fyne.CanvasObject{h.overlay, avatar, name, caret.Image, organization, h.ring}}
	v.paint = func() {
		if avatar.initials != h.initials {
			avatar.SetInitials(h.initials)
		}
		setOnce(name, Run{Text: h.name, Bold: true})
		setOnce(organization, Run{Text: h.organization})
		sign := icons.Name("")
		if h.tap != nil {
			sign = icons.CaretDown.Bold()
		}
		caret.set(sign, style.Text)
		h.shade()
	}
	const start, sign = style.SizeAvatar + style.Space3, 18
	v.layout = func(s fyne.Size) {
		h.frame(-4, 0, s.Width+4, s.Height)
		place(avatar, 0, (s.Height-style.SizeAvatar)/2, style.SizeAvatar, style.SizeAvatar)
		room := s.Width - start - sign - style.Space2
		w := min(longestLine(name, room)+1, room)
		nh := heightAt(name, w)
		oh := heightAt(organization, s.Width-start)
		y := (s.Height - nh - oh) / 2
		place(name, start, y, w, nh)
		place(caret.Image, start+w+style.Space2, y+(name.lineHeight()-sign)/2, sign, sign)
		place(organization, start, y+nh, s.Width-start, oh)
	}
	v.min = func() fyne.Size {
		hh := name.MinSize().Height + organization.MinSize().Height
		return fyne.NewSize(start+120, max(hh, style.SizeMinTarget))
	}
	return v.ready()
}

// TileButton is a card with an icon over words: one of a few ways on.
type TileButton struct {
	control
	icon icons.Name
	text string
}

// NewTileButton returns a tile that can be tapped.
func NewTileButton(icon icons.Name, text string, onTap func()) *TileButton {
	b := &TileButton{icon: icon, text: text}
	b.tap = onTap
	b.ExtendBaseWidget(b)
	return b
}

// CreateRenderer makes the tile.
func (b *TileButton) CreateRenderer() fyne.WidgetRenderer {
	b.furnish(style.RadiusCard)
	back, icon := rect(style.RadiusCard), newGlyph()
	text := NewStrong(b.text).Centered()
	v := &view{of: b, objects: []fyne.CanvasObject{back, b.overlay, icon.Image, text, b.ring}}
	v.paint = func() {
		back.FillColor = style.Color(style.Surface)
		icon.set(b.icon, style.Primary)
		b.shade()
	}
	const pad, gap = 14, 8
	v.layout = func(s fyne.Size) {
		place(back, 0, 0, s.Width, s.Height)
		b.frame(0, 0, s.Width, s.Height)
		w := s.Width - 2*gap
		h := heightAt(text, w)
		y := (s.Height - h - gap - style.IconTile) / 2
		place(icon.Image, (s.Width-style.IconTile)/2, y, style.IconTile, style.IconTile)
		place(text, gap, y+style.IconTile+gap, w, h)
	}
	v.min = func() fyne.Size {
		m := text.MinSize()
		return fyne.NewSize(m.Width+2*gap, max(style.IconTile+gap+m.Height+2*pad, 104))
	}
	return v.ready()
}

// Drawer is a sheet of the page's color at the foot of the scanner, rounded
// above, with what to do instead.
type Drawer struct {
	widget.BaseWidget
	content fyne.CanvasObject
	inset   float32
}

// NewDrawer returns a drawer that keeps bottomInset free for the system.
func NewDrawer(content fyne.CanvasObject, bottomInset float32) *Drawer {
	d := &Drawer{content: content, inset: bottomInset}
	d.ExtendBaseWidget(d)
	return d
}

// CreateRenderer makes the drawer.
func (d *Drawer) CreateRenderer() fyne.WidgetRenderer {
	back := &canvas.Rectangle{TopLeftCornerRadius: style.RadiusSheet, TopRightCornerRadius: style.RadiusSheet}
	v := &view{of: d, objects: []fyne.CanvasObject{back, d.content}}
	v.paint = func() { back.FillColor = style.Color(style.Background) }
	v.layout = func(s fyne.Size) {
		place(back, 0, 0, s.Width, s.Height)
		w := s.Width - 2*style.SpaceScreenMargin
		heightAt(d.content, w)
		place(d.content, style.SpaceScreenMargin, style.SpaceScreenMargin, w, s.Height-2*style.SpaceScreenMargin-d.inset)
	}
	v.min = func() fyne.Size {
		return d.content.MinSize().AddWidthHeight(2*style.SpaceScreenMargin, 2*style.SpaceScreenMargin+d.inset)
	}
	return v.ready()
}

// Spinner is an arc that turns while something is awaited.
type Spinner struct {
	widget.BaseWidget
	spin *spinner
}

// NewSpinner returns a turning arc of 24.
func NewSpinner() *Spinner {
	s := &Spinner{spin: newSpinner()}
	s.ExtendBaseWidget(s)
	return s
}

// CreateRenderer makes the arc.
func (s *Spinner) CreateRenderer() fyne.WidgetRenderer {
	v := &view{of: s, objects: []fyne.CanvasObject{s.spin.track, s.spin.arc}, destroy: s.spin.stop}
	v.paint = func() { s.spin.show(s.Visible(), style.Primary) }
	v.layout = func(size fyne.Size) {
		s.spin.place((size.Width-spinnerSize)/2, (size.Height-spinnerSize)/2, spinnerSize)
	}
	v.min = func() fyne.Size { return fyne.NewSquareSize(spinnerSize) }
	return v.ready()
}
