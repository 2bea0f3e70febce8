package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/driver/mobile"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"avow/assets/icons"
	"avow/internal/ui/style"
)

// Field is a line of text to type, with an icon and, when something is wrong
// with it, words below that say what.
type Field struct {
	widget.BaseWidget
	// OnChanged gets the text after each change, OnSubmitted after Enter.
	OnChanged, OnSubmitted func(string)
	// OnWords is called when the words below have changed, and with them the height.
	OnWords func()

	icon    icons.Name
	eye     *IconButton // of a secret
	label   string
	wrong   string
	focused bool
	entry   *fieldEntry
	frame   fyne.CanvasObject
}

// FieldSpec is what a field is for. All may be empty.
type FieldSpec struct {
	Icon        icons.Name
	Label       string // above the field
	Placeholder string
	Mono        bool // what is typed is compared: a link, a code
	Lines       int  // more than one line can be typed, so many are seen; 0 for one
	Secret      bool // shown as dots until the eye at its end is tapped; no keyboard learns it
}

// NewField returns an empty field.
func NewField(spec FieldSpec) *Field {
	f := &Field{icon: spec.Icon, label: spec.Label}
	f.entry = &fieldEntry{field: f}
	f.entry.Wrapping = fyne.TextWrapOff
	f.entry.Scroll = container.ScrollHorizontalOnly
	if spec.Lines > 1 {
		f.entry.MultiLine = true
		f.entry.Wrapping, f.entry.Scroll = fyne.TextWrapWord, container.ScrollVerticalOnly
		f.entry.SetMinRowsVisible(spec.Lines)
	}
	f.entry.PlaceHolder = spec.Placeholder
	f.entry.TextStyle = fyne.TextStyle{Monospace: spec.Mono, Bold: spec.Mono}
	if spec.Secret {
		f.entry.Password, f.entry.secret = true, true
		f.entry.ActionItem = canvas.NewRectangle(color.Transparent) // instead of Fyne's own eye
		f.eye = NewIconButton(icons.Eye, f.reveal).Colored(style.TextMuted)
	}
	f.entry.OnChanged = func(s string) {
		if f.wrong != "" {
			f.SetWrong("")
		}
		if f.OnChanged != nil {
			f.OnChanged(s)
		}
	}
	f.entry.OnSubmitted = func(s string) {
		if f.OnSubmitted != nil {
			f.OnSubmitted(s)
		}
	}
	f.entry.ExtendBaseWidget(f.entry)
	f.frame = container.NewThemeOverride(f.entry, bare)
	f.ExtendBaseWidget(f)
	return f
}

// Text returns what is typed.
func (f *Field) Text() string { return f.entry.Text }

// SetText replaces what is typed.
func (f *Field) SetText(s string) { f.entry.SetText(s) }

// SetPlaceholder replaces the words in the empty field.
func (f *Field) SetPlaceholder(s string) {
	if f.entry.PlaceHolder != s {
		f.entry.SetPlaceHolder(s)
	}
}

// SetWrong shows what is wrong, until the next change; empty takes it away.
func (f *Field) SetWrong(words string) {
	f.wrong = words
	f.Refresh()
	call(f.OnWords)
}

// Wrong returns the words of SetWrong.
func (f *Field) Wrong() string { return f.wrong }

// reveal shows what is typed, or hides it again.
func (f *Field) reveal() {
	f.entry.Password = !f.entry.Password
	f.eye.name = icons.Eye
	if !f.entry.Password {
		f.eye.name = icons.EyeSlash
	}
	f.eye.Refresh()
	f.entry.Refresh()
}

// Eye returns the button that shows a secret; nil for a field that is none.
func (f *Field) Eye() *IconButton { return f.eye }

// Dots tells whether what is typed is shown as dots.
func (f *Field) Dots() bool { return f.entry.Password }

// Focusable returns what takes the keyboard.
func (f *Field) Focusable() fyne.Focusable { return f.entry }

