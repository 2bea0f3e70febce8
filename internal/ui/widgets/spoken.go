package widgets

import (
	"strings"

	"fyne.io/fyne/v2"

	"avow/assets/icons"
)

// What a screen reader says. Each widget that says something by itself implements fyne.Accessible: Fyne hands that on where it is built with its tag
// accessibility, on macOS, Windows and phones. Words that stand nowhere on the screen, those of an icon and of a state, come from SetIconWords.

// Roles that Fyne has no name for are told as the nearest it has.
const (
	roleButton = fyne.AccessibleRoleButton
	roleText   = fyne.AccessibleRoleText
)

// Word is what a screen reader says of a state or a thing without words.
type Word string

// The words beside those of icons.
const (
	WordOn     Word = "on"
	WordOff    Word = "off"
	WordChosen Word = "chosen"
	WordBusy   Word = "busy"
	WordHidden Word = "hidden"
	WordCode   Word = "code"   // a QR code
	WordCamera Word = "camera" // the picture of the camera
)

// iconWords and stateWords give the words of the language that is in force.
var (
	iconWords  = func(icons.Name) string { return "" }
	stateWords = func(Word) string { return "" }
)

// SetIconWords sets who knows the words of icons and states. UI's thread only.
func SetIconWords(icon func(icons.Name) string, state func(Word) string) {
	iconWords, stateWords = icon, state
}

// spoken joins what is said of one thing.
func spoken(parts ...string) string {
	kept := parts[:0:0]
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, ", ")
}

// Digits spells a code: one character after the other, a comma where its groups end, so that it can be typed as it is read.
func Digits(code string) string {
	var groups []string
	for _, g := range strings.Fields(code) {
		groups = append(groups, strings.Join(strings.Split(g, ""), " "))
	}
	return strings.Join(groups, ", ")
}

func chosen(on bool) string {
	if on {
		return stateWords(WordChosen)
	}
	return ""
}

// AccessibilityLabel says the words of the button.
func (b *Button) AccessibilityLabel() string {
	busy := ""
	if b.busy != "" {
		busy = stateWords(WordBusy)
	}
	return spoken(b.Text(), b.missing, b.time, busy)
}

// AccessibilityRole tells that it can be tapped.
func (b *Button) AccessibilityRole() fyne.AccessibleRole { return roleButton }

// AccessibilityLabel says what the icon stands for.
func (b *IconButton) AccessibilityLabel() string {
	if b.label != "" {
		return b.label
	}
	return iconWords(b.name)
}

// AccessibilityRole tells that it can be tapped.
func (b *IconButton) AccessibilityRole() fyne.AccessibleRole { return roleButton }

// Called gives the button words of its own, for screen readers, and returns it.
func (b *IconButton) Called(words string) *IconButton {
	b.label = words
	return b
}

// AccessibilityLabel says No or Yes.
func (h *half) AccessibilityLabel() string { return h.text }

// AccessibilityRole tells that it can be tapped.
func (h *half) AccessibilityRole() fyne.AccessibleRole { return roleButton }

// AccessibilityLabel says the tab, and whether one is there.
func (t *tab) AccessibilityLabel() string { return spoken(t.spec.Text, chosen(t.active)) }

// AccessibilityRole tells that it can be tapped.
func (t *tab) AccessibilityRole() fyne.AccessibleRole { return roleButton }

// AccessibilityLabel says the app's name.
func (n *sideName) AccessibilityLabel() string { return n.text }

// AccessibilityRole tells that it can be tapped.
func (n *sideName) AccessibilityRole() fyne.AccessibleRole { return roleButton }

// AccessibilityLabel says Scan.
func (b *ScanButton) AccessibilityLabel() string { return iconWords(icons.Scan) }

// AccessibilityRole tells that it can be tapped.
func (b *ScanButton) AccessibilityRole() fyne.AccessibleRole { return roleButton }

// AccessibilityLabel says the option, and whether it is chosen.
func (p *option) AccessibilityLabel() string { return spoken(p.spec.Text, chosen(p.on)) }

// AccessibilityRole tells that it can be tapped.
func (p *option) AccessibilityRole() fyne.AccessibleRole { return roleButton }

// AccessibilityLabel says all words of the row, and the state of its switch.
func (r *Row) AccessibilityLabel() string {
	state := ""
	switch end := r.spec.End.(type) {
	case *Switch:
		state = stateWords(WordOff)
		if end.On() {
			state = stateWords(WordOn)
		}
	case *Icon:
		if end.name == icons.Check {
			state = stateWords(WordChosen)
		}
	}
	return spoken(r.spec.Title, r.spec.Second, r.spec.Value, state)
}

// AccessibilityRole tells whether it can be tapped.
func (r *Row) AccessibilityRole() fyne.AccessibleRole {
	if r.spec.OnTap == nil {
		return roleText
	}
	return roleButton
}

// AccessibilityLabel says whose code it is, and the code digit by digit.
func (r *CodeRow) AccessibilityLabel() string {
	code := Digits(r.spec.Code)
	if r.spec.Hidden {
		code = stateWords(WordHidden)
	}
	return spoken(r.spec.Issuer, r.spec.Name, code, r.spec.Seconds, r.spec.Below, r.spec.Copied)
}

// AccessibilityRole tells that it can be tapped.
func (r *CodeRow) AccessibilityRole() fyne.AccessibleRole { return roleButton }

// AccessibilityLabel says the lines of the row.
func (r *EntryRow) AccessibilityLabel() string {
	return spoken(r.spec.Title, r.spec.Second, r.spec.Third)
}

