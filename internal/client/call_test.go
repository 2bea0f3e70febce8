package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/wire"
)

func TestNonceIsFetchedOnceAndKept(t *testing.T) {
	f := newFake(t)
	d := f.device(t, Options{})
	n := 0
	f.answer(func(w http.ResponseWriter, r *http.Request) {
		p, err := wire.ParseProof(r.Header.Get("Authorization"))
		if err != nil {
			t.Error(err)
		}
		proof, err := p.Verify(d.signer.(key.Private).Key(), r.Method, f.URL+r.URL.Path, nil)
		if err != nil {
			t.Error(err)
		}
		n++
		w.Header().Set(wire.NonceHeader, fmt.Sprint("nonce-", n))
		if want := fmt.Sprint("nonce-", n-1); proof.Nonce != want && n > 1 {
			t.Errorf("call %d carries nonce %q, want %q", n, proof.Nonce, want)
		}
		if proof.Nonce == "" {
			problem(w, 401, "use_nonce")
			return
		}
		jsonAnswer(wire.RequestList{ServerTime: 7})(w, r)
	})
	for range 3 {
		if got, err := d.Requests(t.Context()); err != nil || got.ServerTime != 7 {
			t.Fatalf("%v, %v", got, err)
		}
	}
	if n != 4 {
		t.Errorf("%d calls, want 4: one without a nonce, three with", n)
	}
}

func TestNonceIsTriedOnlyOnceMore(t *testing.T) {
	f := newFake(t)
	f.answer(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set(wire.NonceHeader, "x")
		problem(w, 401, "use_nonce")
	})
	_, err := f.device(t, Options{}).Status(t.Context())
	wantCode(t, err, "use_nonce")
	if n := f.asked.Load(); n != 2 {
		t.Errorf("%d calls, want 2", n)
	}
}

// A server that answers nonsense, or something in front of it, gets a sentence and never a panic.
func TestNonsense(t *testing.T) {
	raw := func(status int, media, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", media)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	cases := map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"captive portal":       {raw(200, "text/html", "<html>Welcome to the Wi-Fi"), "server_nonsense"},
		"redirect":             {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) }, "server_nonsense"},
		"empty":                {raw(200, "application/json", ""), "server_nonsense"},
		"no content":           {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, "server_nonsense"},
		"cut JSON":             {raw(200, "application/json", `{"requests":[`), "server_nonsense"},
		"other JSON":           {raw(200, "application/json", `[1,2]`), "server_nonsense"},
		"wrong type":           {raw(200, "text/plain", `{"requests":[]}`), "server_nonsense"},
		"too much":             {raw(200, "application/json", `{"requests":[]}`+strings.Repeat(" ", wire.MaxBody)), "server_nonsense"},
		"too deep":             {raw(200, "application/json", strings.Repeat("[", 20)+strings.Repeat("]", 20)), "server_nonsense"},
		"not found page":       {raw(404, "text/html", "<h1>404"), "server_nonsense"},
		"proxy":                {raw(502, "text/html", "<h1>Bad gateway"), "server_not_ready"},
		"maintenance":          {raw(503, "text/html", "<h1>Back soon"), "server_not_ready"},
		"empty problem":        {raw(400, wire.ProblemType, `{}`), "server_nonsense"},
		"problem":              {func(w http.ResponseWriter, _ *http.Request) { problem(w, 403, "device_revoked") }, "device_revoked"},
		"problem with a 200":   {func(w http.ResponseWriter, _ *http.Request) { problem(w, 200, "device_revoked") }, "server_nonsense"},
		"hung up":              {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "server_unreachable"},
		"shorter than it says": {cut, "server_unreachable"},
	}
	f := newFake(t)
	d := f.device(t, Options{})
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			f.answer(c.answer)
			_, err := d.Requests(t.Context())
			wantCode(t, err, c.want)
			_, err = d.Events(t.Context())
			if err == nil {
				t.Error("an event stream was opened on it")
			}
		})
	}
}

func cut(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", "500")
	_, _ = w.Write([]byte(`{"requests":[]`))
}

func TestStatusOfSomeoneElseIsRefused(t *testing.T) {
	f := newFake(t)
	d := f.device(t, Options{})
	st := wire.Status{Issuer: f.URL, Device: authn.NewDeviceID()}
	raw, err := wire.SignStatus(f.identity, st)
	if err != nil {
		t.Fatal(err)
	}
	f.answer(jsonAnswer(wire.StatusAnswer{Status: raw}))
	_, err = d.Status(t.Context())
	wantCode(t, err, "server_nonsense")

	st.Device = d.id
	forged, err := wire.SignStatus(newKey(t), st)
	if err != nil {
		t.Fatal(err)
	}
	f.answer(jsonAnswer(wire.StatusAnswer{Status: forged}))
	_, err = d.Status(t.Context())
	wantCode(t, err, "server_nonsense")
}

func TestNobodyThere(t *testing.T) {
	f := newFake(t)
	d := f.device(t, Options{})
	f.Close()
	_, err := d.Status(t.Context())
	wantCode(t, err, "server_unreachable")
}

func TestCancelled(t *testing.T) {
	f := newFake(t)
	d := f.device(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	f.answer(func(_ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() })
	_, err := d.Status(ctx)
	wantCode(t, err, "cancelled")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v does not wrap context.Canceled", err)
	}
}

// D16: every call ends within 10 seconds, whatever the other end does not do.
func TestEveryCallEndsD16(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := Options{PlainLoopback: true, Dial: func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			go func() { // reads everything and says nothing
				b := make([]byte, 4096)
				for {
					if _, err := far.Read(b); err != nil {
						return
					}
				}
			}()
			return near, nil
		}}
		s := Server{Issuer: "http://127.0.0.1:1", Identity: newKey(t).Key()}
		d := NewDevice(s, authn.NewDeviceID(), newKey(t), o)
		calls := map[string]func() error{
			"status": func() error { _, err := d.Status(bg()); return err },
			"events": func() error { _, err := d.Events(bg()); return err },
			"claim": func() error {
				_, err := d.Claim(bg(), wire.Claim{Session: wire.SessionSecret{Secret: key.NewSecret(16)}})
				return err
			},
			"refresh": func() error { _, err := s.Refresh(bg(), o); return err },
		}
		for name, call := range calls {
			began := time.Now()
			wantCode(t, call(), "server_unreachable")
			if took := time.Since(began); took > MaxTimeout {
				t.Errorf("%s took %v", name, took)
			}
		}
		d.Close()
		synctest.Wait()
	})
}

func TestSignerErrorIsTheCallers(t *testing.T) {
	f := newFake(t)
	locked := errors.New("keystore is locked")
	d := NewDevice(f.discover(t), authn.NewDeviceID(), brokenSigner{newKey(t), locked}, Options{})
	if _, err := d.Status(t.Context()); !errors.Is(err, locked) {
		t.Errorf("got %v", err)
	}
}
