package directory

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"avow/internal/authn"
)

func refused(code uint16, text string) error { return ldap.NewError(code, errors.New(text)) }

func TestVerdict(t *testing.T) {
	ad := func(data string) error {
		return refused(ldap.LDAPResultInvalidCredentials, "80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data "+data+", v4563")
	}
	policy := func(n int8) []ldap.Control {
		c := ldap.NewControlBeheraPasswordPolicy()
		c.Error = n
		return []ldap.Control{c}
	}
	wrong := refused(ldap.LDAPResultInvalidCredentials, "")
	for name, tt := range map[string]struct {
		err      error
		controls []ldap.Control
		code     string
	}{
		"right":                            {nil, nil, ""},
		"right, with a policy":             {nil, policy(-1), ""},
		"right, to be changed first":       {nil, policy(2), "password_expired"},
		"wrong":                            {wrong, nil, "wrong_password"},
		"wrong, with a policy":             {wrong, policy(-1), "wrong_password"},
		"expired":                          {wrong, policy(0), "password_expired"},
		"locked":                           {wrong, policy(1), "account_locked"},
		"AD: wrong":                        {ad("52e"), nil, "wrong_password"},
		"AD: no such user":                 {ad("525"), nil, "wrong_password"},
		"AD: expired":                      {ad("532"), nil, "password_expired"},
		"AD: must be changed":              {ad("773"), nil, "password_expired"},
		"AD: disabled":                     {ad("533"), nil, "account_locked"},
		"AD: account expired":              {ad("701"), nil, "account_locked"},
		"AD: locked out":                   {ad("775"), nil, "account_locked"},
		"AD: not at this hour":             {ad("530"), nil, "account_locked"},
		"AD: in capitals":                  {ad("52E"), nil, "wrong_password"},
		"the code elsewhere in the text":   {refused(ldap.LDAPResultInvalidCredentials, "data 775, v1"), nil, "wrong_password"},
		"the text cut off":                 {refused(ldap.LDAPResultInvalidCredentials, "AcceptSecurityContext error, data 775"), nil, "wrong_password"},
		"389 DS: inactive":                 {refused(ldap.LDAPResultUnwillingToPerform, "Account inactivated"), nil, "account_locked"},
		"389 DS: too many":                 {refused(ldap.LDAPResultConstraintViolation, "Exceed password retry limit"), nil, "account_locked"},
		"no password there":                {refused(ldap.LDAPResultInappropriateAuthentication, ""), nil, "account_locked"},
		"busy":                             {refused(ldap.LDAPResultBusy, ""), nil, "directory_unreachable"},
		"unavailable":                      {refused(ldap.LDAPResultUnavailable, ""), nil, "directory_unreachable"},
		"elsewhere":                        {refused(ldap.LDAPResultReferral, ""), nil, "directory_unreachable"},
		"the connection broke":             {refused(ldap.ErrorNetwork, "EOF"), nil, "directory_unreachable"},
		"another fault":                    {errors.New("EOF"), nil, "directory_unreachable"},
		"a result code that means nothing": {refused(123, ""), nil, "directory_unreachable"},
	} {
		if got := authn.CodeOf(verdict(tt.err, tt.controls)); got != tt.code {
			t.Errorf("%s: got %q, want %q", name, got, tt.code)
		}
	}
}

func TestGuesses(t *testing.T) {
	now := time.Date(2026, time.November, 14, 9, 0, 0, 0, time.UTC)
	g := guesses{now: func() time.Time { return now }, wrong: map[authn.UserID][]time.Time{}}
	var backs []func()
	for range mostGuesses {
		back, err := g.take("u_1")
		if err != nil {
			t.Fatal(err)
		}
		backs = append(backs, back)
		now = now.Add(time.Minute)
	}
	_, err := g.take("u_1")
	if e := authn.AsError(err); e.Code != "too_many_tries" || e.RetryAfter != 10*time.Minute || e.Kind != authn.TooMany {
		t.Errorf("the sixth: %+v", e)
	}
	if _, err := g.take("u_2"); err != nil {
		t.Errorf("another user waits too: %v", err)
	}
	backs[0]()
	backs[0]()
	if back, err := g.take("u_1"); err != nil {
		t.Errorf("one was given back: %v", err)
	} else if _, err := g.take("u_1"); err == nil {
		t.Error("one was given back twice")
	} else {
		back()
	}
	now = now.Add(guessTime)
	if _, err := g.take("u_3"); err != nil || len(g.wrong) != 1 {
		t.Errorf("after the time %v are kept, %v", g.wrong, err)
	}

	// Guesses at the same time are counted before any is made.
	var wait sync.WaitGroup
	var mu sync.Mutex
	taken := 0
	for range 100 {
		wait.Go(func() {
			if _, err := g.take("u_1"); err == nil {
				mu.Lock()
				taken++
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	if taken != mostGuesses {
		t.Errorf("%d at once", taken)
	}
	g.right("u_1")
	if _, err := g.take("u_1"); err != nil {
		t.Errorf("after the right one: %v", err)
	}
}

func TestPause(t *testing.T) {
	every := 15 * time.Minute
	for failed, want := range map[int]time.Duration{0: every, 1: 30 * time.Second, 2: time.Minute, 5: 8 * time.Minute, 6: every, 60: every} {
		if got := pause(every, failed); got != want {
			t.Errorf("after %d failures %s, want %s", failed, got, want)
		}
	}
	if got := pause(time.Second, 1); got != time.Second {
		t.Errorf("with a short interval %s", got)
	}
}

func TestCursor(t *testing.T) {
	now := time.Date(2026, time.November, 14, 9, 0, 0, 0, time.UTC)
	for newest, want := range map[time.Time]time.Time{
		now.Add(-time.Minute): now.Add(-time.Minute), now.Add(time.Minute): now, now.AddDate(5, 0, 0): now, now.AddDate(0, -1, 0): now.Add(-time.Hour), {}: now.Add(-time.Hour),
	} {
		if got := cursor(newest, now); !got.Equal(want) {
			t.Errorf("after %s: %s, want %s", newest, got, want)
		}
	}
}
