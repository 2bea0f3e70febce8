package client

import (
	"bufio"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/wire"
)

func credentialFor(t testing.TB) Credential {
	t.Helper()
	k, err := key.Generate()
	if err != nil {
		t.Fatal(err)
	}
	identity, err := key.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return Credential{
		Name: "maja", ID: authn.NewAdminID(), Key: k,
		Server: Server{Issuer: "https://id.example.com", Identity: identity.Key(), TLSKeys: []wire.TLSKey{"x"}},
	}
}

func TestCredential(t *testing.T) {
	c := credentialFor(t)
	text, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseCredential(text)
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != c.Name || got.ID != c.ID || got.Key.Key() != c.Key.Key() || got.Server.Identity != c.Server.Identity || !cmp.Equal(got.Server.TLSKeys, c.Server.TLSKeys) {
		t.Errorf("got %+v", got)
	}
	for name, change := range map[string][2]string{
		"other version": {`"v": 1`, `"v": 2`},
		"no name":       {`"name": "maja"`, `"name": ""`},
		"id of a user":  {`"id": "a_`, `"id": "u_`},
		"no issuer":     {`"issuer": "https://id.example.com"`, `"issuer": ""`},
		"no key":        {`PRIVATE KEY`, `PUBLIC KEY`},
		"more":          {`"v": 1`, `"v": 1, "admin": true`},
		"behind it":     {"}\n", "}\n{}"},
	} {
		bad := strings.Replace(string(text), change[0], change[1], 1)
		if bad == string(text) {
			t.Fatalf("%s changes nothing", name)
		}
		if _, err := ParseCredential(key.Secret(bad)); err == nil {
			t.Errorf("%s is read", name)
		} else if strings.Contains(err.Error(), "PRIVATE") && strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: the error shows the key: %v", name, err)
		}
	}
}

func FuzzParseCredential(f *testing.F) {
	text, err := credentialFor(f).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(text))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ParseCredential(data)
		if err != nil {
			return
		}
		again, err := c.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := ParseCredential(again); err != nil || back.ID != c.ID || back.Key.Key() != c.Key.Key() {
			t.Fatalf("read back as %+v, %v", back, err)
		}
	})
}

// FuzzStream reads whatever a server may send as an event stream: it ends with an error and never with a panic.
func FuzzStream(f *testing.F) {
	f.Add("event: request\ndata: a.b.c\n\n: \n\n")
	f.Add("event: request_closed\r\ndata: {\"id\":\"r_x\"}\r\n\r\n")
	f.Add("event: status\ndata: {\"status\":\"x\"}\n\n")
	f.Add("data\n\nevent\n\n:::\n")
	identity, err := key.Generate()
	if err != nil {
		f.Fatal(err)
	}
	d := NewDevice(Server{Issuer: "https://id.example.com", Identity: identity.Key()}, authn.NewDeviceID(), identity, Options{})
	f.Fuzz(func(t *testing.T, text string) {
		s := &Stream{
			device: d, parent: context.Background(), cancel: func() {}, body: io.NopCloser(strings.NewReader("")),
			lines: bufio.NewReader(strings.NewReader(text)), quiet: time.NewTimer(time.Hour),
		}
		for n := 0; ; n++ {
			if _, err := s.Next(); err != nil {
				return
			}
			if n > len(text) {
				t.Fatal("more events than bytes")
			}
		}
	})
}
