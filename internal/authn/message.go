package authn

import "time"

// Channel is a way to write to a person. Stored and sent: append, never rename.
type Channel string

// The channels.
const (
	ChannelMail Channel = "mail"
	ChannelText Channel = "text" // a text message to a phone number
)

// MessageKind is stored and sent: append, never rename.
type MessageKind string

// What is written.
const (
	MessageRegistration MessageKind = "registration" // the code or link of a session
	MessageProofCode    MessageKind = "proof_code"   // the second proof of a session, by the other channel
	MessageCallerCode   MessageKind = "caller_code"  // what a caller reads out to the service desk
	MessageRestoreCode  MessageKind = "restore_code" // the one-time code of a restore
	MessageTest         MessageKind = "test"

	MessageColleagueCode MessageKind = "colleague_code" // the one-time code of a restore by colleagues, before which nothing was proved
)

// MessageState is stored and sent: append, never rename.
type MessageState string

// The states: queued -> sending -> sent, or back to queued, or failed. What was "sending" when the server died is unclear and is not sent again by
// itself, so that nobody gets a message twice.
const (
	MessageQueued  MessageState = "queued"
	MessageSending MessageState = "sending"
	MessageSent    MessageState = "sent" // taken by the mail server or the gateway
	MessageFailed  MessageState = "failed"
	MessageUnclear MessageState = "unclear"
)

// Message is one row of the outbox. It holds no secret: the link of a session and the codes follow from its id and the server's secret, and are worked out when
// the message is written.
type Message struct {
	ID        MessageID
	Kind      MessageKind
	Channel   Channel
	User      UserID         // "" for a test
	Session   RegistrationID // of registration and proof_code
	Check     CallerCheckID  // of caller_code
	Restore   RestoreID      // of restore_code
	To        string         // an address, or a phone number
	Language  string
	CreatedAt time.Time
	CreatedBy string
	State     MessageState
	Tries     int
	NextTry   time.Time
	SentAt    time.Time
	Problem   string // why it is not sent, for administrators
}

// Template is an organisation's own text for the messages that connect phones. Where there is none, the program's is used.
type Template struct {
	Channel   Channel
	Language  string
	Subject   string // of a mail
	Body      string // HTML for a mail, text for a text message
	UpdatedAt time.Time
	UpdatedBy string
}

// Setting is one named document of the server: the policy, where the reading of the directory stands.
type Setting struct {
	Name      string
	Value     string // JSON
	UpdatedAt time.Time
	UpdatedBy string
}
