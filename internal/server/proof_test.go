package server_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/store"
	"avow/internal/wire"
)

// jws makes a compact JWS of any header and claims, signed by whatever sign does.
func jws(t testing.TB, header, claims map[string]any, sign func([]byte) []byte) string {
	t.Helper()
	part := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	input := part(header) + "." + part(claims)
	return input + "." + base64.RawURLEncoding.EncodeToString(sign([]byte(input)))
}

func es256(t testing.TB, k key.Private) func([]byte) []byte {
	return func(b []byte) []byte {
		sig, err := key.Sign(k, b)
		if err != nil {
			t.Fatal(err)
		}
		return sig
	}
}

// TestProof is R-040: a proof that differs in anything is refused.
func TestProof(t *testing.T) {
	o := newOffice(t, authn.MatchTap)
	p := o.phone
	body := []byte(`{}`)
	hash := sha256.Sum256(body)
	other := o.connect(o.user("bo"), authn.BindFirst)
	head := func() map[string]any {
		return map[string]any{"alg": "ES256", "kid": string(p.id), "typ": "avow-req+jwt"}
	}
	claims := func() map[string]any {
		p.status() // for a fresh nonce
		return map[string]any{
			"htm": "POST", "htu": o.Site.Issuer + "/v1/device/remove", "iat": noon.Unix(), "jti": key.RandomID(16), "nonce": p.nonce,
			"bh": base64.RawURLEncoding.EncodeToString(hash[:]),
		}
	}
	sign := es256(t, p.device)
	send := func(h, c map[string]any, sign func([]byte) []byte) answered {
		return o.send(http.MethodPost, "/v1/device/remove", "Avow "+jws(t, h, c, sign), body)
	}
	jwk, err := json.Marshal(p.device.Key())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		head, claims map[string]any
		sign         func([]byte) []byte
		code         string
	}{
		"wrong htm":         {claims: map[string]any{"htm": "GET"}},
		"wrong htu":         {claims: map[string]any{"htu": o.Site.Issuer + "/v1/device"}},
		"htu of another":    {claims: map[string]any{"htu": "https://id.example.org/v1/device/remove"}},
		"htu with query":    {claims: map[string]any{"htu": o.Site.Issuer + "/v1/device/remove?x=1"}},
		"wrong bh":          {claims: map[string]any{"bh": base64.RawURLEncoding.EncodeToString(make([]byte, 32))}},
		"no bh":             {claims: map[string]any{"bh": ""}},
		"no nonce":          {claims: map[string]any{"nonce": ""}, code: "use_nonce"},
		"foreign nonce":     {claims: map[string]any{"nonce": other.nonce}, code: "use_nonce"},
		"made-up nonce":     {claims: map[string]any{"nonce": key.RandomID(36)}, code: "use_nonce"},
		"short jti":         {claims: map[string]any{"jti": "abc"}},
		"no jti":            {claims: map[string]any{"jti": ""}},
		"unknown claim":     {claims: map[string]any{"sub": "x"}},
		"unknown kid":       {head: map[string]any{"kid": string(authn.NewDeviceID())}},
		"kid of another":    {head: map[string]any{"kid": string(other.id)}},
		"kid of no form":    {head: map[string]any{"kid": "../../etc/passwd"}},
		"typ JWT":           {head: map[string]any{"typ": "JWT"}},
		"typ of a decision": {head: map[string]any{"typ": "avow-approval+jwt"}},
		"alg none":          {head: map[string]any{"alg": "none"}, sign: func([]byte) []byte { return nil }},
		"alg HS256":         {head: map[string]any{"alg": "HS256"}, sign: hs256(p.device.Key().Bytes())},
		"alg HS256 by JWK":  {head: map[string]any{"alg": "HS256"}, sign: hs256(jwk)},
		"alg ES384":         {head: map[string]any{"alg": "ES384"}},
		"jwk beside kid":    {head: map[string]any{"jwk": p.device.Key()}},
		"jku":               {head: map[string]any{"jku": "https://evil.example/keys"}},
		"x5u":               {head: map[string]any{"x5u": "https://evil.example/cert"}},
		"crit":              {head: map[string]any{"crit": []string{"exp"}}},
		"key of another":    {sign: es256(t, other.device)},
		"approval key":      {sign: es256(t, p.approval)},
		"no signature":      {sign: func([]byte) []byte { return nil }},
	} {
		h, cl, s := head(), claims(), sign
		for k, v := range c.head {
			h[k] = v
		}
		for k, v := range c.claims {
			cl[k] = v
		}
		if c.sign != nil {
			s = c.sign
		}
		if c.code == "" {
			c.code = "bad_proof"
		}
		wantProblem(t, name, send(h, cl, s), http.StatusUnauthorized, c.code)
	}
	for name, auth := range map[string]string{"none": "", "of another scheme": "Bearer abc", "of garbage": "Avow abc", "empty": "Avow "} {
		wantProblem(t, "authorization "+name, o.send(http.MethodPost, "/v1/device/remove", auth, body), http.StatusUnauthorized, "bad_proof")
	}
	h, cl := head(), claims()
	embedded := map[string]any{"alg": "ES256", "typ": "avow-req+jwt", "jwk": p.device.Key()}
	wantProblem(t, "jwk in place of kid", send(embedded, cl, sign), http.StatusUnauthorized, "bad_proof")
	if a := o.send(http.MethodPost, "/v1/device/remove", "Avow "+jws(t, h, cl, sign), []byte(`{ }`)); a.code() != "bad_proof" {
		t.Errorf("another body: %d %s", a.status, a.body)
	}
	o.clock.pass(5*time.Minute + time.Second)
	wantProblem(t, "nonce after its time", send(h, cl, sign), http.StatusUnauthorized, "use_nonce")
	old := p.nonce
	o.restart()
	p.nonce = old
	cl = map[string]any{}
	for k, v := range claims() {
		cl[k] = v
	}
	cl["nonce"] = old
	wantProblem(t, "nonce from before a restart", send(head(), cl, sign), http.StatusUnauthorized, "use_nonce")
	if a := send(head(), claims(), sign); a.status != http.StatusOK {
		t.Errorf("the honest proof: %d %s", a.status, a.body)
	}
}

