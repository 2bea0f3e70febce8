package authn

import (
	"crypto/subtle"
	"slices"
	"time"
)

// RequestState is stored and sent: append, never rename.
type RequestState string

// The states of an approval request: open -> one of the others, approved -> redeemed.
const (
	RequestOpen      RequestState = "open"
	RequestApproved  RequestState = "approved"
	RequestDenied    RequestState = "denied"
	RequestReported  RequestState = "reported"  // "it's not me"
	RequestExpired   RequestState = "expired"   // nobody answered in time
	RequestCancelled RequestState = "cancelled" // the client, or an administrator, took it back
	RequestRedeemed  RequestState = "redeemed"  // the client has fetched its token
	RequestFailed    RequestState = "failed"    // too many wrong numbers
)

// Lifetimes of approval requests.
const (
	RequestLifetime    = 120 * time.Second
	MaxRequestLifetime = 600 * time.Second
	RedeemLifetime     = 300 * time.Second // from approved to redeemed
)

// DecisionKind is signed and sent: append, never rename.
type DecisionKind string

// What a person can say.
const (
	Approve DecisionKind = "approve"
	Deny    DecisionKind = "deny"
	NotMe   DecisionKind = "not_me"
)

// RequestAction is what a Yes means. Signed and sent: append, never rename; a phone refuses one that it does not know, since it could not say what is approved.
type RequestAction string

// The actions.
const (
	ActionSignIn       RequestAction = "sign_in"
	ActionVerifyCaller RequestAction = "verify_caller" // "it is I who talk to the service desk"; signs in to nothing
	ActionVouch        RequestAction = "vouch"         // "I know who is talking to the service desk: Message"; signs in to nothing
	ActionAgree        RequestAction = "agree"         // "another administrator may do this: Message"; signs in to nothing
	ActionConnectPhone RequestAction = "connect_phone" // "I have spoken to Message, who wants to connect a new phone"; signs in to nothing
	ActionPractice     RequestAction = "practice"      // asked for by the phone itself, to learn how to answer; signs in to nothing and is redeemed by nobody
)

// Valid reports whether a is one of the known actions.
func (a RequestAction) Valid() bool {
	return slices.Contains([]RequestAction{ActionSignIn, ActionVerifyCaller, ActionVouch, ActionAgree, ActionConnectPhone, ActionPractice}, a)
}

// Origin says from where the sign-in comes; shown on the phone.
type Origin struct {
	IP    string `json:"ip,omitempty"`
	Place string `json:"place,omitempty"`
	Agent string `json:"agent,omitempty"`
}

// Delivery is the request as signed for one device: what is shown is what is signed.
type Delivery struct {
	Device DeviceID `json:"device"`
	JWS    string   `json:"jws"`
	UV     UVDemand `json:"uv,omitempty"` // as JWS says it; "" is UVRequired
}

// ApprovalRequest is one question to a user: "is it you?". Secrets of it are kept as hashes only.
type ApprovalRequest struct {
	ID       RequestID
	AuthReq  Hash // of auth_req_id, which the client holds
	Handle   Hash // of the 128 bits in the A code
	Number   Hash // NumberMAC of the six digits; zero without a number
	User     UserID
	Client   ClientID
	Match    MatchMode
	Action   RequestAction
	Message  string
	Origin   Origin
	ACR      string // asked for by the client
	Nonce    string
	Devices  []Delivery
	State    RequestState
	OpenedAt time.Time
	Expires  time.Time

	DecidedAt time.Time
	DecidedBy DeviceID
	Decision  DecisionKind
	MatchedBy MatchMode        // how the approval was tied to the screen in fact
	UV        UserVerification // as the device says
	Proof     string           // the decision JWS, for the receipt
	Redeemed  time.Time
}

// Errors of approval.
var (
	ErrRequestUnknown = Fail(NotFound, "request_unknown", "This request is not open any more.")
	ErrRequestExpired = Fail(Gone, "request_expired", "Too late: the time is over. Sign in again.")
	ErrDecided        = Fail(Conflict, "already_decided", "This request was answered already.")
	ErrWrongNumber    = Fail(Invalid, "wrong_number", "Not this number. Look at the screen again.")
	ErrRequestFailed  = Fail(Gone, "too_many_wrong_numbers", "Three wrong numbers. This request has ended; sign in again.")
	ErrUVMissing      = Fail(Forbidden, "user_verification_required", "Confirm with your fingerprint or PIN first.")
)

