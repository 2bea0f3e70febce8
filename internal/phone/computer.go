package phone

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"avow/internal/authn"
)

// ComputerState says what the phone can do for a computer. It is printed by the simulator: append, never rename.
type ComputerState string

// The states of a computer, as the phone knows them. Only the first three give codes.
const (
	ComputerReady   ComputerState = "ready"   // codes for a QR and from the list
	ComputerFew     ComputerState = "few"     // fewer than fewCodes codes are left in the list
	ComputerNoList  ComputerState = "no_list" // only codes for a QR
	ComputerOld     ComputerState = "old"     // the last sign-in with a network is too long ago
	ComputerRevoked ComputerState = "revoked" // taken away by the organisation
	ComputerStolen  ComputerState = "stolen"  // reported stolen: there are no codes, for ever
)

// fewCodes is how many codes of a list are enough for nobody to worry.
const fewCodes = 5

// Computer is one that an account can sign in to without a network, as the server's grant says. It is a value.
type Computer struct {
	Grant        authn.GrantID
	Account      AccountID
	ID           authn.ClientID
	Name         string
	Login        string
	Organisation string
	SignedInAt   time.Time // with a network, last
	Until        time.Time // then it is over, by the server's clock
	State        ComputerState
	CodesLeft    int // of the list, with the one that is shown or comes next
	CodesTotal   int
	Next         int // number, from 1, of the code that is shown or comes next; 0 without one
}

// Gives reports whether there are codes for the computer.
func (c Computer) Gives() bool {
	return c.State == ComputerReady || c.State == ComputerFew || c.State == ComputerNoList
}

// usable says whether a grant gives codes now; mu must be held.
func (a *account) usable(g storedGrant, now time.Time) error {
	status := a.stored.Status.Status
	switch {
	case g.Grant.State == authn.GrantStolen:
		return authn.ErrGrantStolen
	case g.Grant.State != authn.GrantActive, status == Removed, status == Blocked:
		return authn.ErrGrantRevoked
	case !a.stored.Clock.best(now).Before(unix(g.Grant.Expires)):
		return authn.ErrGrantOver
	}
	return nil
}

// computer is a grant as it is shown; mu must be held.
func (a *account) computer(g storedGrant, now time.Time) Computer {
	c := Computer{
		Grant: g.Grant.ID, Account: a.stored.ID, ID: g.Grant.Computer.ID, Name: g.Grant.Computer.Name, Login: g.Grant.Login,
		Organisation: a.stored.Server.Organisation, SignedInAt: unix(g.Grant.SignedInAt), Until: unix(g.Grant.Expires),
	}
	if n := len(g.Batches); n > 0 {
		c.CodesTotal = g.Batches[n-1].Count
	}
	if p, ok := g.present(now); ok {
		c.CodesTotal = g.Batches[p.batch].Count
		c.CodesLeft, c.Next = c.CodesTotal-p.code, p.code+1
	}
	switch err := a.usable(g, now); {
	case err == authn.ErrGrantStolen:
		c.State = ComputerStolen
	case err == authn.ErrGrantOver:
		c.State = ComputerOld
	case err != nil:
		c.State = ComputerRevoked
	case c.CodesLeft == 0:
		c.State = ComputerNoList
	case c.CodesLeft < fewCodes:
		c.State = ComputerFew
	default:
		c.State = ComputerReady
	}
	return c
}

// computers lists those of all accounts, each once: a computer that was enrolled anew has an older grant too. mu must be held.
func (c *Core) computers() (list []Computer) {
	now := c.cfg.Now()
	for _, a := range c.accounts {
		newest := map[authn.ClientID]Computer{}
		for _, g := range a.stored.Offline.Grants {
			next := a.computer(g, now)
			old, ok := newest[next.ID]
			if !ok || next.SignedInAt.After(old.SignedInAt) || next.SignedInAt.Equal(old.SignedInAt) && next.Gives() {
				newest[next.ID] = next
			}
		}
		for _, computer := range newest {
			list = append(list, computer)
		}
	}
	slices.SortFunc(list, func(a, b Computer) int {
		return cmp.Or(b.SignedInAt.Compare(a.SignedInAt), strings.Compare(a.Name, b.Name), strings.Compare(string(a.ID), string(b.ID)), strings.Compare(string(a.Account), string(b.Account)))
	})
	return list
}
