package authn

import (
	"time"

	"avow/internal/key"
)

// ClientKind is stored and sent: append, never rename.
type ClientKind string

// The kinds of clients (relying parties).
const (
	ClientComputer ClientKind = "computer" // people sign in to it
	ClientWeb      ClientKind = "web"      // a web application
)

// MatchMode says how a request is tied to the screen that asks. Stored and sent: append, never rename.
type MatchMode string

// The modes, strongest first.
const (
	MatchQR     MatchMode = "qr"     // scan the code on the screen
	MatchNumber MatchMode = "number" // type the six digits on the screen, or scan instead
	MatchTap    MatchMode = "tap"    // just Yes: below NIST AAL2
)

// Valid reports whether m is one of the modes.
func (m MatchMode) Valid() bool { return m == MatchQR || m == MatchNumber || m == MatchTap }

// Client is a relying party that may ask for approvals; it proves itself by a key (private_key_jwt, RFC 7523).
type Client struct {
	ID        ClientID
	Name      string
	Kind      ClientKind
	Key       key.Public
	Match     MatchMode // its policy
	Known     bool      // the organisation knows this computer; shown as "Your computer"
	Disabled  bool
	CreatedAt time.Time
}

// Validate checks the client's own fields.
func (c Client) Validate() error {
	if err := c.ID.Validate(); err != nil {
		return Fail(Invalid, "bad_client_id", "A client id has lower-case letters, digits, dots, dashes and underscores, 64 at most.").Because(err)
	}
	if c.Kind != ClientComputer && c.Kind != ClientWeb {
		return Fail(Invalid, "bad_client_kind", "A client is a computer or web.")
	}
	if !c.Match.Valid() {
		return Fail(Invalid, "bad_match", "The match is number, qr or tap.")
	}
	if c.Key.IsZero() {
		return Fail(Invalid, "client_key_missing", "A client needs a P-256 public key. Give its JWK.")
	}
	if CleanText(c.Name, 64) != c.Name || c.Name == "" {
		return Fail(Invalid, "bad_client_name", "A client's name has 1 to 64 visible characters.")
	}
	return nil
}

// The clients as which the server itself asks. Nobody has their keys.
const (
	PagesClient       ClientID = "avow-pages"        // sign-in to the server's pages
	DeskClient        ClientID = "avow-desk"         // is it you who calls?
	SecondAdminClient ClientID = "avow-second-admin" // may this be done?
	ColleaguesClient  ClientID = "avow-colleagues"   // do you vouch for somebody who connects a new phone?
	PracticeClient    ClientID = "avow-practice"     // how does one answer?
)