func hs256(secret []byte) func([]byte) []byte {
	return func(b []byte) []byte {
		m := hmac.New(sha256.New, secret)
		m.Write(b)
		return m.Sum(nil)
	}
}

// TestPhoneClock is R-041: the phone's clock may be ten years off.
func TestPhoneClock(t *testing.T) {
	o := newOffice(t, authn.MatchTap)
	p := o.phone
	for _, years := range []int{-10, 10} {
		for range 2 {
			pr := wire.NewProof(http.MethodGet, o.Site.Issuer+"/v1/requests", p.nonce, nil, noon.AddDate(years, 0, 0).Unix())
			auth, err := pr.Sign(p.device, string(p.id))
			if err != nil {
				t.Fatal(err)
			}
			a := o.send(http.MethodGet, "/v1/requests", auth, nil)
			if p.nonce = a.head.Get(wire.NonceHeader); a.code() == "use_nonce" {
				continue
			}
			if a.status != http.StatusOK {
				t.Errorf("clock %d years off: %d %s", years, a.status, a.body)
			}
		}
	}
}

// TestProofOnce is R-042: of 1000 copies of one proof at the same time one counts.
func TestProofOnce(t *testing.T) {
	o := newOffice(t, authn.MatchTap)
	o.phone.status()
	auth := o.phone.proof(http.MethodGet, "/v1/requests", nil)
	answers := make([]answered, many())
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i] = o.send(http.MethodGet, "/v1/requests", auth, nil) })
	}
	wg.Wait()
	good := 0
	for _, a := range answers {
		if a.status == http.StatusOK {
			good++
			continue
		}
		wantProblem(t, "copy", a, http.StatusUnauthorized, "proof_used")
	}
	if good != 1 {
		t.Errorf("%d copies were accepted", good)
	}
	o.clock.pass(4 * time.Minute)
	wantProblem(t, "copy later", o.send(http.MethodGet, "/v1/requests", auth, nil), http.StatusUnauthorized, "proof_used")
}

