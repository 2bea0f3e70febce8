package wire

import (
	"crypto"
	"fmt"

	"avow/internal/authn"
	"avow/internal/key"
)

// DecisionCommand carries a Decision (POST /v1/requests/{id}/decision).
type DecisionCommand struct {
	Decision string `json:"decision"` // JWS
}

// DecisionAnswer tells what became of it.
type DecisionAnswer struct {
	State   authn.RequestState `json:"state"`
	Receipt string             `json:"receipt"` // JWS
}

// RequestList answers GET /v1/requests: each element is an ApprovalRequest as JWS.
type RequestList struct {
	Requests   []string `json:"requests"`
	ServerTime int64    `json:"server_time"`
}

// PracticeAnswer answers POST /v1/requests/practice: a request of authn.ActionPractice for the device that asked, and the number that a screen would show. No other
// answer to a phone has a number in it; this one is worth nothing.
type PracticeAnswer struct {
	Request string `json:"request"` // ApprovalRequest as JWS
	Number  string `json:"number"`  // six digits
}

// Status is how a device and its account stand, signed (GET /v1/device).
type Status struct {
	Issuer            string            `json:"iss"`
	Device            authn.DeviceID    `json:"aud"`
	User              authn.UserID      `json:"sub"`
	Login             string            `json:"login"`
	Name              string            `json:"name"`
	Organisation      string            `json:"organisation"`
	State             authn.DeviceState `json:"state"`
	UserStatus        authn.UserStatus  `json:"user_status"`
	PasswordChangedAt int64             `json:"password_changed_at,omitempty"` // unix seconds
	PasswordExpiresAt int64             `json:"password_expires_at,omitempty"` // unix seconds; never, or unknown, without it
	MutedUntil        int64             `json:"muted_until,omitempty"`
	ProbationUntil    int64             `json:"probation_until,omitempty"` // until then this device changes nothing about the account
	Notices           []Notice          `json:"notices"`
	Restore           *DeviceRestore    `json:"restore,omitempty"`  // nil: the server knows nothing of it
	Restores          []RestoreEntry    `json:"restores,omitempty"` // that are under way
	Lock              *DeviceLock       `json:"lock,omitempty"`     // nil: the server has no say in it
	IssuedAt          int64             `json:"iat"`

	Telemetry authn.TelemetryPolicy `json:"telemetry,omitempty"` // "" of a server that takes no reports yet
}

// DeviceLock is what the organisation wants of how the app locks. An app with several accounts keeps to the strictest of them.
type DeviceLock struct {
	Seconds   int             `json:"seconds,omitempty"` // at most so long it stays open without being used; 0: no bound
	WrongPINs authn.WrongPINs `json:"wrong_pins"`        // after authn.PINTries wrong PINs; what nobody knows is authn.WrongPINWait
}

// Notice is a security event that a device shows.
type Notice struct {
	ID    authn.NoticeID    `json:"id"`
	Kind  authn.NoticeKind  `json:"kind"`
	At    int64             `json:"at"`
	Facts map[string]string `json:"facts"`
}

// DeliveryTest has the server send a test event to the device's open streams (POST /v1/events/test).
type DeliveryTest struct {
	ID string `json:"id"` // random, chosen by the phone: 22 characters of base64url
}

// StatusAnswer carries a Status.
type StatusAnswer struct {
	Status string `json:"status"` // JWS
}

// SignStatus signs with the identity key.
func SignStatus(s crypto.Signer, st Status) (string, error) { return sign(s, TypeStatus, "", nil, st) }

// VerifyStatus checks that the statement comes from the pinned server and is for this device, and cleans its texts.
func VerifyStatus(raw string, identity key.Public, issuer string, device authn.DeviceID) (Status, error) {
	t, err := open(raw, TypeStatus)
	if err != nil {
		return Status{}, err
	}
	var s Status
	if err := t.verify(identity, false, &s); err != nil {
		return Status{}, err
	}
	if s.Issuer != issuer || s.Device != device {
		return Status{}, fmt.Errorf("%s: is for someone else", TypeStatus)
	}
	s.Login, s.Name = authn.CleanText(s.Login, 128), authn.CleanText(s.Name, 128)
	s.Organisation = authn.CleanText(s.Organisation, 128)
	for _, n := range s.Notices {
		for name, fact := range n.Facts {
			n.Facts[name] = authn.CleanText(fact, 128)
		}
	}
	for i, r := range s.Restores {
		s.Restores[i].Device, s.Restores[i].IP = authn.CleanText(r.Device, 64), authn.CleanText(r.IP, 64)
	}
	return s, nil
}

// The events of GET /v1/events (text/event-stream). The data of a request event is an ApprovalRequest as JWS; that of the
// others is JSON.
const (
	EventRequest       = "request"        // data: JWS
	EventRequestClosed = "request_closed" // data: RequestClosed
	EventStatus        = "status"         // data: StatusAnswer; also when a notice arrives
	EventComputers     = "computers"      // data: {}; grants or batches have changed: ask POST /v1/offline
	EventTest          = "test"           // data: DeliveryTest; the phone has asked for it
	EventDuplicate     = "duplicate"      // data: {}; a phone has claimed what this one offers: ask GET /v1/duplicate/{duplicate_id}
)

// RequestClosed says that a request is open no more.
type RequestClosed struct {
	ID     authn.RequestID    `json:"id"`
	State  authn.RequestState `json:"state"`
	Device authn.DeviceID     `json:"device,omitempty"` // that answered it
	Name   string             `json:"name,omitempty"`   // of that device, as its user calls it
}
