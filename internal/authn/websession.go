package authn

import "time"

// Lifetimes of a sign-in on the server's own pages (NIST SP 800-63B-4, AAL2: reauthentication).
const (
	WebSessionLifetime = 8 * time.Hour
	WebSessionIdle     = 30 * time.Minute

	BackupSessionLifetime = time.Hour // after a backup code, which is less than a phone
)

// SignedInBy is what a person signed in with. Stored: append, never rename.
type SignedInBy string

// The ways.
const (
	ByPhone      SignedInBy = "phone"
	ByBackupCode SignedInBy = "backup_code"
)

// WebSession is one browser in which a person has signed in to the server's own pages. The cookie's token is known to the browser; only its hash is kept.
type WebSession struct {
	ID        WebSessionID
	Token     Hash
	User      UserID
	By        SignedInBy
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
	EndedAt   time.Time // signed out, by herself or an administrator
	IP        string
	Agent     string
}

// Open reports whether the session is still good.
func (s WebSession) Open(now time.Time) bool {
	return s.EndedAt.IsZero() && now.Before(s.ExpiresAt) && now.Before(s.SeenAt.Add(WebSessionIdle))
}

// ByPhone reports whether the person's phone said Yes. Whoever came in another way may do less.
func (s WebSession) ByPhone() bool { return s.By == ByPhone }

// End signs out; again does nothing.
func (s WebSession) End(now time.Time) WebSession {
	if s.EndedAt.IsZero() {
		s.EndedAt = now
	}
	return s
}
