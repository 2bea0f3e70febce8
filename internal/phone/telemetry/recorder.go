// Package telemetry counts how the app is used, for an organization that wants to know and a user who has said yes, each server by itself: what was done with one
// organization's account is told to no other. Before a yes nothing is counted and nothing is sent; after a no both end, and what was counted is forgotten. It makes the
// report and says when one is due; it sends nothing itself (docs/protocol.md, section "Usage reports").
package telemetry

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"avow/internal/atomicfile"
	"avow/internal/authn"
	"avow/internal/wire"
)

// How often a report is sent, and when its user is asked.
const (
	Every   = 7 * 24 * time.Hour // at most
	spread  = 48 * time.Hour     // and by chance so much later, so that reports do not come at the hour of the yes
	retry   = 6 * time.Hour
	UseDays = 3 // days on which the app was used before anybody is asked
)

// fileName lies in the app's folder.
const fileName = "telemetry.json"

// Answer is what a user has said about the reports to one server. Stored: append, never rename.
type Answer string

// The answers.
const (
	NotAsked Answer = ""
	Yes      Answer = "yes"
	No       Answer = "no"
)

// Sent is a report that a server has taken.
type Sent struct {
	At     time.Time      `json:"at"`
	Report wire.Telemetry `json:"report"`
}

// server is what is known and counted for one.
type server struct {
	Answer Answer                `json:"answer,omitempty"`
	Policy authn.TelemetryPolicy `json:"policy,omitempty"` // as the server has last signed it; "" takes no reports
	Due    time.Time             `json:"due,omitzero"`
	Counts map[authn.Counter]int `json:"counts,omitempty"`
	Last   *Sent                 `json:"last,omitempty"`
}

// stored is the file.
type stored struct {
	Days    int                `json:"days"`          // on which the app was used, until UseDays
	Day     string             `json:"day,omitempty"` // the last of them
	Servers map[string]*server `json:"servers,omitempty"`
}

// Recorder counts. It is safe for concurrent use; a nil Recorder counts nothing.
type Recorder struct {
	path    string
	version string
	now     func() time.Time
	mu      sync.Mutex
	s       stored
	dirty   bool
}

// Open reads what was counted in dir. What is missing or damaged begins anew, and then nobody has said yes.
func Open(dir, version string, now func() time.Time) (*Recorder, error) {
	if now == nil {
		now = time.Now
	}
	r := &Recorder{path: filepath.Join(dir, fileName), version: version, now: now}
	data, err := os.ReadFile(r.path)
	if err == nil {
		if err = json.Unmarshal(data, &r.s); err != nil {
			r.s = stored{}
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err != nil {
		err = fmt.Errorf("read the counters: %w", err)
	}
	for issuer, v := range r.s.Servers {
		if v == nil {
			delete(r.s.Servers, issuer)
		}
	}
	if r.s.Servers == nil {
		r.s.Servers = map[string]*server{}
	}
	return r, err
}

// of is a server's; mu must be held.
func (r *Recorder) of(issuer string) *server {
	s := r.s.Servers[issuer]
	if s == nil {
		s = &server{}
		r.s.Servers[issuer] = s
	}
	return s
}

// Used notes that the app is used today. It is not a counter and never sent.
func (r *Recorder) Used() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if day := r.now().Format(time.DateOnly); r.s.Days < UseDays && day != r.s.Day {
		r.s.Days, r.s.Day = r.s.Days+1, day
		_ = r.save() // the worst is that somebody is asked a day later
	}
}

// Policy notes what a server has signed: whether it takes reports.
func (r *Recorder) Policy(issuer string, p authn.TelemetryPolicy) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.of(issuer)
	if s.Policy == p {
		return
	}
	s.Policy = p
	if p != authn.TelemetryAsked {
		s.Counts = nil
	}
	_ = r.save() // the next status says it again
}

// Count counts once for a server, if its user has said yes and the organization takes reports.
func (r *Recorder) Count(issuer string, c authn.Counter) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count(r.s.Servers[issuer], c)
}

// CountApp counts what belongs to no account, for every server whose user has said yes.
func (r *Recorder) CountApp(c authn.Counter) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.s.Servers {
		r.count(s, c)
	}
}

func (r *Recorder) count(s *server, c authn.Counter) {
	if s == nil || !s.on() || !c.Valid() {
		return
	}
	if s.Counts == nil {
		s.Counts = map[authn.Counter]int{}
	}
	s.Counts[c]++
	r.dirty = true
}

func (s *server) on() bool { return s.Answer == Yes && s.Policy == authn.TelemetryAsked }

// View is how it stands with one server.
type View struct {
	Answer Answer
	Policy authn.TelemetryPolicy
	Next   wire.Telemetry // as it would be sent now
	Last   *Sent          // nil: none was
}

// On reports whether reports are sent.
func (v View) On() bool { return v.Answer == Yes && v.Policy == authn.TelemetryAsked }

