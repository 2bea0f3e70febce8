package page

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"

	"avow/internal/key"
)

// Seal is what proves that bytes came from this server: HMAC-SHA256 by a key for one purpose.
func Seal(k key.Secret, body []byte) []byte {
	h := hmac.New(sha256.New, k)
	h.Write(body)
	return h.Sum(nil)
}

// FormOf is what the forms of a browser carry, beside what the browser says of its origin: a seal of what is in its cookie.
func FormOf(k key.Secret, cookie []byte) string {
	return base64.RawURLEncoding.EncodeToString(Seal(k, cookie))
}

// Own reports whether a form came from a page that was made for this cookie.
func (a Request) Own(k key.Secret, cookie []byte) bool {
	return hmac.Equal([]byte(a.R.PostFormValue("form")), []byte(FormOf(k, cookie)))
}

// SetCookie keeps bytes in the browser until it is closed, or for seconds where there are more than 0; with none it is taken away. The cookie goes to this server only, in
// requests that its own pages make, and no script reads it.
func SetCookie(w http.ResponseWriter, name string, value []byte, seconds int) {
	c := &http.Cookie{
		Name: name, Value: base64.RawURLEncoding.EncodeToString(value), Path: "/", MaxAge: seconds,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	}
	if len(value) == 0 {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// Cookie reads what SetCookie kept; nil when there is none of this length.
func Cookie(r *http.Request, name string, size int) []byte {
	if raw := AnyCookie(r, name); len(raw) == size {
		return raw
	}
	return nil
}

// AnyCookie reads what SetCookie kept, of any length; nil when there is none.
func AnyCookie(r *http.Request, name string) []byte {
	c, err := r.Cookie(name)
	if err != nil {
		return nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(c.Value)
	if err != nil {
		return nil
	}
	return raw
}

// Sealed reports whether a seal, or the beginning of one of at least 16 bytes, is that of body.
func Sealed(k key.Secret, body, seal []byte) bool {
	return len(seal) >= 16 && len(seal) <= sha256.Size && hmac.Equal(seal, Seal(k, body)[:len(seal)])
}
