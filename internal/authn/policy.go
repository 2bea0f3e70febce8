package authn

// UVPolicy says when a phone makes sure that its owner is there (feature A4). Stored and sent: append, never rename.
type UVPolicy string

// The policies.
const (
	UVEachApproval UVPolicy = "each_approval" // at registration and at each Yes
	UVRegistration UVPolicy = "registration"  // at registration only; below NIST AAL2
	UVOff          UVPolicy = "off"           // never; below NIST AAL2
)

// Valid reports whether p is one of the policies.
func (p UVPolicy) Valid() bool { return p == UVEachApproval || p == UVRegistration || p == UVOff }

// laxity is 0 for the strictest policy, and so for one that nobody knows.
func (p UVPolicy) laxity() int {
	switch p {
	case UVRegistration:
		return 1
	case UVOff:
		return 2
	}
	return 0
}

// NoLaxerThan reports whether p asks the user at least as often as q does.
func (p UVPolicy) NoLaxerThan(q UVPolicy) bool { return p.laxity() <= q.laxity() }

// Demand is what a request to a device says while p holds, for a device that was registered under another policy, or the same: a Yes without
// verification needs both.
func (p UVPolicy) Demand(device UVPolicy) UVDemand {
	if p.laxity() > 0 && device.laxity() > 0 {
		return UVUnneeded
	}
	return UVRequired
}

// UVDemand is what one request wants of a Yes. Signed and sent: append, never rename; what nobody knows, or nothing, is UVRequired.
type UVDemand string

// The demands.
const (
	UVRequired  UVDemand = "required"
	UVPreferred UVDemand = "preferred" // of WebAuthn; no server says it, and phones take it for required
	UVUnneeded  UVDemand = "none"
)

// Valid reports whether d is one of the demands.
func (d UVDemand) Valid() bool { return d == UVRequired || d == UVPreferred || d == UVUnneeded }

// Met reports whether a Yes after v is enough.
func (d UVDemand) Met(v UserVerification) bool {
	return v.Happened() || d == UVUnneeded && v == UVNone
}

// AttestationPolicy says whether a phone must prove in what hardware its keys lie. Stored and sent: append, never rename.
type AttestationPolicy string

// The policies.
const (
	AttestationNone     AttestationPolicy = "none"     // what a phone proves is believed; one that proves nothing is taken for software
	AttestationRequired AttestationPolicy = "required" // one that proves nothing is refused
)

// Valid reports whether p is one of the policies.
func (p AttestationPolicy) Valid() bool { return p == AttestationNone || p == AttestationRequired }

// ErrAttestationRequired is answered to a phone that proves nothing where it must.
var ErrAttestationRequired = Fail(Invalid, "attestation_required",
	"Your organisation connects only phones that prove that their keys are safe. Update the app and try again with a new code, or ask the service desk which phones can.")

// Policy is what administrators decide for the whole organisation. The zero value of a field means what the configuration says.
type Policy struct {
	Match            MatchMode         `json:"match"` // for clients without one of their own
	UserVerification UVPolicy          `json:"user_verification"`
	SessionHours     int               `json:"session_hours"`         // of a session that is sent, unless somebody says otherwise
	SecondProof      SecondProof       `json:"second_proof"`          // of such a session; "" takes the best that the user has
	Attestation      AttestationPolicy `json:"attestation,omitempty"` // of phones that are connected from now on; "" is what the configuration says

	GrantDays int `json:"grant_days"` // how long, and how often, a computer takes codes after a sign-in with a network
	GrantUses int `json:"grant_uses"`

	Restore          RestorePolicy            `json:"restore,omitempty"`           // for users none of whose groups has its own; RestoreFor
	GroupRestore     map[string]RestorePolicy `json:"group_restore,omitempty"`     // by the name of the group
	OldDevice        OldDevicePolicy          `json:"old_device,omitempty"`        // what a restore does to the devices that were there
	RestoreHold      int                      `json:"restore_hold"`                // hours that a restore waits before it is released; 0 is a decision, as in ProbationHours
	RestoreDelivery  RestoreDelivery          `json:"restore_delivery,omitempty"`  // of the one-time code
	ProbationHours   int                      `json:"probation_hours"`             // how long a new device may sign in only
	ColleaguesNeeded int                      `json:"colleagues_needed,omitempty"` // whose Yes brings back somebody without a code
	ColleaguesHold   int                      `json:"colleagues_hold,omitempty"`   // hours between the last Yes and the release
	BackupEnrolls    bool                     `json:"backup_enrolls,omitempty"`    // two backup codes connect a phone

	LockSeconds int             `json:"lock_seconds,omitempty"` // at most so long is the app open without being used; 0: as long as its user likes
	WrongPINs   WrongPINs       `json:"wrong_pins,omitempty"`   // what follows ten wrong PINs in the app
	Telemetry   TelemetryPolicy `json:"telemetry,omitempty"`    // whether users are asked for usage reports
}

// Validate says what is wrong with the policy.
func (p Policy) Validate() error {
	switch {
	case !p.Match.Valid():
		return Fail(Invalid, "bad_match", "The challenge is number, qr or tap.")
	case !p.UserVerification.Valid():
		return Fail(Invalid, "bad_user_verification", "The user is verified at each_approval, at registration, or off.")
	case p.SessionHours < 1 || p.SessionHours > int(MaxSentLifetime.Hours()):
		return ErrHours
	case p.SecondProof != "" && (!p.SecondProof.Valid() || p.SecondProof == ProofNone):
		return ErrSentProof
	case p.Attestation != "" && !p.Attestation.Valid():
		return Fail(Invalid, "bad_attestation", "Attestation is none or required.")
	case p.Telemetry != "" && !p.Telemetry.Valid():
		return Fail(Invalid, "bad_telemetry", "Usage reports are asked or off.")
	case p.GrantDays < 1 || p.GrantDays > 365:
		return Fail(Invalid, "bad_grant_days", "A computer takes codes for 1 to 365 days.")
	case p.GrantUses < 1 || p.GrantUses > 1000:
		return Fail(Invalid, "bad_grant_uses", "A computer takes 1 to 1000 codes.")
	}
	if err := p.validateLock(); err != nil {
		return err
	}
	return p.validateRestore()
}
