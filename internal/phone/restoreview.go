package phone

import (
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/wire"
)

// RestoreState says how far an account can be restored, as its person sees it. It is printed by the simulator: append, never rename.
type RestoreState string

// The states.
const (
	RestoreOff       RestoreState = "off"
	RestoreOn        RestoreState = "on"
	RestoreElsewhere RestoreState = "elsewhere" // set up on another device: this one has not joined
	RestoreIsBlocked RestoreState = "blocked"
	RestoreRenew     RestoreState = "renew" // on, but the code has to be noted anew, or replaced: RestoreView.Unnoted tells which
)

// RestoreView is how restore stands for an account.
type RestoreView struct {
	Policy   authn.RestorePolicy // "" until the server has told
	State    RestoreState
	CodeAt   time.Time
	ProvenAt time.Time // of the last drill, on whatever device
	Offer    bool      // show the prompt: the fourth Yes, or the organisation wants it
	Unnoted  bool      // this device has drawn a code that the person has not noted yet: ShowRestoreCode, then NoteRestoreCode
	SavedAt  time.Time // when the server took what this device knows
	Pending  bool      // an upload waits
}

// Drill is the outcome of a proof of a restore code against what the server keeps.
type Drill struct {
	At        time.Time
	Accounts  int
	Codes     int  // of other services
	Computers int  // that can be signed in to without a network
	Same      bool // what the code opens is what this device has
}

// Sheet is what is printed of a restore code.
type Sheet struct {
	Organisation string
	Host         string
	Login        string
	Support      string
	Code         key.RestoreCode
	Link         wire.RestoreLink // for the QR
	At           time.Time
}

// RestoreFrom is what a person knows who has lost her phone: what stands on her sheet, typed or scanned.
type RestoreFrom struct {
	Host  string
	Login string       // typed by hand
	User  authn.UserID // of a scanned sheet, in place of Login
	Pin   *key.Pin     // of a scanned sheet: nil when it was typed; then the code has to vouch for the server
	Code  key.RestoreCode
}

// RestoreFromLink reads a scanned sheet.
func RestoreFromLink(l wire.RestoreLink) RestoreFrom {
	return RestoreFrom{Host: l.Host, User: l.User, Pin: &l.Pin, Code: l.Code}
}

// RestoreOffer is an account that can be restored, before anything was proved.
type RestoreOffer struct {
	Organisation string
	Host         string
	Support      string
	Login        string // as it was typed; "" for a scanned sheet
	NewServer    bool   // the app has accounts, but none at this server

	pending pendingRestore
	code    key.RestoreCode
}

// Restoring is a restore that is under way on this phone.
type Restoring struct {
	ID           authn.RestoreID
	Kind         authn.RestoreKind
	State        authn.RestoreState
	Host         string
	Organisation string
	Login        string
	Delivery     authn.RestoreDelivery
	MailMasked   string
	Expires      time.Time // of the one-time code while it is awaited, else of the restore; by this device's clock
	HeldUntil    time.Time
	Needed       int // of colleagues
	Approved     int
	Number       string // six digits, to be read out to colleagues who call; "" unless they are asked
	Reason       string // code of the error that ended it
}

// OldDevice is a device that the account had before it was restored.
type OldDevice struct {
	ID       authn.DeviceID
	Name     string
	LastSeen time.Time
	Asked    bool // the organisation wants that the person says whether it is lost: RemoveDevice
}

// RestoreChanged tells of a restore that is under way, or of how far an account can be restored.
const RestoreChanged EventKind = "restore_changed"