// phoneRoutes are all routes that a device's proof opens, with their commands. {id} stands for the object.
var phoneRoutes = []struct {
	method, path string
	body         string
}{
	{http.MethodGet, "/v1/device", ""},
	{http.MethodGet, "/v1/requests", ""},
	{http.MethodPost, "/v1/requests/{id}/decision", `{"decision":"%s"}`},
	{http.MethodPost, "/v1/registration/claim", `{"session":"AAAAAAAAAAAAAAAAAAAAAA","device_jwk":null}`},
	{http.MethodPost, "/v1/registration/finish", `{"registration":"x"}`},
	{http.MethodPost, "/v1/offline", `{"records":[]}`},
	{http.MethodGet, "/v1/devices", ""},
	{http.MethodPost, "/v1/devices/command", `{"statement":"x"}`},
	{http.MethodGet, "/v1/wipe", ""},
	{http.MethodPost, "/v1/duplicate", `{"id":"AAAAAAAAAAAAAAAAAAAAAA","statement":"x"}`},
	{http.MethodPost, "/v1/duplicate/claim", `{"id":"AAAAAAAAAAAAAAAAAAAAAA","statement":"x","mac":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`},
	{http.MethodGet, "/v1/duplicate/{id}", ""},
	{http.MethodPost, "/v1/duplicate/answer", `{"duplicate_id":"p_AAAAAAAAAAAAAAAAAAAAAA","statement":"x"}`},
	{http.MethodPost, "/v1/duplicate/state", `{"id":"AAAAAAAAAAAAAAAAAAAAAA"}`},
	{http.MethodPost, "/v1/device/remove", `{}`}, // the last: it ends the device
}

// TestForeignObjects is R-043: what belongs to another user does not exist for a device: every route with every kind of foreign id.
func TestForeignObjects(t *testing.T) {
	o := newOffice(t, authn.MatchTap)
	bo := o.user("bo")
	stranger := o.connect(bo, authn.BindFirst)
	later := o.user("cy")
	q := o.ask()
	jws := o.phone.request(q.Request.ID)
	session := o.session(later, authn.BindFirst)
	late := o.connect(o.anna, authn.BindAdditional) // of the same user, but it was not asked
	foreign := map[string]string{
		"request": string(q.Request.ID), "unknown request": string(authn.NewRequestID()), "device": string(o.phone.id), "user": string(o.anna.ID),
		"session": string(session.Session.ID), "client": string(o.laptop.ID), "login": o.anna.Login, "auth_req_id": q.AuthReqID.Text(),
		"odd": "..%2F..%2Fetc%2Fpasswd", "empty-ish": "%20", "quote": "'%20OR%201=1--",
	}
	for _, p := range []*phone{stranger, late} {
		for _, route := range phoneRoutes {
			if !strings.Contains(route.path, "{id}") {
				continue
			}
			for name, id := range foreign {
				d := p.answer(authn.Deny, q.Request.ID, jws, "")
				body := strings.Replace(route.body, "%s", p.signDecision(d), 1)
				a := p.call(route.method, strings.ReplaceAll(route.path, "{id}", id), []byte(body))
				if a.status != http.StatusNotFound {
					t.Errorf("%s with a foreign %s: status %d: %s", route.path, name, a.status, a.body)
				}
			}
		}
	}
	for _, path := range []string{"/v1/device", "/v1/requests"} { // what it sees is its own
		a := stranger.call(http.MethodGet, path, nil)
		for name, id := range foreign {
			if strings.Contains(plain(string(a.body)), id) && len(id) > 4 {
				t.Errorf("%s shows a foreign %s", path, name)
			}
		}
	}
	for _, path := range []string{"/v1/device/" + string(o.phone.id), "/v1/requests/" + string(q.Request.ID), "/v1/users/" + string(o.anna.ID)} {
		for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodDelete, http.MethodPut} {
			wantProblem(t, m+" "+path, stranger.call(m, path, nil), http.StatusNotFound, "not_found")
		}
	}
	thief := o.newPhone() // another key for a session that it does not know the secret of
	reg := thief.statement(session.Link, wire.Claimed{RegistrationID: session.Session.ID, Challenge: key.RandomID(16)})
	reg.SessionHash = authn.HashOf(key.NewSecret(16)).String()
	wantProblem(t, "finish by the public id", thief.finish(thief.sign(reg)), http.StatusNotFound, "session_unknown")
	if s := o.state(q.Request.ID); s != authn.RequestOpen {
		t.Errorf("request is %s", s)
	}
}