// AccessibilityRole tells whether it can be tapped.
func (r *EntryRow) AccessibilityRole() fyne.AccessibleRole {
	if r.spec.OnTap == nil {
		return roleText
	}
	return roleButton
}

// AccessibilityLabel says whose account is shown.
func (h *AccountHead) AccessibilityLabel() string { return spoken(h.name, h.organization) }

// AccessibilityRole tells whether it can be tapped.
func (h *AccountHead) AccessibilityRole() fyne.AccessibleRole {
	if h.tap == nil {
		return roleText
	}
	return roleButton
}

// AccessibilityLabel says the words of the tile.
func (b *TileButton) AccessibilityLabel() string { return b.text }

// AccessibilityRole tells that it can be tapped.
func (b *TileButton) AccessibilityRole() fyne.AccessibleRole { return roleButton }

// AccessibilityLabel says the words of the entry.
func (r *menuRow) AccessibilityLabel() string { return spoken(r.item.Text, r.item.End) }

// AccessibilityRole tells that it can be tapped.
func (r *menuRow) AccessibilityRole() fyne.AccessibleRole { return roleButton }

// AccessibilityLabel says the sentence of the note.
func (n *Note) AccessibilityLabel() string { return spoken(n.spec.Strong, n.spec.Text) }

// AccessibilityRole tells whether it can be tapped.
func (n *Note) AccessibilityRole() fyne.AccessibleRole {
	if n.spec.OnTap == nil {
		return roleText
	}
	return roleButton
}

// AccessibilityLabel says the digit.
func (k *key) AccessibilityLabel() string { return string(k.digit) }

// AccessibilityRole tells that it can be tapped.
func (k *key) AccessibilityRole() fyne.AccessibleRole { return roleButton }

// AccessibilityLabel says the words of the key, or those of its icon.
func (c *corner) AccessibilityLabel() string {
	if c.spec.Text != "" {
		return c.spec.Text
	}
	return iconWords(c.spec.Icon)
}

// AccessibilityRole tells that it can be tapped.
func (c *corner) AccessibilityRole() fyne.AccessibleRole { return roleButton }

// AccessibilityLabel says the words of the button.
func (b *undoButton) AccessibilityLabel() string { return b.word }

// AccessibilityRole tells that it can be tapped.
func (b *undoButton) AccessibilityRole() fyne.AccessibleRole { return roleButton }

// AccessibilityLabel says the text.
func (t *Text) AccessibilityLabel() string { return t.String() }

// AccessibilityRole tells that it is read.
func (t *Text) AccessibilityRole() fyne.AccessibleRole { return roleText }

// AccessibilityLabel says the state.
func (s *Status) AccessibilityLabel() string { return s.String() }

// AccessibilityRole tells that it is read.
func (s *Status) AccessibilityRole() fyne.AccessibleRole { return roleText }

// AccessibilityLabel says the time that is left.
func (r *Ring) AccessibilityLabel() string { return r.text }

// AccessibilityRole tells that it is read.
func (r *Ring) AccessibilityRole() fyne.AccessibleRole { return roleText }

// AccessibilityLabel spells the code.
func (c *BigCode) AccessibilityLabel() string {
	if c.hidden {
		return stateWords(WordHidden)
	}
	return Digits(c.String())
}

// AccessibilityRole tells that it is read.
func (c *BigCode) AccessibilityRole() fyne.AccessibleRole { return roleText }

// AccessibilityLabel spells the groups.
func (g *Groups) AccessibilityLabel() string {
	if g.hidden {
		return stateWords(WordHidden)
	}
	return Digits(g.String())
}

// AccessibilityRole tells that it is read.
func (g *Groups) AccessibilityRole() fyne.AccessibleRole { return roleText }

// AccessibilityLabel says how the number stands: what was typed, digit by digit, and what is wrong with it.
func (f *NumberField) AccessibilityLabel() string {
	return spoken(iconWords(icons.Keyboard), Digits(f.Value()), f.words)
}

// AccessibilityRole tells that it is read.
func (f *NumberField) AccessibilityRole() fyne.AccessibleRole { return roleText }

// AccessibilityLabel says what was typed, and what is wrong with it.
func (f *GroupsField) AccessibilityLabel() string {
	return spoken(iconWords(icons.Keyboard), Digits(f.String()), f.Words())
}

// AccessibilityRole tells that it is read.
func (f *GroupsField) AccessibilityRole() fyne.AccessibleRole { return roleText }

// AccessibilityLabel says what the field is for and what stands in it; of a secret nothing is said.
func (e *fieldEntry) AccessibilityLabel() string {
	text := e.Text
	if e.Password {
		text = stateWords(WordHidden)
	}
	if e.Text == "" {
		text = ""
	}
	label := e.field.label
	if label == "" {
		label = e.PlaceHolder
	}
	if label == "" {
		label = iconWords(e.field.icon)
	}
	return spoken(label, text, e.field.wrong)
}

// AccessibilityRole tells that it is read.
func (e *fieldEntry) AccessibilityRole() fyne.AccessibleRole { return roleText }

// AccessibilityLabel says that there is a code to be scanned.
func (q *QR) AccessibilityLabel() string { return stateWords(WordCode) }

// AccessibilityRole tells that it is read.
func (q *QR) AccessibilityRole() fyne.AccessibleRole { return roleText }

// AccessibilityLabel says what the camera sees.
func (s *Scanner) AccessibilityLabel() string { return spoken(stateWords(WordCamera), s.hint) }

// AccessibilityRole tells that it is read.
func (s *Scanner) AccessibilityRole() fyne.AccessibleRole { return roleText }
