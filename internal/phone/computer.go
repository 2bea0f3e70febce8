package phone

import (
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
	CodesLeft    int // of the list, with the one that is shown next
	CodesTotal   int
	Next         int // number, from 1, of the list's next code; 0 without one
}

// Gives reports whether there are codes for the computer.
func (c Computer) Gives() bool {
	return c.State == ComputerReady || c.State == ComputerFew || c.State == ComputerNoList
}
