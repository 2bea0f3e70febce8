package model

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"avow/assets/translations"
	"avow/internal/atomicfile"
	"avow/internal/key"
	"avow/internal/phone/codes"
	"avow/internal/phone/platform"
)

// Appearance is stored: append, never rename.
type Appearance string

// The appearances.
const (
	FollowSystem Appearance = "system"
	Light        Appearance = "light"
	Dark         Appearance = "dark"
)

// TextSize is how big all text is, in percent of what the look says. It is stored: append, never renumber. 0 is TextNormal.
type TextSize int

// The text sizes.
const (
	TextNormal  TextSize = 100
	TextLarge   TextSize = 125
	TextLarger  TextSize = 150
	TextLargest TextSize = 200
)

// TextSizes are those that can be chosen, the smallest first.
func TextSizes() []TextSize { return []TextSize{TextNormal, TextLarge, TextLarger, TextLargest} }

// Choices are what a person set. They are no secrets.
type Choices struct {
	Appearance Appearance  `json:"appearance"`
	TextSize   TextSize    `json:"text_size,omitempty"`
	Language   string      `json:"language"`             // "" follows the system
	CodeOrder  codes.Order `json:"code_order,omitempty"` // "" is by hand
	LockChoices
	HideCodes     bool     `json:"hide_codes,omitempty"` // codes are hidden until they are tapped
	LessMotion    bool     `json:"less_motion,omitempty"`
	Known         []string `json:"known,omitempty"`          // devices of which she said that they are hers, the last ones
	DetailedUntil int64    `json:"detailed_until,omitempty"` // unix seconds: until then the debug log has details
}

func (c Choices) detailedUntil() time.Time {
	if c.DetailedUntil == 0 {
		return time.Time{}
	}
	return time.Unix(c.DetailedUntil, 0)
}

// maxKnown is how many of them are kept.
const maxKnown = 50

// Settings keep the choices in a file.
type Settings struct {
	path string
	mu   sync.Mutex
	now  Choices
}

// OpenSettings reads dir/settings.json. One that is missing or damaged gives the defaults: nothing of value is lost.
func OpenSettings(dir string) (*Settings, error) {
	s := &Settings{path: filepath.Join(dir, "settings.json"), now: Choices{Appearance: FollowSystem}}
	data, err := os.ReadFile(s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s, nil
	case err != nil:
		return s, fmt.Errorf("read settings: %w", err)
	}
	var c struct {
		Choices
		Large bool `json:"large_text"` // of the files until 0.1, which knew two sizes
	}
	if err := json.Unmarshal(data, &c); err == nil && (c.Appearance == FollowSystem || c.Appearance == Light || c.Appearance == Dark) {
		if c.Large && c.TextSize == 0 {
			c.TextSize = TextLarge
		}
		if !slices.Contains(TextSizes(), c.TextSize) {
			c.TextSize = 0
		}
		s.now = c.Choices
	}
	return s, nil
}

// Get returns the choices.
func (s *Settings) Get() Choices {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// Set changes and stores them.
func (s *Settings) Set(change func(*Choices)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.now)
	data, err := json.MarshalIndent(s.now, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.Write(s.path, data)
}

// Knows tells whether something was said to be known.
func (s *Settings) Knows(what string) bool { return slices.Contains(s.Get().Known, what) }

// Know remembers that something is known, so that nobody asks again.
func (s *Settings) Know(what string) error {
	return s.Set(func(c *Choices) {
		known := append(slices.Clone(c.Known), what)
		c.Known = known[max(0, len(known)-maxKnown):]
	})
}

// SettingsView is the last tab.
type SettingsView struct {
	Choices   Choices
	Language  string // its name
	HasPIN    bool
	HasSensor bool
	Biometric bool
	Version   string
	Build     Build
	Keys      string // where the keys of this device are kept
	Lock      LockRow
	Words     string
}

// SettingsView is the view of PageSettings.
func (a *App) SettingsView() SettingsView {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.cfg.Settings.Get()
	v := SettingsView{
		Choices: c, HasPIN: a.cfg.Core.State().HasPIN, HasSensor: a.cfg.Biometrics != nil, Biometric: a.hasBiometric(), Version: a.cfg.Version, Build: a.cfg.Build,
		Language: a.print.T("app.settings.language_system"),
	}
	switch a.cfg.KeyClass {
	case "":
	case key.Software:
		v.Keys = a.print.T("app.about.keys_software")
	case key.Keyring:
		v.Keys = a.print.T("app.about.keys_keyring")
	default:
		v.Keys = a.print.T("app.about.keys_hardware")
	}
	v.Lock = a.lockRow()
	for _, l := range translations.Languages() {
		if l.Tag == c.Language {
			v.Language = l.Name
		}
	}
	if a.fault != nil {
		v.Words = a.fault.Sentence
	}
	return v
}

// Choose changes a setting at once.
func (a *App) Choose(f func(*Choices)) {
	err := a.cfg.Settings.Set(f)
	a.applyLock()
	a.change(func() {
		a.print = translations.New(append([]string{a.cfg.Settings.Get().Language}, a.cfg.Languages...)...).Named(a.cfg.Brand.Name)
		if err != nil {
			fault := a.faultOf(err)
			a.fault = &fault
		}
	})
}

// LockNow locks the app.
func (a *App) LockNow() { a.cfg.Go(a.cfg.Core.Lock) }

// SetBiometric turns the sensor on, for which the PIN is asked, or off.
func (a *App) SetBiometric(on bool) {
	if a.cfg.Biometrics == nil {
		return
	}
	done := func(err error) {
		if err != nil && !errors.Is(err, platform.ErrCanceled) {
			a.change(func() {
				f := a.faultOf(err)
				a.fault = &f
			})
		}
	}
	if !on {
		a.do(laneOther, a.T("app.busy.saving"), a.cfg.Biometrics.DisableBiometric, done)
		return
	}
	title := a.T("app.prompt.biometric")
	p := platform.Prompt{Title: title}
	a.askPIN(&question{title: title, lane: laneOther, done: done, again: func(ctx context.Context, pin key.Secret) error {
		return a.cfg.Biometrics.EnableBiometric(ctx, pin, p)
	}})
}
