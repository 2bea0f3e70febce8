package phone

import (
	"fmt"
	"testing"
	"time"

	"avow/internal/wire"
)

// TestHistory: nothing is kept twice, the newest are kept, and what the vault does not have yet is told from what it has.
func TestHistory(t *testing.T) {
	at := time.Date(2026, 3, 3, 10, 0, 0, 0, time.UTC)
	a := &account{}
	for i := range maxHistory + 50 {
		if !a.happened(happening{ID: fmt.Sprint("n", i), At: at.Add(time.Duration(i) * time.Minute), What: whatDrill}) {
			t.Fatalf("entry %d is not new", i)
		}
		if i == maxHistory-1 {
			a.told = maxHistory // the vault has all of these
		}
	}
	if n := len(a.stored.History); n != maxHistory || a.stored.History[0].ID != "n50" {
		t.Fatalf("%d entries from %s on are kept", n, a.stored.History[0].ID)
	}
	if waits := len(a.stored.History[a.told:]); waits != 50 {
		t.Errorf("%d entries wait for the vault, want 50", waits)
	}
	if a.happened(happening{ID: "n340", What: whatDrill}) {
		t.Error("an entry was kept twice")
	}
	vault := []happening{{ID: "one", At: at, What: whatDrill}, {ID: "two", At: at, What: whatOffline}}
	locked := &account{notices: []wire.Notice{{ID: "three", At: at.Unix()}}}
	locked.happened(happening{ID: "two", At: at, What: whatOffline}) // a crash between the two files leaves some in both
	locked.happened(happening{ID: "four", At: at, What: whatOffline})
	locked.takeHistory(vault)
	var ids []string
	for _, h := range locked.stored.History {
		ids = append(ids, h.ID)
	}
	if got := fmt.Sprint(ids); got != "[one two four three]" || locked.told != 2 {
		t.Errorf("after unlocking there are %s, of which the vault has %d", got, locked.told)
	}
}