// TestBadBodies is R-044 through the real routes: what is too large, too deep or ambiguous is refused before anything happens.
func TestBadBodies(t *testing.T) {
	o := newOffice(t, authn.MatchTap)
	q := o.ask()
	deep := strings.Repeat(`{"a":`, 17) + `1` + strings.Repeat(`}`, 17)
	bad := map[string]string{
		"too large":        `{"decision":"` + strings.Repeat("x", wire.MaxBody) + `"}`,
		"too large spaces": strings.Repeat(" ", wire.MaxBody) + `{}`,
		"too deep":         deep,
		"deep list":        strings.Repeat(`[`, 60000),
		"duplicate key":    `{"decision":"a","decision":"a","session":"a","session":"a","registration":"a","registration":"a"}`,
		"trailing data":    `{} {}`,
		"trailing garbage": `{}x`,
		"invalid UTF-8":    "{\"decision\":\"\xff\"}",
		"unknown field":    `{"unknown":1}`,
		"case":             `{"Decision":"x"}`,
		"empty":            ``,
		"not JSON":         `decision=x`,
		"list":             `[]`,
		"number for text":  `{"decision":1,"session":1,"registration":1}`,
		"null bytes":       "\x00\x00",
	}
	fresh := o.newPhone()
	for _, route := range phoneRoutes {
		if route.method != http.MethodPost {
			continue
		}
		p := o.phone
		if strings.Contains(route.path, "/registration/") || strings.HasSuffix(route.path, "/claim") || strings.HasSuffix(route.path, "/state") {
			p = fresh
		}
		for name, body := range bad {
			if strings.HasSuffix(route.path, "/answer") && strings.HasPrefix(name, "too large") { // it carries a file
				body = strings.Repeat(" ", wire.MaxLargeBody-wire.MaxBody) + body
			}
			if route.path == "/v1/device/remove" && body == "" {
				name = "no command"
			}
			a := p.call(route.method, strings.ReplaceAll(route.path, "{id}", string(q.Request.ID)), []byte(body))
			wantProblem(t, route.path+" "+name, a, http.StatusBadRequest, "bad_body")
		}
	}
	m := o.computer("desk-7")
	for _, route := range computerRoutes {
		p := m
		if strings.HasSuffix(route.path, "/enroll") {
			p = fresh
		}
		for name, body := range bad {
			wantProblem(t, route.path+" "+name, p.call(http.MethodPost, route.path, []byte(body)), http.StatusBadRequest, "bad_body")
		}
	}
	const long = 1 << 30
	endless := &zeros{}
	endless.left.Store(long)
	req, err := http.NewRequest(http.MethodPost, o.Site.Issuer+"/v1/registration/claim", endless)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := o.http.Do(req)
	if err == nil {
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("endless body: status %d", resp.StatusCode)
		}
		_ = resp.Body.Close()
	}
	if sent := long - endless.left.Load(); sent > 16<<20 { // what the sockets hold, and no more
		t.Errorf("the server took %d bytes of an endless body", sent)
	}
	if st := o.phone.status(); st.State != authn.DeviceActive || o.state(q.Request.ID) != authn.RequestOpen {
		t.Error("a bad body changed something")
	}
}

