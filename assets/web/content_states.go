package web

import (
	"time"

	"avow/assets/translations"
)

// Look is how a state is shown: an icon, a word, and a tone that gives both their color. It is never color alone.
type Look struct {
	Tone Tone
	Icon string
	Text translations.Message
}

// Stated is any state that a page can show.
type Stated interface{ Look() Look }

func lookOf[S ~string](table map[S]Look, s S) Look {
	if l, ok := table[s]; ok {
		return l
	}
	return Look{Calm, "minus-circle-fill", "portal.state.none"} // a state from a newer server than these pages
}

// RegistrationState is how a registration stands; the words are those of registration.State, and two more.
type RegistrationState string

// The states of a registration.
const (
	RegistrationNone    RegistrationState = ""        // there never was one
	RegistrationActive  RegistrationState = "active"  // waits for a phone
	RegistrationClaimed RegistrationState = "claimed" // a phone has scanned it
	RegistrationWaiting RegistrationState = "waiting" // "is this your phone?", or the second proof
	RegistrationDone    RegistrationState = "done"    // the phone is connected
	RegistrationUsed    RegistrationState = "used"    // it was, and is gone since
	RegistrationRefused RegistrationState = "refused" // "No, this is not my phone"
	RegistrationRevoked RegistrationState = "revoked" // removed
	RegistrationExpired RegistrationState = "expired" // ended unused
	RegistrationBlocked RegistrationState = "blocked" // the account is blocked, whatever the registration
)

// Look implements Stated.
func (s RegistrationState) Look() Look { return lookOf(registrationLooks, s) }

// Open says whether a phone can still be connected with it.
func (s RegistrationState) Open() bool {
	return s == RegistrationActive || s == RegistrationClaimed || s == RegistrationWaiting
}

var registrationLooks = map[RegistrationState]Look{
	RegistrationNone:    {Calm, "minus-circle-fill", "portal.state.none"},
	RegistrationActive:  {Warn, "clock-fill", "portal.state.waiting"},
	RegistrationClaimed: {Good, "phone-fill", "portal.state.scanned"},
	RegistrationWaiting: {Warn, "clock-fill", "portal.state.asked"},
	RegistrationDone:    {Good, "check-circle-fill", "portal.state.used"},
	RegistrationUsed:    {Calm, "check-circle-fill", "portal.state.used_gone"},
	RegistrationRefused: {Bad, "x-circle-fill", "portal.state.refused"},
	RegistrationRevoked: {Calm, "minus-circle-fill", "portal.state.removed"},
	RegistrationExpired: {Calm, "history", "portal.state.ended"},
	RegistrationBlocked: {Bad, "prohibit-fill", "portal.state.blocked"},
}

// UserState is how a person stands.
type UserState string

// The states of a person.
const (
	UserConnected UserState = "connected"
	UserNoPhone   UserState = "no_phone"
	UserWaiting   UserState = "waiting" // a registration is open
	UserIsBlocked UserState = "blocked"
)

// Look implements Stated.
func (s UserState) Look() Look {
	return lookOf(map[UserState]Look{
		UserConnected: {Good, "seal-check-fill", "portal.state.connected"},
		UserNoPhone:   {Warn, "warning-fill", "portal.state.no_phone"},
		UserWaiting:   {Warn, "clock-fill", "portal.state.waiting"},
		UserIsBlocked: {Bad, "prohibit-fill", "portal.state.blocked"},
	}, s)
}

// DeviceState is how a device stands; the words are those of authn.DeviceState.
type DeviceState string

// The states of a device.
const (
	DevicePending DeviceState = "pending"
	DeviceActive  DeviceState = "active"
	DeviceRevoked DeviceState = "revoked"
)

// Look implements Stated.
func (s DeviceState) Look() Look {
	return lookOf(map[DeviceState]Look{
		DevicePending: {Warn, "clock-fill", "portal.state.pending"},
		DeviceActive:  {Good, "seal-check-fill", "portal.state.connected"},
		DeviceRevoked: {Calm, "minus-circle-fill", "portal.state.removed"},
	}, s)
}

// RequestState is how a question to a phone stands; the words are those of authn.RequestState.
type RequestState string

// The states of a request.
const (
	RequestOpen      RequestState = "open"
	RequestApproved  RequestState = "approved"
	RequestDenied    RequestState = "denied"
	RequestReported  RequestState = "reported"
	RequestExpired   RequestState = "expired"
	RequestCancelled RequestState = "cancelled"
	RequestRedeemed  RequestState = "redeemed"
	RequestFailed    RequestState = "failed"
)

// Look implements Stated.
func (s RequestState) Look() Look {
	return lookOf(map[RequestState]Look{
		RequestOpen:      {Warn, "clock-fill", "portal.state.open"},
		RequestApproved:  {Good, "check-circle-fill", "portal.state.yes"},
		RequestRedeemed:  {Good, "check-circle-fill", "portal.state.yes_in"},
		RequestDenied:    {Bad, "x-circle-fill", "portal.state.no"},
		RequestReported:  {Bad, "warning-fill", "portal.state.not_me"},
		RequestExpired:   {Calm, "history", "portal.state.late"},
		RequestCancelled: {Calm, "minus-circle-fill", "portal.state.stopped"},
		RequestFailed:    {Bad, "error-fill", "portal.state.wrong_number"},
	}, s)
}

// Channel is the way of a message.
type Channel string

// The channels.
const (
	Mail Channel = "mail"
	Text Channel = "text"
)

// MessageState is how a message stands; the words are those of authn.MessageState.
type MessageState string

// The states of a message.
const (
	MessageNone    MessageState = "" // nothing was to be sent
	MessageQueued  MessageState = "queued"
	MessageSending MessageState = "sending"
	MessageSent    MessageState = "sent"
	MessageFailed  MessageState = "failed"
	MessageUnclear MessageState = "unclear" // the server stopped while it was sent; nobody knows
)

// Look implements Stated.
func (s MessageState) Look() Look {
	return lookOf(map[MessageState]Look{
		MessageQueued:  {Calm, "clock", "portal.state.queued"},
		MessageSending: {Calm, "send", "portal.state.sending"},
		MessageSent:    {Calm, "check", "portal.state.sent"},
		MessageFailed:  {Warn, "warning-fill", "portal.state.failed"},
		MessageUnclear: {Warn, "warning-fill", "portal.state.unclear"},
	}, s)
}

// MayRepeat says whether "Send again" is offered.
func (s MessageState) MayRepeat() bool {
	return s == MessageSent || s == MessageFailed || s == MessageUnclear
}

var messageWords = map[Channel]map[MessageState]translations.Message{
	Mail: {
		MessageQueued: "portal.mail.queued", MessageSending: "portal.mail.sending", MessageSent: "portal.mail.sent",
		MessageFailed: "portal.mail.failed", MessageUnclear: "portal.mail.unclear",
	},
	Text: {
		MessageQueued: "portal.text.queued", MessageSending: "portal.text.sending", MessageSent: "portal.text.sent",
		MessageFailed: "portal.text.failed", MessageUnclear: "portal.text.unclear",
	},
}

// Sent is the message of a registration as a table shows it: "Mail sent 14 Nov". At is when it reached that state.
type Sent struct {
	Channel Channel
	State   MessageState
	At      time.Time // shown when State is MessageSent
	Problem string    // of the last try, in the mail server's words; shown where there is room
}

// Look implements Stated, with the channel in the word.
func (s Sent) Look() Look {
	l := s.State.Look()
	if w, ok := messageWords[s.Channel][s.State]; ok {
		l.Text = w
	}
	return l
}
