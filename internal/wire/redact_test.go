package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"avow/internal/authn"
)

// TestMessagesRedactThemselves_R124 prints and logs every message that carries a secret in every way, and looks for the secret in every shape.
func TestMessagesRedactThemselves_R124(t *testing.T) {
	const number, token = "482913", "eyJhbGciOiJFUzI1NiJ9.c2VjcmV0.c2ln"
	link := registrationLink("id.example.com").Encode()
	secrets := []string{number, token, link, "7K QM2X RD4T", "RD4T", computerLink("id.example.com").Encode(), link[strings.IndexByte(link, '#')+1:], PageLink("id.example.com", pageSecret), PageCode(pageSecret)}
	for _, b := range [][]byte{session, handle, pageSecret} {
		secrets = append(
			secrets, string(b), hex.EncodeToString(b), base64.StdEncoding.EncodeToString(b), base64.RawURLEncoding.EncodeToString(b),
			strings.Trim(fmt.Sprint(b), "[]"), authn.Crockford.EncodeToString(b),
		)
	}
	messages := map[string]any{
		"session secret": SessionSecret{session},
		"claim":          Claim{Session: SessionSecret{session}, DeviceJWK: keys["device"].Key()},
		"decision":       Decision{Request: requestID, Number: number, Handle: &SessionSecret{handle}},
		"added session":  AddedSession{AdminSession: AdminSession{ID: sessionID}, Link: link, Page: PageLink("id.example.com", pageSecret)},
		"bc-authorize":   BackchannelAnswer{AuthReqID: token, Number: number, QR: ApprovalLink{Host: "id.example.com", Handle: handle}.Encode()},
		"token":          TokenAnswer{AccessToken: token, IDToken: token},
		"link R":         registrationLink("id.example.com"),
		"link C":         computerLink("id.example.com"),
		"enroll":         EnrollComputer{Token: SessionSecret{session}, OS: "Debian", App: "1"},
		"added computer": AddedComputer{AdminComputer: AdminComputer{ID: "laptop-42"}, Link: computerLink("id.example.com").Encode()},
		"desk code":      DeskCode{Code: "7K QM2X RD4T", Computer: "LAPTOP-42"},
		"link A":         ApprovalLink{Host: "id.example.com", Handle: handle},
	}
	for name, m := range messages {
		t.Run(name, func(t *testing.T) {
			var text, js bytes.Buffer
			for _, log := range []*slog.Logger{slog.New(slog.NewTextHandler(&text, nil)), slog.New(slog.NewJSONHandler(&js, nil))} {
				log.Info("got", "m", m, slog.Group("in", "m", m))
			}
			prints := map[string]string{"slog text": text.String(), "slog JSON": js.String(), "error": fmt.Errorf("send %v: %w", m, errors.New("x")).Error()}
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
				prints[verb] = fmt.Sprintf(verb, m)
				prints["in a struct "+verb] = fmt.Sprintf(verb, struct{ M any }{m})
			}
			for how, out := range prints {
				for _, secret := range secrets {
					if strings.Contains(out, secret) {
						t.Errorf("%s shows a secret: %s", how, out)
					}
				}
				if how == "%v" && strings.TrimSpace(out) == "" {
					t.Errorf("%s says nothing", how)
				}
			}
		})
	}
	// What must be sent does get sent.
	sent := string(marshal(t, messages["claim"]))
	if !strings.Contains(sent, base64.RawURLEncoding.EncodeToString(session)) {
		t.Errorf("a claim without its session: %s", sent)
	}
	var back Claim
	if err := json.Unmarshal([]byte(sent), &back); err != nil || !back.Session.Equal(session) {
		t.Errorf("a claim does not come back: %v", err)
	}
	if out := string(marshal(t, messages["decision"])); !strings.Contains(out, number) || !strings.Contains(out, base64.RawURLEncoding.EncodeToString(handle)) {
		t.Errorf("a decision without number or handle: %s", out)
	}
}

func TestProblem(t *testing.T) {
	for kind, want := range map[authn.Kind]int{
		authn.Invalid: 400, authn.Unauthorized: 401, authn.Forbidden: 403, authn.NotFound: 404, authn.Conflict: 409, authn.Gone: 410,
		authn.TooMany: 429, authn.Unavailable: 503, authn.Internal: 500, "of tomorrow": 500,
	} {
		p := NewProblem(authn.Fail(kind, "a_code", "A sentence."))
		if p.Status != want || p.Kind != kind || p.Code != "a_code" || p.Title != "A sentence." {
			t.Errorf("%s: %+v, want status %d", kind, p, want)
		}
		if authn.CodeOf(p.Err()) != "a_code" {
			t.Errorf("%s does not come back: %v", kind, p.Err())
		}
	}
	p := NewProblem(fmt.Errorf("open /var/lib/avow/key: %w", errors.New("pin 1234")))
	if out := string(marshal(t, p)); strings.Contains(out, "/var") || strings.Contains(out, "1234") || p.Status != 500 {
		t.Errorf("an internal error is sent as %s", out)
	}
	if p := NewProblem(authn.ErrDecided.After(1)); p.RetryAfter != 1 {
		t.Errorf("a nanosecond is sent as %d s, want it rounded up", p.RetryAfter)
	}
	for sent, want := range map[int]float64{-5: 0, 0: 0, 7: 7, 1 << 62: 86400} {
		if e := authn.AsError(Problem{Code: "a", RetryAfter: sent}.Err()); e.RetryAfter.Seconds() != want {
			t.Errorf("retry_after %d means %v", sent, e.RetryAfter)
		}
	}
	if e := authn.AsError(Problem{Code: "a\r\nb", Title: "<b>\x1b[31mCall 555\u202e"}.Err()); e.Message != "b [31mCall 555" || e.Code != "a b" {
		t.Errorf("a problem is shown as %q, code %q", e.Message, e.Code)
	}
}

// TestWords holds what makes check words good to read aloud.
func TestWords(t *testing.T) {
	seen := map[string]string{}
	for i, w := range words {
		if len(w) < 3 || len(w) > 8 || strings.ToLower(w) != w || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") != "" {
			t.Errorf("word %d is %q", i, w)
		}
		head := w[:min(4, len(w))]
		if other, ok := seen[head]; ok {
			t.Errorf("%s and %s begin the same", other, w)
		}
		seen[head] = w
	}
	if a, b := CheckWords(sessionID, "a"), CheckWords(sessionID, "b"); a == b {
		t.Error("check words do not cover the registration")
	}
	if a, b := CheckWords(sessionID, "a"), CheckWords("s_other", "a"); a == b {
		t.Error("check words do not cover the session")
	}
}
