package phone

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/otp"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/wire"
)

// machine is a computer as phone and server see it: the grant, and the computer's half of the secrets.
type machine struct {
	wire.Grant
	own      key.Private
	identity key.Private // of the server
}

// list is a batch with the computer's half of its key.
type list struct {
	wire.Batch
	own *ecdh.PrivateKey
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// newMachine has a grant of 14 days for the account, not told yet.
func newMachine(r *rig, a *account, identity key.Private, id authn.ClientID) *machine {
	own := must(key.Generate())
	now := time.Now()
	return &machine{own: own, identity: identity, Grant: wire.Grant{
		Issuer: a.stored.Server.Issuer, Device: a.stored.ID, IssuedAt: now.Unix(), SignedInAt: now.Unix(), Expires: now.Add(authn.GrantLifetime).Unix(),
		ID: authn.NewGrantID(), Seq: 1, State: authn.GrantActive, Computer: wire.ComputerName{ID: id, Name: strings.ToUpper(string(id))},
		ComputerJWK: own.Key(), User: a.stored.User, Login: a.stored.Login, ExchangeJWK: must(r.keys.Public(a.stored.Keys.Exchange)),
		MaxUses: authn.GrantUses,
	}}
}

func (m *machine) statement() string { return must(wire.SignGrant(m.identity, m.Grant)) }

func (m *machine) newList(count int) *list {
	own := must(ecdh.P256().GenerateKey(rand.Reader))
	return &list{own: own, Batch: wire.Batch{
		Computer: m.Computer.ID, Holder: string(m.Device), IssuedAt: time.Now().Unix(), Grant: m.ID, ID: authn.NewBatchID(),
		JWK: must(key.FromECDH(own.PublicKey())), Count: count,
	}}
}

func (m *machine) announce(l *list) string { return must(wire.SignBatch(m.own, l.Batch)) }

func (m *machine) parties() otp.Parties {
	return otp.Parties{Exchange: m.ExchangeJWK, Computer: m.Computer.ID, User: m.User}
}

// code is what the computer expects for the code with an index.
func (m *machine) code(l *list, i int) string {
	k := must(otp.NewListKey(must(l.own.ECDH(m.ExchangeJWK.ECDH())), l.ID, l.JWK, m.parties()))
	return k.Code(i).Text()
}

// challenge is a QR of the computer and the code that it expects.
func (m *machine) challenge(host string) (wire.OfflineLink, string) {
	e := must(ecdh.P256().GenerateKey(rand.Reader))
	l := wire.OfflineLink{Host: host, Grant: m.ID, Ephemeral: must(key.FromECDH(e.PublicKey())), Time: uint32(time.Now().Unix())}
	code := must(otp.ChallengeCode(must(e.ECDH(m.ExchangeJWK.ECDH())), l.Payload(), m.parties()))
	return l, code[:4] + " " + code[4:]
}

// tell gives the phone what its server would answer.
func (r *rig) tell(t testing.TB, a *account, answer wire.OfflineAnswer) {
	t.Helper()
	if _, err := r.takeComputers(t.Context(), a, must(r.keys.Public(a.stored.Keys.Exchange)), answer, 0); err != nil {
		t.Fatal(err)
	}
}

// withComputer is an unlocked phone that may sign in to LAPTOP-42, with a list of 50 codes.
func withComputer(t *testing.T) (*rig, *account, *machine, *list) {
	t.Helper()
	r := unlocked(t)
	a, identity := r.connect(t)
	m := newMachine(r, a, identity, "laptop-42")
	l := m.newList(authn.ListCount)
	r.tell(t, a, wire.OfflineAnswer{Grants: []string{m.statement()}, Batches: []string{m.announce(l)}})
	r.finger(t)
	return r, a, m, l
}

// finger turns the fingerprint on, so that verifying costs no argon2.
func (r *rig) finger(t testing.TB) {
	t.Helper()
	if err := r.keys.EnableBiometric(t.Context(), pin, platform.Prompt{}); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) codeFor(t testing.TB, link wire.OfflineLink) (OfflineCode, error) {
	t.Helper()
	ch, err := r.OfflineChallenge(link)
	if err != nil {
		return OfflineCode{}, err
	}
	return r.OfflineCode(t.Context(), ch, platform.Prompt{})
}

// records are those that the server does not have.
func (r *rig) records(a *account) []storedRecord {
	r.Core.mu.Lock()
	defer r.Core.mu.Unlock()
	return a.stored.Offline.Records
}

// post is a server of which only POST /v1/offline works.
type post struct {
	*httptest.Server
	mu     sync.Mutex
	calls  []wire.OfflineSync
	answer func(call int, s wire.OfflineSync) (wire.OfflineAnswer, int) // and the status
}

// newPost is such a server for an account, which it answers in place of the one that nobody runs.
func newPost(t *testing.T, r *rig, a *account, answer func(int, wire.OfflineSync) (wire.OfflineAnswer, int)) *post {
	t.Helper()
	p := &post{answer: answer}
	k := must(ecdsa.GenerateKey(must(key.Generate()).Key().ECDSA().Curve, rand.Reader))
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der := must(x509.CreateCertificate(rand.Reader, c, c, &k.PublicKey, k))
	p.Server = httptest.NewUnstartedServer(p)
	p.Config.ErrorLog = log.New(io.Discard, "", 0)
	p.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: k}}}
	p.StartTLS()
	t.Cleanup(p.Close)
	r.Core.mu.Lock()
	defer r.Core.mu.Unlock()
	a.stored.Server.Issuer = p.URL
	a.stored.Server.TLSKeys = []wire.TLSKey{client.SPKI(must(x509.ParseCertificate(der)))}
	a.device = client.NewDevice(a.stored.Server, a.stored.ID, must(keystore.Signer(t.Context(), r.keys, a.stored.Keys.Device)), client.Options{})
	return p
}

func (p *post) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.URL.Path != "/v1/offline" || req.Method != http.MethodPost {
		http.NotFound(w, req)
		return
	}
	var s wire.OfflineSync
	if err := json.NewDecoder(req.Body).Decode(&s); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	p.calls = append(p.calls, s)
	answer, status := p.answer(len(p.calls), s)
	p.mu.Unlock()
	if status != http.StatusOK {
		w.Header().Set("Content-Type", wire.ProblemType)
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(wire.Problem{
			Status: status, Kind: map[int]authn.Kind{404: authn.NotFound, 500: authn.Internal}[status],
			Code: map[int]string{404: "not_found", 500: "internal"}[status], Title: "It is said.",
		})
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}
