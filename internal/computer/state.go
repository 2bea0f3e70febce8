package computer

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"avow/internal/authn"
	"avow/internal/wire"
)

// stateVersion is the version of the state file that this program writes. It reads no other.
const stateVersion = 1

// state is all that is kept, in one file, so that a use, its record and its count reach the disk in one step or not at
// all. A copy may share the slices within lists and journal: those are never changed in place.
type state struct {
	HighWater int64               `json:"high_water"` // milliseconds since 1970: the latest time seen
	Uptime    int64               `json:"uptime"`     // milliseconds since boot when it was seen
	Offline   authn.OfflinePolicy `json:"offline"`
	Grants    []grant             `json:"grants"`
	Lists     []list              `json:"lists"` // of one holder the older first
	People    []person            `json:"people"`
	Journal   journal             `json:"journal"`
}

// grant is a statement of the server and how often it was used here.
type grant struct {
	wire.Grant
	Uses int `json:"uses"`
}

func (s state) clone() state {
	s.Grants, s.Lists, s.People = slices.Clone(s.Grants), slices.Clone(s.Lists), slices.Clone(s.People)
	return s
}

// grant finds one by its id, nil if there is none.
func (s *state) grant(id authn.GrantID) *grant {
	i := slices.IndexFunc(s.Grants, func(g grant) bool { return g.ID == id })
	if i < 0 {
		return nil
	}
	return &s.Grants[i]
}

// list finds one by its id, nil if there is none.
func (s *state) list(id authn.BatchID) *list {
	i := slices.IndexFunc(s.Lists, func(l list) bool { return l.ID == id })
	if i < 0 {
		return nil
	}
	return &s.Lists[i]
}

// person is what is known of a login; the zero counts if nothing is.
func (s *state) person(login string) person {
	login = loginKey(login)
	i := slices.IndexFunc(s.People, func(p person) bool { return p.Login == login })
	if i < 0 {
		return person{Login: login}
	}
	return s.People[i]
}

func (s *state) setPerson(p person) {
	p.Login = loginKey(p.Login)
	i := slices.IndexFunc(s.People, func(old person) bool { return old.Login == p.Login })
	switch {
	case i >= 0:
		s.People[i] = p
	case p != person{Login: p.Login}:
		s.People = append(s.People, p)
	}
}

// fileBytes is the one spelling of a state: a version, the SHA-256 of the state's own JSON, and that JSON.
func fileBytes(version int, inner []byte) []byte {
	sum := sha256.Sum256(inner)
	return fmt.Appendf(nil, "{\"version\":%d,\"sum\":\"%s\",\"state\":%s}\n", version, base64.RawURLEncoding.EncodeToString(sum[:]), inner)
}

func (s state) encode() ([]byte, error) {
	inner, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode state: %w", err)
	}
	return fileBytes(stateVersion, inner), nil
}

// decodeState reads a state file exactly as encode wrote it: a flipped bit, a cut end or a field too many is an error.
func decodeState(data []byte) (state, error) {
	var outer struct {
		Version int             `json:"version"`
		Sum     string          `json:"sum"`
		State   json.RawMessage `json:"state"`
	}
	if err := json.Unmarshal(data, &outer); err != nil {
		return state{}, fmt.Errorf("state file: %w", err)
	}
	if outer.Version != stateVersion {
		return state{}, fmt.Errorf("state file has version %d, want %d", outer.Version, stateVersion)
	}
	if !bytes.Equal(data, fileBytes(outer.Version, outer.State)) {
		return state{}, errors.New("state file is not as it was written")
	}
	dec := json.NewDecoder(bytes.NewReader(outer.State))
	dec.DisallowUnknownFields()
	var s state
	if err := dec.Decode(&s); err != nil {
		return state{}, fmt.Errorf("state: %w", err)
	}
	return s, s.validate()
}

func (s state) validate() error {
	if s.HighWater < 0 || s.Uptime < 0 || !s.Offline.Valid() {
		return errors.New("state: clock or policy is out of bounds")
	}
	for _, g := range s.Grants {
		if g.ID == (authn.GrantID{}) || !g.State.Valid() || g.Uses < 0 || g.ExchangeJWK.IsZero() || g.Login == "" || g.User == "" {
			return fmt.Errorf("state: grant %s is not complete", g.ID)
		}
	}
	for _, l := range s.Lists {
		if err := l.validate(); err != nil {
			return err
		}
		if s.grant(l.Grant) == nil {
			return fmt.Errorf("state: list %s has no grant", l.ID)
		}
	}
	for _, p := range s.People {
		if p.Login == "" || p.Row < 0 || p.Total < 0 || p.Last != "" && !p.Last.Valid() {
			return fmt.Errorf("state: counts of %q are out of bounds", p.Login)
		}
	}
	if !s.Journal.intact() {
		return errors.New("state: journal is no chain")
	}
	return nil
}
