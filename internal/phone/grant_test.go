package phone

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"testing"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/vault"
	"avow/internal/wire"
)

// once told, the phone gives no code for the computer, after a new start either, and not after the vault was put back to before.
func TestEndedGrantGivesNoCode(t *testing.T) {
	for state, want := range map[authn.GrantState]struct {
		err   error
		shows ComputerState
	}{
		authn.GrantRevoked: {authn.ErrGrantRevoked, ComputerRevoked},
		authn.GrantStolen:  {authn.ErrGrantStolen, ComputerStolen},
	} {
		for _, locked := range []bool{false, true} {
			r, a, m, _ := withComputer(t)
			link, _ := m.challenge("")
			before := m.statement()
			ch := must(r.OfflineChallenge(link))
			if locked {
				r.Lock() // then only the index is written
			}
			ended := *m
			ended.Seq, ended.State = 2, state
			r.take()
			r.tell(t, a, wire.OfflineAnswer{Grants: []string{ended.statement()}})
			if kinds := r.take(); len(kinds) != 1 || kinds[0] != ComputersChanged {
				t.Errorf("events %v", kinds)
			}
			again := newRig(t, r.dir)
			again.unlock(t)
			for _, p := range []*rig{r, again} {
				p.tell(t, p.accounts[0], wire.OfflineAnswer{Grants: []string{before}})
				if _, err := p.OfflineChallenge(link); !errors.Is(err, want.err) {
					t.Errorf("%s: scanned: %v", state, err)
				}
				if code, err := p.OfflineCode(t.Context(), ch, platform.Prompt{}); !errors.Is(err, want.err) || code.Text != "" {
					t.Errorf("%s: QR: %v", state, err)
				}
				if code, err := p.ListCode(t.Context(), m.ID, platform.Prompt{}); !errors.Is(err, want.err) || code.Text != "" {
					t.Errorf("%s: list: %v", state, err)
				}
				if got := p.State().Computers; len(got) != 1 || got[0].State != want.shows || got[0].Gives() || len(p.records(p.accounts[0])) != 0 {
					t.Errorf("%s: shows %+v", state, got)
				}
			}
		}
	}
}