// CreateRenderer makes the field.
func (f *Field) CreateRenderer() fyne.WidgetRenderer {
	caption := NewCaption(f.label)
	back, ring := rect(style.RadiusField), rect(style.RadiusField+ringGap)
	ring.StrokeWidth = style.StrokeFocus
	icon, mark, below := newGlyph(), newGlyph(), newGlyph()
	words := NewStrong("")
	v := &view{of: f, objects: []fyne.CanvasObject{caption, back, ring, icon.Image, f.frame, mark.Image, below.Image, words}}
	if f.eye != nil {
		v.objects = append(v.objects, f.eye)
	}
	v.paint = func() {
		caption.Hidden = f.label == ""
		back.FillColor = style.Color(style.Sunken)
		back.StrokeColor, back.StrokeWidth = style.Color(style.OutlineStrong), style.StrokeControl
		name, belowName := icons.Name(""), icons.Name("")
		if f.wrong != "" {
			back.StrokeColor, back.StrokeWidth = style.Color(style.Negative), style.StrokeDigit
			name, belowName = icons.XCircle.Fill(), icons.Error.Fill()
		}
		mark.set(name, style.Negative)
		below.set(belowName, style.Negative)
		ring.StrokeColor = style.Color(style.Focus)
		ring.Hidden = !f.focused
		icon.set(f.icon, style.TextMuted)
		setOnce(words, Run{Text: f.wrong, Bold: true, Color: style.Negative})
		words.Hidden = f.wrong == ""
	}
	top := func() float32 {
		if f.label == "" {
			return 0
		}
		return caption.MinSize().Height + style.Space1
	}
	height := func() float32 { return max(style.SizeField, f.entry.MinSize().Height) }
	v.layout = func(s fyne.Size) {
		y, h := top(), height()
		place(caption, 0, 0, s.Width, caption.MinSize().Height)
		stroke, e := edge(f, back.StrokeWidth)
		back.StrokeWidth = stroke
		place(back, e, y+e, s.Width-2*e, h-2*e)
		place(ring, -ringGap, y-ringGap, s.Width+2*ringGap, h+2*ringGap)
		x, end := float32(4), s.Width-4
		if f.eye != nil {
			end -= style.SizeMinTarget
			place(f.eye, end, y+(h-style.SizeMinTarget)/2, style.SizeMinTarget, style.SizeMinTarget)
		}
		if f.icon != "" {
			place(icon.Image, style.SpaceCardPadding, y+(h-style.IconButton)/2, style.IconButton, style.IconButton)
			x = style.SpaceCardPadding + style.IconButton
		}
		if f.wrong != "" {
			end = min(end, s.Width-style.SpaceCardPadding) - style.IconButton
			place(mark.Image, end, y+(h-style.IconButton)/2, style.IconButton, style.IconButton)
		}
		eh := f.entry.MinSize().Height
		place(f.frame, x, y+(h-eh)/2, end-x, eh)
		y += h + style.Space2
		const start = style.IconInline + style.Space2
		wh := heightAt(words, s.Width-start)
		place(words, start, y, s.Width-start, wh)
		place(below.Image, 0, y, style.IconInline, style.IconInline)
	}
	v.min = func() fyne.Size {
		h := top() + height()
		if f.wrong != "" {
			h += style.Space2 + words.MinSize().Height
		}
		return fyne.NewSize(120, h)
	}
	return v.ready()
}

// fieldEntry tells its field about the keyboard focus.
type fieldEntry struct {
	widget.Entry
	field  *Field
	secret bool
}

// Typed is how much stands in it, for who has only what has the keyboard: it may be a secret.
func (e *fieldEntry) Typed() int { return len(e.Text) }

// Keyboard is one that suggests nothing and learns nothing for a secret, also while it is shown.
func (e *fieldEntry) Keyboard() mobile.KeyboardType {
	if e.secret {
		return mobile.PasswordKeyboard
	}
	return e.Entry.Keyboard()
}

func (e *fieldEntry) FocusGained() {
	e.Entry.FocusGained()
	e.field.focused = true
	e.field.Refresh()
	reveal(e)
}

// TypedShortcut hands what is no matter of a text on to the window.
func (e *fieldEntry) TypedShortcut(s fyne.Shortcut) {
	if _, custom := s.(*desktop.CustomShortcut); custom {
		if c, ok := fyne.CurrentApp().Driver().CanvasForObject(e).(fyne.Shortcutable); ok {
			c.TypedShortcut(s)
			return
		}
	}
	e.Entry.TypedShortcut(s)
}

// TypedKey does the same for the keys of commands.
func (e *fieldEntry) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeyEscape, fyne.KeyF1, fyne.KeyF10:
		passOn(e, k)
		return
	}
	e.Entry.TypedKey(k)
}

func (e *fieldEntry) FocusLost() {
	e.Entry.FocusLost()
	e.field.focused = false
	e.field.Refresh()
}

// bare is the theme of an entry without a box of its own. Primary is the edge
// of an entry that has the focus; the cursor is painted in the app's color.
var bare = style.Variation{
	Colors: map[fyne.ThemeColorName]color.Color{
		theme.ColorNameInputBackground: color.Transparent, theme.ColorNameInputBorder: color.Transparent,
		theme.ColorNameFocus: color.Transparent, theme.ColorNameHover: color.Transparent, theme.ColorNamePrimary: color.Transparent,
		theme.ColorNameShadow: color.Transparent, theme.ColorNameScrollBar: color.Transparent, theme.ColorNameScrollBarBackground: color.Transparent,
	},
}
