package portal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"time"

	"avow/internal/key"
)

const (
	pageCookie     = "__Host-avow_connect"
	languageCookie = "__Host-avow_lang"

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

func (s *Service) newVisit(page key.Secret, entered time.Time) visit {
	raw := make(key.Secret, 0, cookieSize)
	raw = append(raw, page...)
	raw = binary.BigEndian.AppendUint64(raw, uint64(entered.Unix()))
	raw = append(raw, seal(s.cookies, raw)[:sealSize]...)
	return visit{page: page, entered: entered, raw: raw}
}

// visitOf reads the cookie; false when there is none of ours.
func (s *Service) visitOf(r *http.Request) (visit, bool) {
	c, err := r.Cookie(pageCookie)
	if err != nil {
		return visit{}, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(c.Value)
	if err != nil || len(raw) != cookieSize {
		return visit{}, false
	}
	body, got := raw[:cookieSize-sealSize], raw[cookieSize-sealSize:]
	if !hmac.Equal(got, seal(s.cookies, body)[:sealSize]) {
		return visit{}, false
	}
	entered := time.Unix(int64(binary.BigEndian.Uint64(body[secretSize:])), 0)
	return visit{page: raw[:secretSize], entered: entered, raw: raw}, true
}

func (v visit) mayRenew(now time.Time) bool { return now.Before(v.entered.Add(renewTime)) }

func setVisit(w http.ResponseWriter, v visit) {
	http.SetCookie(w, &http.Cookie{
		Name: pageCookie, Value: base64.RawURLEncoding.EncodeToString(v.raw), Path: "/",
		MaxAge: int(renewTime.Seconds()), Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
}

func setLanguage(w http.ResponseWriter, tag string) {
	http.SetCookie(w, &http.Cookie{
		Name: languageCookie, Value: tag, Path: "/", MaxAge: 365 * 24 * 3600,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// formOf is what a form of this browser carries, beside what the browser says of its origin.
func (s *Service) formOf(v visit) string {
	return base64.RawURLEncoding.EncodeToString(seal(s.forms, v.raw))
}

func (s *Service) ownForm(r *http.Request, v visit) bool {
	return hmac.Equal([]byte(r.PostFormValue("form")), []byte(s.formOf(v)))
}

func seal(k key.Secret, body []byte) []byte {
	h := hmac.New(sha256.New, k)
	h.Write(body)
	return h.Sum(nil)
}