// Grants and lists that are not signed for this device, user, key and server are not believed.
func TestForeignGrants(t *testing.T) {
	r := unlocked(t)
	a, identity := r.connect(t)
	tests := map[string]func(*machine){
		"another server's key": func(m *machine) { m.identity = must(key.Generate()) },
		"another issuer":       func(m *machine) { m.Issuer = "https://id.example.org" },
		"another device":       func(m *machine) { m.Device = authn.NewDeviceID() },
		"another user":         func(m *machine) { m.User = authn.NewUserID() },
		"another exchange key": func(m *machine) { m.ExchangeJWK = must(key.Generate()).Key() },
		"unknown state":        func(m *machine) { m.State = "lent" },
		"no seq":               func(m *machine) { m.Seq = 0 },
	}
	for name, change := range tests {
		m := newMachine(r, a, identity, "laptop-42")
		change(m)
		r.tell(t, a, wire.OfflineAnswer{Grants: []string{m.statement(), "", "a.b.c"}, Batches: []string{m.announce(m.newList(50)), "", "a.b.c"}})
		if got := r.State().Computers; len(got) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	m := newMachine(r, a, identity, "laptop-42")
	r.tell(t, a, wire.OfflineAnswer{Grants: []string{m.statement()}})
	lists := map[string]func(*list) string{
		"another computer's key": func(l *list) string { return must(wire.SignBatch(must(key.Generate()), l.Batch)) },
		"the server's key":       func(l *list) string { return must(wire.SignBatch(identity, l.Batch)) },
		"another computer":       func(l *list) string { l.Computer = "sales-pc"; return m.announce(l) },
		"another holder":         func(l *list) string { l.Holder = string(authn.NewDeviceID()); return m.announce(l) },
		"another grant":          func(l *list) string { l.Grant = authn.NewGrantID(); return m.announce(l) },
		"too many codes":         func(l *list) string { l.Count = 1000; return m.announce(l) },
	}
	for name, make := range lists {
		r.tell(t, a, wire.OfflineAnswer{Batches: []string{make(m.newList(50))}})
		if got := r.State().Computers[0]; got.CodesTotal != 0 || got.State != ComputerNoList {
			t.Errorf("list by %s: %+v", name, got)
		}
	}
}

// What stands on the Computers page: newest sign-in first, each computer once, how many codes are left.
func TestComputers(t *testing.T) {
	r, a, m, l := withComputer(t)
	older := newMachine(r, a, m.identity, "sales-pc")
	older.SignedInAt -= 60
	before := newMachine(r, a, m.identity, "laptop-42") // before it was enrolled anew
	before.SignedInAt -= 3600
	before.State = authn.GrantStolen
	r.tell(t, a, wire.OfflineAnswer{Grants: []string{older.statement(), before.statement()}})
	got := r.State().Computers
	if len(got) != 2 || got[0].ID != "laptop-42" || got[0].Grant != m.ID || got[1].ID != "sales-pc" {
		t.Fatalf("computers %+v", got)
	}
	if c := got[0]; c.State != ComputerReady || c.CodesLeft != 50 || c.CodesTotal != 50 || c.Next != 1 || c.Login != "anna.lind" || c.Organisation != "Lund Energy" || c.Account != a.stored.ID {
		t.Errorf("LAPTOP-42 is %+v", c)
	}
	if c := got[1]; c.State != ComputerNoList || c.Next != 0 || !c.Gives() {
		t.Errorf("SALES-PC is %+v", c)
	}
	link, _ := before.challenge("")
	if _, err := r.OfflineChallenge(link); !errors.Is(err, authn.ErrGrantStolen) {
		t.Errorf("the stolen one by its own grant: %v", err)
	}
	for used, want := range map[int]struct {
		state ComputerState
		left  int
	}{44: {ComputerReady, 5}, 45: {ComputerFew, 4}, 48: {ComputerFew, 1}, 49: {ComputerNoList, 0}} {
		r.tell(t, a, wire.OfflineAnswer{Used: []wire.ListPosition{{Batch: l.ID, Index: used}}})
		a.stored.Offline.Grants[0].Batches[0].Next = used + 1
		if c := r.State().Computers[0]; c.State != want.state || c.CodesLeft != want.left {
			t.Errorf("%d used: %s, %d left", used+1, c.State, c.CodesLeft)
		}
	}
}

// Two servers may give the same id to two grants: each is found by its host, and without a host by which gives codes.
func TestSameGrantIDAtTwoServers(t *testing.T) {
	r, _, m, _ := withComputer(t)
	b, identity := r.connect(t)
	b.stored.Server.Issuer = "https://evil.example.com"
	twin := newMachine(r, b, identity, "laptop-42")
	twin.ID, twin.State = m.ID, authn.GrantStolen
	r.tell(t, b, wire.OfflineAnswer{Grants: []string{twin.statement()}})
	for range 2 {
		for _, host := range []string{"", "id.example.com"} {
			link, want := m.challenge(host)
			if code, err := r.codeFor(t, link); err != nil || code.Text != want {
				t.Errorf("host %q: %v", host, err)
			}
		}
		link, _ := twin.challenge("evil.example.com")
		if _, err := r.OfflineChallenge(link); !errors.Is(err, authn.ErrGrantStolen) {
			t.Errorf("the twin: %v", err)
		}
		r.accounts[0], r.accounts[1] = r.accounts[1], r.accounts[0]
	}
}

// A removed account's grants are gone, from memory and from the files.
func TestRemovedAccountHasNoGrants(t *testing.T) {
	r, a, m, _ := withComputer(t)
	link, _ := m.challenge("")
	ch := must(r.OfflineChallenge(link))
	a.stored.Server.Issuer = "https://127.0.0.1:1" // nobody is told
	if _, err := r.RemoveAccount(t.Context(), a.stored.ID); err != nil {
		t.Fatal(err)
	}
	again := newRig(t, r.dir)
	again.unlock(t)
	for _, p := range []*rig{r, again} {
		if _, err := p.OfflineCode(t.Context(), ch, platform.Prompt{}); !errors.Is(err, authn.ErrGrantUnknown) || len(p.State().Computers) != 0 {
			t.Errorf("%v, %+v", err, p.State().Computers)
		}
	}
}

// The grants that are kept are bounded; the oldest go first, and what tells of a theft last.
func TestGrantsAreBounded(t *testing.T) {
	var o storedOffline
	id := func(n int) authn.GrantID { return authn.GrantID{1, byte(n >> 8), byte(n)} }
	for n := range maxKept + 10 {
		g := wire.Grant{ID: id(n), Seq: 1, State: authn.GrantActive, Expires: int64(n)}
		if n < 5 {
			g.State = authn.GrantStolen
		}
		o.takeGrant(g)
	}
	if len(o.Grants) != maxKept || o.grant(id(0)) == nil || o.grant(id(4)) == nil || o.grant(id(5)) != nil || o.grant(id(maxKept+9)) == nil {
		t.Errorf("%d grants", len(o.Grants))
	}
}

// The vault's account of this version reads the same for ever, and one from before there were computers opens.
func TestStoredAccountGolden(t *testing.T) {
	for _, name := range []string{"testdata/account.json", "testdata/account-before-computers.json"} {
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var s storedAccount
		dec := json.NewDecoder(bytes.NewReader(want))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&s); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := json.MarshalIndent(s, "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, '\n'); !bytes.Equal(got, want) {
			t.Errorf("%s is written anew as\n%s", name, got)
		}
	}
}

// an index that was put back to before brings nothing back that has ended, nor a code that was shown.
func TestIndexThatWasPutBack(t *testing.T) {
	r, a, m, _ := withComputer(t)
	other := newMachine(r, a, m.identity, "sales-pc")
	l := other.newList(50)
	r.tell(t, a, wire.OfflineAnswer{Grants: []string{other.statement()}, Batches: []string{other.announce(l)}})
	index := r.dir + "/" + vault.IndexName
	before, err := os.ReadFile(index)
	if err != nil {
		t.Fatal(err)
	}
	m.Seq, m.State = 2, authn.GrantStolen
	r.tell(t, a, wire.OfflineAnswer{Grants: []string{m.statement()}})
	must(r.ListCode(t.Context(), other.ID, platform.Prompt{}))
	if err := os.WriteFile(index, before, 0o600); err != nil {
		t.Fatal(err)
	}
	again := newRig(t, r.dir)
	again.unlock(t)
	c, _ := again.State().Computer(m.ID)
	if c.State != ComputerStolen || len(again.records(again.accounts[0])) != 1 {
		t.Errorf("%s, %d records", c.State, len(again.records(again.accounts[0])))
	}
	if code, err := again.NextListCode(keystore.WithPIN(t.Context(), pin), other.ID, platform.Prompt{}); err != nil || code.Number != 2 {
		t.Errorf("number %d, %v", code.Number, err)
	}
}
