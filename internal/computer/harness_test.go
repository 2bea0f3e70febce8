package computer_test

import (
	"context"
	"crypto/ecdh"
	"errors"
	"testing"
	"time"

	"avow/internal/atomicfile"
	"avow/internal/atomicfile/atomicfiletest"
	"avow/internal/authn"
	"avow/internal/computer"
	"avow/internal/key"
	"avow/internal/otp"
	"avow/internal/wire"
)

const (
	issuer = "https://id.example.com"
	laptop = authn.ClientID("laptop-42")
	anna   = "anna.lind"
)

// cheap makes the tests quick; the product's parameters are in the benchmarks.
var cheap = computer.ListCost{Memory: 8, Time: 1, Lanes: 1}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// phoneKeys are what a phone has of an account, and the desk: exchange keys.
type phoneKeys struct {
	private *ecdh.PrivateKey
	public  key.Public
	device  authn.DeviceID
	user    authn.UserID
	login   string
}

func newPhone(t testing.TB, login string) *phoneKeys {
	t.Helper()
	k := newKey(t)
	private, err := k.ECDH()
	if err != nil {
		t.Fatal(err)
	}
	return &phoneKeys{private: private, public: k.Key(), device: authn.NewDeviceID(), user: authn.NewUserID(), login: login}
}