// View says how it stands with a server.
func (r *Recorder) View(issuer string) View {
	if r == nil {
		return View{}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.s.Servers[issuer]
	if s == nil {
		s = &server{}
	}
	v := View{Answer: s.Answer, Policy: s.Policy, Next: r.report(s)}
	if s.Last != nil {
		last := *s.Last
		v.Last = &last
	}
	return v
}

// ShouldAsk reports whether the user may be asked about a server: once, after some use, and never where the organization takes no reports.
func (r *Recorder) ShouldAsk(issuer string) bool {
	if r == nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.s.Servers[issuer]
	return s != nil && s.Answer == NotAsked && s.Policy == authn.TelemetryAsked && r.s.Days >= UseDays
}

// Say notes the user's answer. After a no nothing is counted or sent any more, and what was counted is forgotten.
func (r *Recorder) Say(issuer string, yes bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.of(issuer)
	s.Answer, s.Counts, s.Due = No, nil, time.Time{}
	if yes {
		s.Answer, s.Due = Yes, r.later(Every)
	}
	return r.save()
}

// Forget forgets what was counted for a server and the report that it has taken; whether reports are sent stays as it is.
func (r *Recorder) Forget(issuer string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.of(issuer)
	s.Counts, s.Last = nil, nil
	return r.save()
}

// Remove forgets a server whose last account was removed.
func (r *Recorder) Remove(issuer string) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.s.Servers[issuer]; ok {
		delete(r.s.Servers, issuer)
		_ = r.save() // it is asked about no more: nothing is sent to it
	}
}

// Erase forgets everything, on disk too.
func (r *Recorder) Erase() error {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.s, r.dirty = stored{Servers: map[string]*server{}}, false
	return Remove(filepath.Dir(r.path))
}

// Remove deletes the file in a folder.
func Remove(dir string) error {
	if err := os.Remove(filepath.Join(dir, fileName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (r *Recorder) later(d time.Duration) time.Time {
	return r.now().Add(d + rand.N(spread)).UTC().Truncate(time.Minute)
}

// report is what would be sent; mu must be held.
func (r *Recorder) report(s *server) wire.Telemetry {
	t := wire.Telemetry{Version: wire.TelemetryVersion, App: r.version, Family: family(), Counters: []wire.TelemetryCounter{}}
	for c, n := range s.Counts {
		if b := authn.BucketOf(n); b != "" {
			t.Counters = append(t.Counters, wire.TelemetryCounter{Name: c, Times: b})
		}
	}
	rand.Shuffle(len(t.Counters), func(i, j int) { t.Counters[i], t.Counters[j] = t.Counters[j], t.Counters[i] })
	return t
}

// family is the kind of system and nothing closer.
func family() authn.AppFamily {
	f := authn.AppFamily(runtime.GOOS)
	switch {
	case runtime.GOOS == "darwin":
		return "macos"
	case f.Valid():
		return f
	}
	return "other"
}

// Due returns the servers to which a report is due, by issuer, with what is to be sent, and when the next one is; the zero time for never.
func (r *Recorder) Due() (due map[string]wire.Telemetry, next time.Time) {
	if r == nil {
		return nil, time.Time{}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	for issuer, s := range r.s.Servers {
		switch {
		case !s.on():
		case s.Due.After(now.Add(Every + spread)): // the clock was turned back
			s.Due = r.later(Every)
			r.dirty = true
		case !s.Due.After(now):
			if due == nil {
				due = map[string]wire.Telemetry{}
			}
			due[issuer] = r.report(s)
			continue
		}
		if s.on() && (next.IsZero() || s.Due.Before(next)) {
			next = s.Due
		}
	}
	return due, next
}

// Took notes that a server has taken a report: what it counted is not counted again.
func (r *Recorder) Took(issuer string, t wire.Telemetry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.of(issuer)
	if !s.on() { // a no came while it was on its way
		return
	}
	s.Counts, s.Due, s.Last = nil, r.later(Every), &Sent{At: r.now().UTC(), Report: t}
	_ = r.save()
}

// Failed notes that a report could not be sent; refused, that the organization wants none.
func (r *Recorder) Failed(issuer string, refused bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.of(issuer)
	if refused {
		s.Policy, s.Counts = authn.TelemetryOff, nil
	}
	s.Due = r.later(retry)
	_ = r.save()
}

// Issuers are those servers that something is known of, by name.
func (r *Recorder) Issuers() (list []string) {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for issuer := range r.s.Servers {
		list = append(list, issuer)
	}
	slices.Sort(list)
	return list
}

// Flush writes what was counted since the last time.
func (r *Recorder) Flush() error {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.dirty {
		return nil
	}
	return r.save()
}

// save writes the file; mu must be held.
func (r *Recorder) save() error {
	data, err := json.MarshalIndent(r.s, "", "  ")
	if err == nil {
		err = atomicfile.Write(r.path, data)
	}
	if err == nil {
		r.dirty = false
	}
	return err
}
