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
	"strings"
	"sync"

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

// Choices are what a person set. They are no secrets.
type Choices struct {
	Appearance Appearance  `json:"appearance"`
	LargeText  bool        `json:"large_text"`
	Language   string      `json:"language"`             // "" follows the system
	CodeOrder  codes.Order `json:"code_order,omitempty"` // "" is by hand
	HideCodes  bool        `json:"hide_codes,omitempty"` // codes are hidden until they are tapped
	LessMotion bool        `json:"less_motion,omitempty"`
	Known      []string    `json:"known,omitempty"` // devices of which she said that they are hers, the last ones
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
	var c Choices
	if err := json.Unmarshal(data, &c); err == nil && (c.Appearance == FollowSystem || c.Appearance == Light || c.Appearance == Dark) {
		s.now = c
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
	Keys      string // where the keys of this device are kept
	Words     string
}

// SettingsView is the view of PageSettings.
func (a *App) SettingsView() SettingsView {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.cfg.Settings.Get()
	v := SettingsView{
		Choices: c, HasPIN: a.cfg.Core.State().HasPIN, HasSensor: a.cfg.Biometrics != nil, Biometric: a.hasBiometric(), Version: a.cfg.Version,
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
	a.change(func() {
		a.print = translations.New(append([]string{a.cfg.Settings.Get().Language}, a.cfg.Languages...)...)
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

// LogText is the debug log for the screen: the lines that contain filter, or a sentence when there are none.
func (a *App) LogText(filter string) string {
	if a.cfg.Log == nil {
		return a.T("app.log.empty")
	}
	lines := a.cfg.Log.Lines(filter)
	if len(lines) == 0 {
		return a.T("app.log.empty")
	}
	return strings.Join(lines, "\n")
}

// ClearLog forgets the debug log.
func (a *App) ClearLog() {
	if a.cfg.Log != nil {
		a.cfg.Log.Clear()
	}
}
