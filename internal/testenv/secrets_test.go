package testenv_test

import (
	"bytes"
	"crypto/ecdh"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/testenv"
)

// TestPrivateKeysStayOnThePhone is R-010: of all that goes between phone and server in a registration and some approvals, and of all
// that the server has on its disk afterwards, no 32 bytes are the private key of one of the phone's public keys, be they written as
// they are, in hex or in base64.
func TestPrivateKeysStayOnThePhone(t *testing.T) {
	ctx, env := start(t)
	m := between(t, env)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	p := m.openPhone(t, ctx, t.TempDir())
	defer p.Close()
	must(env.Register(ctx, p, "anna.lind", authn.BindFirst))(t)
	for range 2 {
		signIn(t, ctx, env, p)
	}
	keys := privateKeysOf{}
	for _, k := range p.Keys.List() {
		keys[k.Public] = string(k.Purpose)
	}
	if len(keys) != 4 { // device, approval, exchange, vault
		t.Fatalf("the phone has %d keys, want 4", len(keys))
	}
	traffic := m.recorded()
	if len(traffic) < 5000 || !bytes.Contains(traffic, []byte("/v1/registration/finish")) || !bytes.Contains(traffic, []byte("/decision")) {
		t.Fatal("the traffic was not recorded")
	}
	keys.search(t, "traffic", traffic)
	err := filepath.WalkDir(env.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err == nil {
			keys.search(t, "server's "+d.Name(), data)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}

	// The search can find: a key that did leave, in each way of writing it.
	leaked := newKey(t)
	pem := must(leaked.EncodePEM())(t)
	raw := must(leaked.ECDH())(t).Bytes()
	for name, text := range map[string][]byte{
		"raw": append([]byte("some text"), raw...), "PEM": pem, "hex": []byte("key=" + hex.EncodeToString(raw)),
		"base64url": []byte(`{"d":"` + base64.RawURLEncoding.EncodeToString(raw) + `"}`),
	} {
		if (privateKeysOf{leaked.Key(): "leaked"}).find(text) == "" {
			t.Errorf("a key that leaks as %s is not found", name)
		}
	}
}

// privateKeysOf searches for the private keys of public ones.
type privateKeysOf map[key.Public]string

func (k privateKeysOf) search(t *testing.T, where string, data []byte) {
	t.Helper()
	if found := k.find(data); found != "" {
		t.Errorf("the private %s key is in the %s", found, where)
	}
}

var (
	hexRun    = regexp.MustCompile(`[0-9a-fA-F]{64,}`)
	base64Run = regexp.MustCompile(`[A-Za-z0-9+/_\-\n]{43,}`)
)

func (k privateKeysOf) find(data []byte) string {
	if found := k.raw(data); found != "" {
		return found
	}
	for _, run := range hexRun.FindAll(data, -1) {
		b, _ := hex.DecodeString(string(run[:len(run)/2*2]))
		if found := k.raw(b); found != "" {
			return found
		}
	}
	for _, run := range base64Run.FindAll(data, -1) {
		text := bytes.ReplaceAll(bytes.ReplaceAll(bytes.ReplaceAll(run, []byte("\n"), nil), []byte("+"), []byte("-")), []byte("/"), []byte("_"))
		for from := range min(4, len(text)) { // four ways to begin
			b, _ := base64.RawURLEncoding.DecodeString(string(text[from:][:(len(text)-from)/4*4]))
			if rest := text[from:]; len(rest) == 43 {
				b, _ = base64.RawURLEncoding.DecodeString(string(rest))
			}
			if found := k.raw(b); found != "" {
				return found
			}
		}
	}
	return ""
}

// raw tries each window of 32 bytes that may be a random number: text and tables are not.
func (k privateKeysOf) raw(data []byte) string {
	for i := 0; i+32 <= len(data); i++ {
		w := data[i : i+32]
		if !mayBeRandom(w) {
			continue
		}
		private, err := ecdh.P256().NewPrivateKey(w)
		if err != nil {
			continue
		}
		pub, err := key.FromECDH(private.PublicKey())
		if err != nil {
			continue
		}
		if name, ok := k[pub]; ok {
			return name
		}
	}
	return ""
}

// mayBeRandom passes over windows that 32 random bytes are with a chance of less than one in 2^40: all of ASCII, or with more than
// half of the bytes the same as another.
func mayBeRandom(w []byte) bool {
	var seen [256]bool
	ascii, different := true, 0
	for _, b := range w {
		ascii = ascii && b < 0x80
		if !seen[b] {
			seen[b] = true
			different++
		}
	}
	return !ascii && different >= 18
}

// TestPhoneFilesSayNothing is R-052: after a registration and approvals, locked and unlocked, no file of the phone holds eight bytes in
// a row of anything that the vault is there to hide.
func TestPhoneFilesSayNothing(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lindqvist", "Anna Lindqvist"))(t)
	p := must(env.OpenPhone(ctx, testenv.PhoneOptions{Name: "pixel", KDF: fastKDF}))(t)
	if err := p.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	a := must(env.Register(ctx, p, "anna.lindqvist", authn.BindFirst))(t)
	signIn(t, ctx, env, p)
	p.Lock()
	computer := must(env.AddComputer(ctx, "laptop-of-anna", "LAPTOP-OF-ANNA", authn.MatchTap))(t)
	ask := must(computer.Authorize(ctx, client.Question{User: "anna.lindqvist", Message: "Payroll of November"}))(t)
	if err := p.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	request := p.State().Requests[0]
	receipt := must(p.Approve(keystore.WithPIN(ctx, p.PIN), request.ID, phone.Match{}, platform.Prompt{}))(t) // into the sealed index
	must(computer.Wait(ctx, ask))(t)

	secrets := map[string]string{
		"login": a.Login, "name": a.Name, "organisation": a.Organisation, "issuer": a.Issuer, "device id": string(a.ID),
		"client": "LAPTOP-OF-ANNA", "request": receipt.Request, "decision": receipt.Decision, "receipt": receipt.Receipt,
		"request id": string(request.ID), "message": request.Message, "user id": string(request.User),
		"identity": string(must(json.Marshal(env.ClientServer().Identity))(t)), "support": a.Support,
	}
	check := func(when string) {
		t.Helper()
		if n := searchFolder(t, p.Dir, when, secrets, string(p.PIN)); n < 4 { // keystore and vault, each with its backup, and the index
			t.Fatalf("%s: only %d files", when, n)
		}
	}
	check("locked")
	if err := p.Unlock(keystore.WithPIN(ctx, p.PIN), platform.Prompt{}); err != nil {
		t.Fatal(err)
	}
	check("unlocked")
	p.Close()
	check("closed")

	plain := filepath.Join(p.Dir, "leak.tmp") // the search can find
	if err := os.WriteFile(plain, []byte("xx"+a.Login[3:11]+"yy"), 0o600); err != nil {
		t.Fatal(err)
	}
	if windowOf(must(os.ReadFile(plain))(t), a.Login) == "" {
		t.Error("eight bytes of the login are not found")
	}
}

// searchFolder looks into every file, those of a write that was cut off too, and says how many there are.
func searchFolder(t *testing.T, dir, when string, secrets map[string]string, pin string) (files int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for name, secret := range secrets {
			if w := windowOf(data, secret); w != "" {
				t.Errorf("%s: %s holds %q of the %s", when, d.Name(), w, name)
			}
		}
		if bytes.Contains(data, []byte(pin)) {
			t.Errorf("%s: %s holds the PIN", when, d.Name())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// windowOf returns eight bytes of a secret that stand in data, as they are, in base64 or in hex; "" if there are none.
func windowOf(data []byte, secret string) string {
	windows := map[string]bool{}
	for i := 0; i+8 <= len(secret); i++ {
		windows[secret[i:i+8]] = true
	}
	for _, text := range append([][]byte{data}, decoded(data)...) {
		for i := 0; i+8 <= len(text); i++ {
			if windows[string(text[i:i+8])] {
				return string(text[i : i+8])
			}
		}
	}
	return ""
}

func decoded(data []byte) (texts [][]byte) {
	for _, run := range base64Run.FindAll(data, -1) {
		text := bytes.ReplaceAll(run, []byte("\n"), nil)
		for from := range min(4, len(text)) {
			rest := text[from:][:(len(text)-from)/4*4]
			for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
				b, _ := enc.DecodeString(string(rest))
				texts = append(texts, b)
			}
		}
	}
	for _, run := range hexRun.FindAll(data, -1) {
		b, _ := hex.DecodeString(string(run[:len(run)/2*2]))
		texts = append(texts, b)
	}
	return texts
}
