package local

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Types of the frames between module and helper; app/avow-login/pam/pam_avow.c is the other side.
const (
	frameStart  = 'S' // to the helper: who asks, once
	frameAnswer = 'A' // to the helper: the line that was typed
	frameInfo   = 'I' // from the helper: show it
	frameAsk    = 'Q' // from the helper: ask for a line
	frameOK     = 'O' // from the helper: let this user in
	frameFail   = 'F' // from the helper: do not
)

// Reason is why the helper lets nobody in; the module makes a PAM result of it.
type Reason byte

// The reasons.
const (
	ReasonRefused     Reason = 'a' // PAM_AUTH_ERR
	ReasonUnavailable Reason = 'u' // PAM_AUTHINFO_UNAVAIL: nobody could be asked
	ReasonTries       Reason = 'm' // PAM_MAXTRIES
	ReasonBroken      Reason = 'c' // PAM_CONV_ERR: the conversation broke
)

const (
	maxText  = 511  // bytes of a text, as PAM's own limit
	maxStart = 4096 // bytes of the start
)

// Module is the helper's way to the PAM module. It is for one goroutine.
type Module struct {
	r io.Reader
	w io.Writer
}

// NewModule speaks to a module over r and w.
func NewModule(r io.Reader, w io.Writer) *Module { return &Module{r, w} }

// Start reads what the module says first.
func (m *Module) Start() (Start, error) {
	b, err := m.read(frameStart, maxStart)
	if err != nil {
		return Start{}, err
	}
	return ParseStart(b)
}

// Info shows lines of text. A line that is too long for PAM is cut.
func (m *Module) Info(text string) error {
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		if err := m.write(frameInfo, line); err != nil {
			return err
		}
	}
	return nil
}

// Ask asks for a line.
func (m *Module) Ask(prompt string) (string, error) {
	if err := m.write(frameAsk, prompt); err != nil {
		return "", err
	}
	b, err := m.read(frameAnswer, maxText)
	return string(b), err
}

// LetIn is the last word: let the user in who was named at the start.
func (m *Module) LetIn(user string) error {
	if len(user) > maxText { // cut, it would be another
		return errors.New("user's name is too long")
	}
	return m.write(frameOK, user)
}

// Refuse is the last word: let nobody in.
func (m *Module) Refuse(r Reason) error { return m.write(frameFail, string(rune(r))) }

func (m *Module) read(want byte, limit int) ([]byte, error) {
	var head [3]byte
	if _, err := io.ReadFull(m.r, head[:]); err != nil {
		return nil, fmt.Errorf("read from the module: %w", err)
	}
	n := int(binary.BigEndian.Uint16(head[1:]))
	if head[0] != want || n > limit {
		return nil, fmt.Errorf("module sent a frame %q of %d bytes", head[0], n)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(m.r, b); err != nil {
		return nil, fmt.Errorf("read from the module: %w", err)
	}
	return b, nil
}

func (m *Module) write(kind byte, text string) error {
	text = strings.ReplaceAll(text, "\x00", "?") // C would take it for the end
	for cut := maxText; len(text) > maxText; cut-- {
		if utf8.RuneStart(text[cut]) {
			text = text[:cut]
		}
	}
	b := binary.BigEndian.AppendUint16([]byte{kind}, uint16(len(text)))
	if _, err := m.w.Write(append(b, text...)); err != nil { // one write: the module never sees half a frame of a helper that was stopped
		return fmt.Errorf("write to the module: %w", err)
	}
	return nil
}