func newKey(t testing.TB) key.Private {
	t.Helper()
	k, err := key.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// code is what the phone shows for a QR.
func (p *phoneKeys) code(t testing.TB, link wire.OfflineLink, id authn.ClientID) otp.Typed {
	t.Helper()
	shared, err := p.private.ECDH(link.Ephemeral.ECDH())
	if err != nil {
		t.Fatal(err)
	}
	text, err := otp.ChallengeCode(shared, link.Payload(), otp.Parties{Exchange: p.public, Computer: id, User: p.user})
	if err != nil {
		t.Fatal(err)
	}
	return typed(t, text)
}

// listKey opens a batch as its holder does.
func (p *phoneKeys) listKey(t testing.TB, statement string, computerKey key.Public, id authn.ClientID, holder string, user authn.UserID) (otp.ListKey, wire.Batch) {
	t.Helper()
	b, err := wire.VerifyBatch(statement, computerKey, id, holder)
	if err != nil {
		t.Fatal(err)
	}
	shared, err := p.private.ECDH(b.JWK.ECDH())
	if err != nil {
		t.Fatal(err)
	}
	k, err := otp.NewListKey(shared, b.ID, b.JWK, otp.Parties{Exchange: p.public, Computer: id, User: user})
	if err != nil {
		t.Fatal(err)
	}
	return k, b
}

func typed(t testing.TB, text string) otp.Typed {
	t.Helper()
	c, err := otp.ParseTyped(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func list(c otp.ListCode) otp.Typed { return otp.Typed{List: &c} }

// rig is a machine with its clocks and disk in the test's hand.
type rig struct {
	*computer.Machine
	t    testing.TB
	id   authn.ClientID
	disk *atomicfiletest.Disk
	fs   atomicfile.FS
	dir  string
	cost computer.ListCost
	key  key.Private
	wall time.Time
	up   time.Duration
	seq  uint64

	grants map[authn.UserID]authn.GrantID // the newest of each
}

func newRig(t testing.TB, id authn.ClientID) *rig {
	t.Helper()
	d := atomicfiletest.New()
	r := &rig{t: t, id: id, disk: d, fs: d, dir: "/var/lib/avow-login", cost: cheap, key: newKey(t), wall: noon, up: time.Hour, grants: map[authn.UserID]authn.GrantID{}}
	r.open()
	r.take()
	return r
}

// open starts the daemon's memory anew, from what is on disk.
func (r *rig) open() {
	r.t.Helper()
	m, err := computer.Open(r.config())
	if err != nil {
		r.t.Fatal(err)
	}
	r.Machine = m
}

func (r *rig) config() computer.Config {
	return computer.Config{
		Dir: r.dir, FS: r.fs, ID: r.id, Host: "id.example.com", Cost: r.cost,
		Now: func() time.Time { return r.wall }, Uptime: func() time.Duration { return r.up },
	}
}

// reboot starts the machine anew; the uptime begins at nothing.
func (r *rig) reboot() {
	r.up = time.Second
	r.open()
}

// pass lets time go by, on both clocks.
func (r *rig) pass(d time.Duration) {
	r.wall, r.up = r.wall.Add(d), r.up+d
}

// take is an answer of the server.
func (r *rig) take(grants ...wire.Grant) {
	r.t.Helper()
	if err := r.Take(r.wall, grants, nil, 0, authn.OfflineAllow); err != nil {
		r.t.Fatal(err)
	}
}

// grant is a statement of the server for a phone.
func (r *rig) grant(p *phoneKeys) wire.Grant {
	r.seq++
	r.grants[p.user] = authn.NewGrantID()
	return wire.Grant{
		Issuer: issuer, Device: p.device, IssuedAt: r.wall.Unix(), Expires: r.wall.Add(authn.GrantLifetime).Unix(), ID: r.grants[p.user], Seq: r.seq,
		State: authn.GrantActive, Computer: wire.ComputerName{ID: r.id, Name: "LAPTOP-42"}, ComputerJWK: r.key.Key(), User: p.user, Login: p.login,
		ExchangeJWK: p.public, MaxUses: authn.GrantUses, SignedInAt: r.wall.Unix(),
	}
}

// signedIn is an approved sign-in with a network.
func (r *rig) signedIn(g wire.Grant) {
	r.t.Helper()
	if err := r.SignedIn(g, r.wall); err != nil {
		r.t.Fatal(err)
	}
}

// ready is a machine at which a phone has signed in once.
func ready(t testing.TB) (*rig, *phoneKeys, wire.Grant) {
	t.Helper()
	r, p := newRig(t, laptop), newPhone(t, anna)
	g := r.grant(p)
	r.signedIn(g)
	return r, p, g
}

func (r *rig) challenge(login string) *computer.Challenge {
	r.t.Helper()
	ch, err := r.Challenge(login)
	if err != nil {
		r.t.Fatal(err)
	}
	return ch
}

func (r *rig) verify(login string, ch *computer.Challenge, c otp.Typed) (computer.SignIn, error) {
	return r.Verify(context.Background(), login, ch, c, nil)
}

// refill makes the lists and returns the key of the phone's and of the desk's newest.
func (r *rig) refill(p, desk *phoneKeys) (phone, service otp.ListKey) {
	r.t.Helper()
	if err := r.Refill(context.Background(), r.key, issuer, desk.public); err != nil {
		r.t.Fatal(err)
	}
	for _, s := range r.Pending().Batches {
		if b, err := wire.VerifyBatch(s, r.key.Key(), r.id, string(p.device)); err == nil {
			phone, _ = p.listKey(r.t, s, r.key.Key(), r.id, b.Holder, p.user)
		}
		if b, err := wire.VerifyBatch(s, r.key.Key(), r.id, issuer); err == nil && b.Grant == r.grants[p.user] {
			service, _ = desk.listKey(r.t, s, r.key.Key(), r.id, issuer, p.user)
		}
	}
	return phone, service
}

// other changes one digit of a code.
func other(c otp.Typed) otp.Typed {
	b := []byte(c.Digits)
	b[0] = '0' + (b[0]-'0'+1)%10
	return otp.Typed{Digits: string(b)}
}

// stranger is a list code of this computer that is in no list.
func stranger(id authn.ClientID, n byte) otp.Typed {
	return list(otp.ListCode{Prefix: otp.ComputerPrefix(id), Secret: "ZZZZZZZ" + string("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[n%32])})
}

func wantError(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) || err == nil {
		t.Errorf("%s: got %v, want %v", what, err, want)
	}
}
