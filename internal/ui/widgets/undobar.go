package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"avow/assets/icons"
	"avow/internal/ui/style"
)

// UndoBar tells for a while what was done, with a button that takes it back.
type UndoBar struct {
	widget.BaseWidget
	words string
	undo  *undoButton
}

// NewUndoBar returns a bar that is not seen yet; word is on its button.
func NewUndoBar(word string, onUndo func()) *UndoBar {
	b := &UndoBar{undo: &undoButton{word: word}}
	b.undo.tap = onUndo
	b.undo.filled = true
	b.undo.ExtendBaseWidget(b.undo)
	b.ExtendBaseWidget(b)
	b.Hide()
	return b
}

// Set says what was done; empty words take the bar away. Without can there is no button. It reports whether the bar is another than before: its height
// may be, too.
func (b *UndoBar) Set(words string, can bool) (changed bool) {
	if words == b.words && can != b.undo.Hidden {
		return false
	}
	b.words, b.undo.Hidden = words, !can
	if words == "" {
		b.Hide()
		return true
	}
	b.Show()
	b.Refresh()
	return true
}

// Undo is the button.
func (b *UndoBar) Undo() fyne.CanvasObject { return b.undo }

// String returns the words.
func (b *UndoBar) String() string { return b.words }

// CreateRenderer makes the bar.
func (b *UndoBar) CreateRenderer() fyne.WidgetRenderer {
	back := rect(style.RadiusKey)
	text := NewText(style.TextBody, style.OnInverse, Run{})
	v := &view{of: b, objects: []fyne.CanvasObject{back, text, b.undo}}
	v.paint = func() {
		back.FillColor = style.Color(style.Inverse)
		setOnce(text, Run{Text: b.words})
	}
	// below tells whether the button stands under the words, because large text leaves them no room beside it.
	below := func(w float32) bool {
		return style.LargeText() && !b.undo.Hidden && w > 0 && w-style.SpaceCardPadding-style.Space2-b.undo.MinSize().Width < longestWord(b.words, style.TextSize(style.TextBody), fyne.TextStyle{})
	}
	room := func(w float32) float32 {
		if b.undo.Hidden || below(w) {
			return w - 2*style.SpaceCardPadding
		}
		return w - style.SpaceCardPadding - style.Space2 - b.undo.MinSize().Width
	}
	v.layout = func(s fyne.Size) {
		place(back, 0, 0, s.Width, s.Height)
		w := room(s.Width)
		h := heightAt(text, w)
		m := b.undo.MinSize()
		if below(s.Width) {
			place(text, style.SpaceCardPadding, style.Space3, w, h)
			place(b.undo, s.Width-m.Width-2, s.Height-m.Height-2, m.Width, m.Height)
			return
		}
		place(text, style.SpaceCardPadding, (s.Height-h)/2, w, h)
		place(b.undo, s.Width-m.Width-2, (s.Height-m.Height)/2, m.Width, m.Height)
	}
	v.min = func() fyne.Size {
		if below(b.Size().Width) {
			return fyne.NewSize(200, text.MinSize().Height+style.Space3+b.undo.MinSize().Height+2)
		}
		return fyne.NewSize(200, max(text.MinSize().Height+24, style.SizeMinTarget+4))
	}
	return v.ready()
}

// undoButton is words with an arrow, on the bar.
type undoButton struct {
	control
	word string
}

func (b *undoButton) CreateRenderer() fyne.WidgetRenderer {
	b.furnish(style.RadiusChip)
	icon, text := newGlyph(), label(b.word, boldText)
	v := &view{of: b, objects: []fyne.CanvasObject{b.overlay, icon.Image, text, b.ring}}
	v.paint = func() {
		icon.set(icons.Undo.Bold(), style.OnInverse)
		dress(text, style.TextBody, style.OnInverse)
		b.shade()
	}
	const gap = 6
	v.layout = func(s fyne.Size) {
		b.frame(0, 0, s.Width, s.Height)
		place(icon.Image, style.Space3, (s.Height-style.IconInline)/2, style.IconInline, style.IconInline)
		middle(text, style.Space3+style.IconInline+gap, 0, text.MinSize().Width, s.Height)
	}
	v.min = func() fyne.Size {
		w := measure(b.word, style.TextSize(style.TextBody), boldText).Width
		return fyne.NewSize(w+style.IconInline+gap+2*style.Space3, style.SizeMinTarget)
	}
	return v.ready()
}
