package phone

import (
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/phone/platform"
	"avow/internal/wire"
)

// A person's phone with three computers; what the simulated sensor and the files cost is in it, the person's finger is not.
func benchPhone(b *testing.B) (*rig, *account, *machine) {
	b.Helper()
	r := unlocked(b)
	a, identity := r.connect(b)
	var m *machine
	for _, id := range []string{"laptop-42", "sales-pc", "lab-7"} {
		m = newMachine(r, a, identity, authn.ClientID(id))
		r.tell(b, a, wire.OfflineAnswer{Grants: []string{m.statement()}, Batches: []string{m.announce(m.newList(50))}})
	}
	r.finger(b)
	return r, a, m
}

// told empties the notes, as the server's answer does.
func told(a *account) {
	o := a.stored.Offline.clone()
	o.acknowledge(o.Noted)
	a.stored.Offline = o
}

func BenchmarkOfflineCode(b *testing.B) {
	r, a, m := benchPhone(b)
	for b.Loop() {
		b.StopTimer()
		link, want := m.challenge("")
		told(a)
		r.keys.Lock() // each code has its own verification
		b.StartTimer()
		ch, err := r.OfflineChallenge(link)
		if err != nil {
			b.Fatal(err)
		}
		if code, err := r.OfflineCode(b.Context(), ch, platform.Prompt{}); err != nil || code.Text != want {
			b.Fatal(err)
		}
	}
}

func BenchmarkListCode(b *testing.B) {
	r, a, m := benchPhone(b)
	for b.Loop() {
		b.StopTimer()
		told(a)
		for i := range a.stored.Offline.Grants {
			batches := a.stored.Offline.Grants[i].Batches
			batches[0].Next, batches[0].Shown = 0, time.Time{}
		}
		r.keys.Lock()
		b.StartTimer()
		if _, err := r.ListCode(b.Context(), m.ID, platform.Prompt{}); err != nil {
			b.Fatal(err)
		}
	}
}
