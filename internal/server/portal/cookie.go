package portal

import (
	"crypto/hmac"
	"encoding/binary"
	"net/http"
	"time"

	"avow/internal/key"
	"avow/internal/server/portal/page"
)

const (
	pageCookie = "__Host-avow_connect"

	// renewTime is how long after the page code was entered this browser may make new codes. Entering is possible only while the code
	// is good, so an old link in a mailbox is worth nothing.
	renewTime = time.Hour

	secretSize = 16
	sealSize   = 16
	cookieSize = secretSize + 8 + sealSize
)

// visit is what the cookie holds: the secret of the page, and when its code was entered. The seal keeps anyone who only knows a code from
// inventing a time.
type visit struct {
	page    key.Secret
	entered time.Time
	raw     key.Secret // the cookie's bytes
}

func (s *Service) newVisit(code key.Secret, entered time.Time) visit {
	raw := make(key.Secret, 0, cookieSize)
	raw = append(raw, code...)
	raw = binary.BigEndian.AppendUint64(raw, uint64(entered.Unix()))
	raw = append(raw, page.Seal(s.cookies, raw)[:sealSize]...)
	return visit{page: code, entered: entered, raw: raw}
}

// visitOf reads the cookie; false when there is none of ours.
func (s *Service) visitOf(r *http.Request) (visit, bool) {
	raw := page.Cookie(r, pageCookie, cookieSize)
	if raw == nil {
		return visit{}, false
	}
	body, got := raw[:cookieSize-sealSize], raw[cookieSize-sealSize:]
	if !hmac.Equal(got, page.Seal(s.cookies, body)[:sealSize]) {
		return visit{}, false
	}
	entered := time.Unix(int64(binary.BigEndian.Uint64(body[secretSize:])), 0)
	return visit{page: raw[:secretSize], entered: entered, raw: raw}, true
}

func (v visit) mayRenew(now time.Time) bool { return now.Before(v.entered.Add(renewTime)) }

func setVisit(w http.ResponseWriter, v visit) {
	page.SetCookie(w, pageCookie, v.raw, int(renewTime.Seconds()))
}

// formOf is what a form of this browser carries.
func (s *Service) formOf(v visit) string { return page.FormOf(s.forms, v.raw) }
