package authn

import "time"

// Lifetimes of a sign-in on the server's own pages (NIST SP 800-63B-4, AAL2: reauthentication).
const (
	WebSessionLifetime = 8 * time.Hour
	WebSessionIdle     = 30 * time.Minute
)

// WebSession is one browser in which a person has signed in to the server's own pages. The cookie's token is known to the browser; only its hash is kept.
type WebSession struct {
	ID        WebSessionID
	Token     Hash
	User      UserID
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

// End signs out; again does nothing.
func (s WebSession) End(now time.Time) WebSession {
	if s.EndedAt.IsZero() {
		s.EndedAt = now
	}
	return s
}