// TestSameRefusal is R-046: who does not exist and who shows the wrong key get the same answer in the same time.
func TestSameRefusal(t *testing.T) {
	o := newOffice(t, authn.MatchTap)
	gone := o.connect(o.anna, authn.BindAdditional)
	if err := o.Device.Revoke(t.Context(), gone.id, "admin:maja", "test"); err != nil {
		t.Fatal(err)
	}
	cases := map[string]*phone{
		"unknown device":           {r: o.rig, device: newKey(t), id: authn.NewDeviceID()},
		"known, wrong key":         {r: o.rig, device: newKey(t), id: o.phone.id},
		"revoked, wrong key":       {r: o.rig, device: newKey(t), id: gone.id},
		"administrator as device":  {r: o.rig, device: newKey(t), id: authn.DeviceID(authn.NewAdminID())},
		"unknown computer":         {r: o.rig, device: newKey(t), id: "c_nothing"},
		"computer, wrong key":      {r: o.rig, device: newKey(t), id: o.computer("desk-7").id},
		"invited computer":         {r: o.rig, device: newKey(t), id: o.invited("desk-8")},
		"user disabled, wrong key": {r: o.rig, device: newKey(t), id: func() authn.DeviceID { p := o.enroll(o.user("bo")); o.block(p.user); return p.id }()},
	}
	var first []byte
	apart := func() time.Duration { // between the p95 of the fastest and of the slowest
		const rounds = 40
		times := map[string][]time.Duration{}
		for range rounds {
			for name, p := range cases {
				begun := time.Now()
				a := p.call(http.MethodGet, "/v1/device", nil)
				if strings.HasPrefix(string(p.id), "c_") {
					a = p.call(http.MethodPost, "/v1/computer/sync", []byte(computerRoutes[1].body))
				}
				times[name] = append(times[name], time.Since(begun))
				wantProblem(t, name, a, http.StatusUnauthorized, "bad_proof")
				if first == nil {
					first = a.body
				}
				if !bytes.Equal(a.body, first) {
					t.Errorf("%s: another body: %s", name, a.body)
				}
			}
		}
		var p95 []time.Duration
		for name, d := range times {
			slices.Sort(d)
			t.Logf("%s: p50 %s, p95 %s", name, d[rounds/2], d[rounds*95/100])
			p95 = append(p95, d[rounds*95/100])
		}
		return slices.Max(p95) - slices.Min(p95)
	}
	ok := false
	for try := 0; try < 3 && !ok; try++ { // a busy machine is not the server's fault
		ok = apart() <= 20*time.Millisecond
	}
	if !ok {
		t.Error("times tell them apart")
	}
	wantProblem(t, "revoked, right key", gone.call(http.MethodGet, "/v1/device", nil), http.StatusForbidden, "device_revoked")
	l := wire.RegistrationLink{Session: key.NewSecret(16)}
	wantProblem(t, "unknown session", o.newPhone().claim(l), http.StatusNotFound, "session_unknown")
}

// TestSeen: that a device was here is written at most once a minute.
func TestSeen(t *testing.T) {
	o := newOffice(t, authn.MatchTap)
	seen := func() time.Duration {
		t.Helper()
		if err := o.Proof.FlushSeen(t.Context()); err != nil {
			t.Fatal(err)
		}
		var d authn.Device
		o.view(func(r store.Reader) (err error) { d, err = r.Device(o.phone.id); return err })
		return d.LastSeenAt.Sub(noon)
	}
	for _, c := range []struct{ pass, want time.Duration }{{30 * time.Second, 0}, {30 * time.Second, time.Minute}, {59 * time.Second, time.Minute}, {time.Second, 2 * time.Minute}} {
		o.clock.pass(c.pass)
		o.phone.status()
		if got := seen(); got != c.want {
			t.Errorf("seen after %s, want %s", got, c.want)
		}
	}
}

// zeros is a long body. The transport may still read it when the answer is there.
type zeros struct{ left atomic.Int64 }

func (z *zeros) Read(p []byte) (int, error) {
	n := min(len(p), int(z.left.Load()))
	if n == 0 {
		return 0, io.EOF
	}
	clear(p[:n])
	z.left.Add(int64(-n))
	return n, nil
}