// StateAt is the state with the clock applied: an open request past its time is expired.
func (r ApprovalRequest) StateAt(now time.Time) RequestState {
	if r.State == RequestOpen && !now.Before(r.Expires) {
		return RequestExpired
	}
	return r.State
}

// OpenFor reports whether the request waits for an answer of the device.
func (r ApprovalRequest) OpenFor(d DeviceID, now time.Time) (jws string, ok bool) {
	if r.StateAt(now) != RequestOpen {
		return "", false
	}
	for _, del := range r.Devices {
		if del.Device == d {
			return del.JWS, true
		}
	}
	return "", false
}

// Verdict is a decision whose signature was checked.
type Verdict struct {
	Device DeviceID
	Kind   DecisionKind
	Number Hash // NumberMAC of what was typed; zero when nothing was
	Handle Hash // of the scanned handle; zero when nothing was
	UV     UserVerification
	Proof  string
}

// Decide answers the request once, for a device that it was delivered to. A wrong number returns ErrWrongNumber and leaves it open; the caller counts it
// with Guard.WrongNumber, which may end it by Fail.
func (r ApprovalRequest) Decide(v Verdict, now time.Time) (ApprovalRequest, error) {
	switch r.StateAt(now) {
	case RequestOpen:
	case RequestExpired:
		return r, ErrRequestExpired
	case RequestFailed:
		return r, ErrRequestFailed
	default:
		return r, ErrDecided
	}
	asked := slices.IndexFunc(r.Devices, func(d Delivery) bool { return d.Device == v.Device })
	if asked < 0 {
		return r, ErrRequestUnknown
	}
	switch v.Kind {
	case Approve:
		if !r.Devices[asked].UV.Met(v.UV) {
			return r, ErrUVMissing
		}
		matched, err := r.match(v)
		if err != nil {
			return r, err
		}
		r.State, r.MatchedBy = RequestApproved, matched
	case NotMe:
		r.State = RequestReported
	case Deny:
		r.State = RequestDenied
	default:
		return r, Fail(Invalid, "bad_decision", "The decision is approve, deny or not_me.")
	}
	r.DecidedAt, r.DecidedBy, r.Decision, r.UV, r.Proof = now, v.Device, v.Kind, v.UV, v.Proof
	return r, nil
}

func (r ApprovalRequest) match(v Verdict) (MatchMode, error) {
	if !v.Handle.IsZero() { // always offered beside the number
		if subtle.ConstantTimeCompare(v.Handle[:], r.Handle[:]) == 1 {
			return MatchQR, nil
		}
		return "", ErrWrongNumber
	}
	switch r.Match {
	case MatchTap:
		return MatchTap, nil
	case MatchNumber:
		if !v.Number.IsZero() && subtle.ConstantTimeCompare(v.Number[:], r.Number[:]) == 1 {
			return MatchNumber, nil
		}
	}
	return "", ErrWrongNumber
}

// Fail ends an open request after too many wrong numbers.
func (r ApprovalRequest) Fail(now time.Time) ApprovalRequest {
	if r.State == RequestOpen {
		r.State, r.DecidedAt = RequestFailed, now
	}
	return r
}

// Cancel ends an open request; a decided one stays as it is.
func (r ApprovalRequest) Cancel(now time.Time) (ApprovalRequest, error) {
	if r.StateAt(now) != RequestOpen {
		return r, ErrDecided
	}
	r.State, r.DecidedAt = RequestCancelled, now
	return r, nil
}

// Redeem gives the approval to its client once, within RedeemLifetime. Practice is worth nothing to anybody.
func (r ApprovalRequest) Redeem(now time.Time) (ApprovalRequest, error) {
	switch {
	case r.Action == ActionPractice:
		return r, ErrRequestUnknown
	case r.State == RequestRedeemed:
		return r, ErrDecided
	case r.State != RequestApproved:
		return r, ErrRequestUnknown
	case now.After(r.DecidedAt.Add(RedeemLifetime)):
		return r, ErrRequestExpired
	}
	r.State, r.Redeemed = RequestRedeemed, now
	return r, nil
}
