package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/notify/template"
)

// Preset is how a gateway for text messages is spoken to. It is configured: append, never rename.
type Preset string

// The presets.
const (
	// Twilio posts a form with To, From and Body and signs in with Basic: Twilio's Messages resource, and those that are like it.
	Twilio Preset = "twilio"
	// Kannel posts the text to /cgi-bin/sendsms with all else, also the password, in headers X-Kannel-…, never in the address (Kannel 1.4
	// user guide, "Using the HTTP interface to send SMS messages").
	Kannel Preset = "kannel"
	// Webhook posts JSON {"id","to","text"} with an Authorization: Bearer.
	Webhook Preset = "webhook"
)

// Gateway says how text messages leave.
type Gateway struct {
	Preset Preset
	URL    string
	From   string         // a number or name; not for webhook
	User   string         // not for webhook
	Secret key.Secret     // password, or bearer token
	CA     *x509.CertPool // nil: the authorities that the machine knows
}

// Validate says what is wrong with the settings.
func (g Gateway) Validate() error {
	u, err := url.Parse(g.URL)
	switch {
	case g.Preset != Twilio && g.Preset != Kannel && g.Preset != Webhook:
		return fmt.Errorf("text: preset is %q, not twilio, kannel or webhook", g.Preset)
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return errors.New("text: url is not an address without user, query and fragment")
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return errors.New("text: url does not begin with https://, and is not on this machine")
	case len(g.Secret) == 0:
		return errors.New("text: the secret is missing")
	case g.Preset != Webhook && (g.User == "" || g.From == ""):
		return errors.New("text: user or from is missing")
	}
	return nil
}

// Text is one text message.
type Text struct {
	ID   string
	To   string // +46465550100
	Body string
}

const (
	textTimeout = 10 * time.Second
	maxAnswer   = 64 << 10
	longestWait = time.Hour // that a gateway may ask for
)

// Texter sends text messages. It is safe for concurrent use.
type Texter struct {
	gateway Gateway
	client  *http.Client
}

// NewTexter makes a texter. An error says what is wrong with the settings.
func NewTexter(g Gateway) (*Texter, error) {
	if err := g.Validate(); err != nil {
		return nil, err
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = &tls.Config{RootCAs: g.CA, MinVersion: tls.VersionTLS12}
	return &Texter{gateway: g, client: &http.Client{
		Transport: t, Timeout: textTimeout,
		// Who answers with a redirect would get the secret and the text at another address.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Send hands a message over and says what became of it.
func (t *Texter) Send(ctx context.Context, m Text) Result {
	// Go writes a request again by itself where it believes that nothing has arrived; written is true once the first byte may have.
	var written atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { written.Store(true) }})
	req, err := t.request(ctx, m)
	if err != nil {
		return failed(err)
	}
	resp, err := t.client.Do(req)
	if err != nil {
		if err = t.bare(err); written.Load() {
			return Result{Outcome: Unclear, Err: err}
		}
		return again(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil && resp.StatusCode < 300 {
		return Result{Outcome: Unclear, Err: errors.New("text gateway: the answer broke off")}
	}
	return t.judge(resp, string(body))
}

func (t *Texter) request(ctx context.Context, m Text) (*http.Request, error) {
	g := t.gateway
	body, kind := "", ""
	switch g.Preset {
	case Twilio:
		body, kind = url.Values{"To": {m.To}, "From": {g.From}, "Body": {m.Body}}.Encode(), "application/x-www-form-urlencoded"
	case Kannel:
		body, kind = m.Body, "text/plain; charset=UTF-8"
	default:
		b, err := json.Marshal(struct {
			ID   string `json:"id"`
			To   string `json:"to"`
			Text string `json:"text"`
		}{m.ID, m.To, m.Body})
		if err != nil {
			return nil, errors.New("text: cannot be written as JSON")
		}
		body, kind = string(b), "application/json"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, g.URL, bytes.NewReader([]byte(body)))
	if err != nil {
		return nil, errors.New("text: url cannot be used")
	}
	req.GetBody = nil // so that nothing is sent a second time behind our back
	req.Header.Set("Content-Type", kind)
	req.Header.Set("User-Agent", "avow-server")
	switch g.Preset {
	case Twilio:
		req.SetBasicAuth(g.User, string(g.Secret))
	case Kannel:
		for name, value := range map[string]string{"Username": g.User, "Password": string(g.Secret), "From": g.From, "To": m.To, "Coding": kannelCoding(m.Body)} {
			req.Header.Set("X-Kannel-"+name, value)
		}
	default:
		req.Header.Set("Authorization", "Bearer "+string(g.Secret))
	}
	return req, nil
}

// judge reads the answer. What a gateway says goes to administrators, so it is cut and cleaned, and never repeats the secret.
func (t *Texter) judge(resp *http.Response, body string) Result {
	text := authn.CleanText(strings.ReplaceAll(body, string(t.gateway.Secret), "…"), 200)
	err := fmt.Errorf("text gateway: %d %s", resp.StatusCode, text)
	switch code := resp.StatusCode; {
	case code == http.StatusTooManyRequests || code >= 500:
		return Result{Outcome: Again, After: retryAfter(resp), Err: err}
	case code >= 300:
		return failed(err)
	case t.gateway.Preset == Kannel && !strings.HasPrefix(body, "0:") && !strings.HasPrefix(body, "3:"): // accepted, or queued for later
		return failed(err)
	}
	return Result{Outcome: Sent}
}

// retryAfter reads the header (RFC 9110, section 10.2.3). A date counts from the gateway's own clock, so that ours need not be the same.
func retryAfter(resp *http.Response) time.Duration {
	v := resp.Header.Get("Retry-After")
	wait := time.Duration(0)
	if n, err := strconv.Atoi(v); err == nil {
		wait = time.Duration(min(max(n, 0), int(longestWait/time.Second))) * time.Second
	} else if at, err := http.ParseTime(v); err == nil {
		if from, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
			wait = at.Sub(from)
		}
	}
	return min(max(wait, 0), longestWait)
}

// bare takes the address out of an error: a url.Error prints it.
func (t *Texter) bare(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		err = e.Err
	}
	return fmt.Errorf("text gateway: %w", err)
}

// kannelCoding is 0 for what the alphabet of GSM holds, else 2, which is UCS-2.
func kannelCoding(s string) string {
	if template.Segments(s).Unicode {
		return "2"
	}
	return "0"
}
