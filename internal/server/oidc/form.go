package oidc

import (
	"mime"
	"net/http"
	"net/url"

	"avow/internal/server/api"
	"avow/internal/wire"
)

// form is a request of a client that has proved itself.
type form struct {
	values url.Values
}

// readForm reads the body only: a parameter in a query would be logged on its way. A parameter that stands twice is refused, an
// empty one counts as missing (RFC 6749, section 3.2).
func readForm(w http.ResponseWriter, r *http.Request) (form, error) {
	bad := refuse(http.StatusBadRequest, wire.ErrInvalidRequest, "The parameters cannot be read. Send them as application/x-www-form-urlencoded, each once.")
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" {
		return form{}, bad
	}
	body, err := api.Body(w, r)
	if err != nil {
		return form{}, bad.because(err)
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return form{}, bad.because(err)
	}
	for name, v := range values {
		if len(v) != 1 {
			return form{}, bad
		}
		if v[0] == "" {
			delete(values, name)
		}
	}
	return form{values}, nil
}

func (f form) get(name string) string { return f.values.Get(name) }

func (f form) has(name string) bool { return f.values.Has(name) }
