package transfer

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"database/sql"
	"encoding/asn1"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"html"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/crypto/argon2"

	"avow/internal/key"
	"avow/internal/otp"
)

var updateVendor = flag.Bool("update-vendor", false, "write the files in testdata/vendor anew")

// vendorFixture is a file as an app writes it, by the description of its form in the format's own file. make is its generator, testdata/vendor has
// what it made once.
type vendorFixture struct {
	file     string
	format   Format
	password string
	make     func(t testing.TB) []byte
	want     []otp.Code
}

const vendorPassword = "correct horse"

// The codes of the fixtures. Secrets are words, to be found when they turn up where they must not.
var (
	fixtureTOTP = otp.Code{
		Kind: otp.TOTP, Issuer: "Müller & Söhne", Account: "anna@example.com", Secret: otp.Secret("a secret of time"), Algorithm: otp.SHA1,
		Digits: 6, Period: 30,
	}
	fixtureLong = otp.Code{
		Kind: otp.TOTP, Issuer: "Bank", Account: "42", Secret: otp.Secret("a much longer secret of time, 32"), Algorithm: otp.SHA256,
		Digits: 8, Period: 60,
	}
	fixtureHOTP = otp.Code{
		Kind: otp.HOTP, Issuer: "Counter", Account: "anna", Secret: otp.Secret("a secret that counts"), Algorithm: otp.SHA1, Digits: 6,
		Counter: 7,
	}
	fixtureSteam = otp.Code{
		Kind: otp.Steam, Issuer: "Steam", Account: "gamer", Secret: otp.Secret("a secret of steam!!!"), Algorithm: otp.SHA1, Digits: 5,
		Period: 30,
	}
)

func b32(c otp.Code) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(c.Secret)
}

func fixtureURI(t testing.TB, c otp.Code) string {
	t.Helper()
	uri, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(uri)
}

// with is a code that is changed as a form demands.
func with(c otp.Code, change func(*otp.Code)) otp.Code {
	change(&c)
	return c
}

func vendorFixtures() []vendorFixture {
	noIssuer := with(fixtureTOTP, func(c *otp.Code) { c.Issuer = "" })
	plainLong := with(fixtureLong, func(c *otp.Code) { c.Algorithm, c.Digits, c.Period = otp.SHA1, 6, 30 })
	return append(kdbxFixtures(), []vendorFixture{
		{"bitwarden.json", Bitwarden, "", func(t testing.TB) []byte { return bitwardenFixture(t) }, []otp.Code{fixtureTOTP, fixtureSteam, fixtureHOTP}},
		{"bitwarden.csv", Bitwarden, "", bitwardenCSVFixture, []otp.Code{fixtureTOTP, with(fixtureSteam, func(c *otp.Code) { c.Account = "" })}},
		{"bitwarden_pbkdf2.json", Bitwarden, vendorPassword, func(t testing.TB) []byte { return sealBitwarden(t, 0) }, []otp.Code{
			fixtureTOTP, fixtureSteam,
			fixtureHOTP,
		}},
		{"bitwarden_argon2id.json", Bitwarden, vendorPassword, func(t testing.TB) []byte { return sealBitwarden(t, 1) }, []otp.Code{
			fixtureTOTP, fixtureSteam,
			fixtureHOTP,
		}},
		{"lastpass.json", LastPass, "", lastPassFixture, []otp.Code{fixtureTOTP, fixtureLong}},
		{"lastpass.csv", LastPass, "", lastPassCSVFixture, []otp.Code{fixtureTOTP}},
		{"freeotp.xml", FreeOTP, "", func(testing.TB) []byte {
			return prefsFixture(map[string]string{
				"a": freeOTPFixture(fixtureTOTP, true), "b": freeOTPFixture(fixtureHOTP, true), "c": freeOTPFixture(fixtureSteam, true), "tokenOrder": `["b","a"]`,
			})
		}, []otp.Code{fixtureTOTP, fixtureHOTP, fixtureSteam}},
		{"freeotp_2_sha1.bin", FreeOTP, vendorPassword, func(t testing.TB) []byte { return freeOTP2Fixture(t, false) }, []otp.Code{
			fixtureTOTP, fixtureHOTP,
			fixtureLong,
		}},
		{"freeotp_2_sha512.bin", FreeOTP, vendorPassword, func(t testing.TB) []byte { return freeOTP2Fixture(t, true) }, []otp.Code{
			fixtureTOTP, fixtureHOTP,
			fixtureLong,
		}},
		{"freeotp_plus.json", FreeOTPPlus, "", func(testing.TB) []byte {
			return []byte(`{"tokenOrder":[],"tokens":[` + freeOTPFixture(fixtureHOTP, true) + "," + freeOTPFixture(fixtureLong, true) + "]}")
		}, []otp.Code{fixtureHOTP, fixtureLong}},
		{"duo.json", Duo, "", func(testing.TB) []byte {
			return fmt.Appendf(nil, `[{"accountType":"OtpAccount","name":%q,"otpGenerator":{"otpSecret":%q},"pkey":"1"},
				{"accountType":"OtpAccount","name":%q,"otpGenerator":{"otpSecret":%q,"counter":7},"pkey":"2"}]`, fixtureTOTP.Account, b32(fixtureTOTP), "anna",
				b32(fixtureHOTP))
		}, []otp.Code{noIssuer, with(fixtureHOTP, func(c *otp.Code) { c.Issuer = "" })}},
		{"authy.xml", Authy, "", func(testing.TB) []byte {
			others := fmt.Sprintf(`[{"accountType":"authenticator","decryptedSecret":%q,"digits":6,"originalIssuer":"Müller & Söhne","originalName":"Müller & Söhne:anna@example.com"}]`, b32(fixtureTOTP))
			own := fmt.Sprintf(`[{"accountType":"authy","secretSeed":"%x","digits":7,"name":"Counter:anna"}]`, []byte(fixtureHOTP.Secret))
			return prefsFixture(map[string]string{authyOthers: others, authyOwn: own})
		}, []otp.Code{fixtureTOTP, with(fixtureHOTP, func(c *otp.Code) { c.Kind, c.Counter, c.Digits, c.Period = otp.TOTP, 0, 7, 10 })}},
		{"authy_encrypted.xml", Authy, vendorPassword, authyFixture, []otp.Code{fixtureTOTP, plainLong}},
		{"microsoft.sqlite", Microsoft, "", func(t testing.TB) []byte {
			return databaseFixture(t, "CREATE TABLE accounts (_id INTEGER PRIMARY KEY, name TEXT, username TEXT, oath_secret_key TEXT, account_type INTEGER)",
				"INSERT INTO accounts VALUES (1, ?, ?, ?, 0), (2, 'Bank', '42', ?, 1)",
				fixtureTOTP.Issuer, fixtureTOTP.Account, b32(fixtureTOTP), base64.StdEncoding.EncodeToString(fixtureLong.Secret))
		}, []otp.Code{fixtureTOTP, with(plainLong, func(c *otp.Code) { c.Digits = 8 })}},
		{"google.sqlite", Google, "", func(t testing.TB) []byte {
			return databaseFixture(t,
				"CREATE TABLE accounts (_id INTEGER PRIMARY KEY, email TEXT, secret TEXT, counter INTEGER, type INTEGER, provider INTEGER, issuer TEXT, original_name TEXT)",
				"INSERT INTO accounts VALUES (1, ?, ?, 0, 0, 0, ?, ''), (2, 'Counter:anna', ?, 7, 1, 0, NULL, '')",
				fixtureTOTP.Issuer+":"+fixtureTOTP.Account, b32(fixtureTOTP), fixtureTOTP.Issuer, b32(fixtureHOTP))
		}, []otp.Code{fixtureTOTP, fixtureHOTP}},
		{"steam.json", Steam, "", func(testing.TB) []byte { return []byte(`{"accounts":{"gamer":` + steamFixture() + `}}`) }, []otp.Code{fixtureSteam}},
		{"steam.maFile", Steam, "", func(testing.TB) []byte { return []byte(steamFixture()) }, []otp.Code{fixtureSteam}},
		{"totp_authenticator.xml", TOTPAuthenticator, "", func(testing.TB) []byte {
			return prefsFixture(map[string]string{totpAuthenticatorList: totpAuthenticatorFixture()})
		}, []otp.Code{fixtureTOTP, with(fixtureLong, func(c *otp.Code) { c.Algorithm = otp.SHA1 }), with(fixtureTOTP, func(c *otp.Code) { c.Issuer = "64" })}},
		{"totp_authenticator.encrypt", TOTPAuthenticator, vendorPassword, func(t testing.TB) []byte {
			text, err := json.Marshal(map[string]string{totpAuthenticatorFixture(): "1700000000"})
			if err != nil {
				t.Fatal(err)
			}
			k := sha256.Sum256([]byte(vendorPassword))
			return []byte(base64.StdEncoding.EncodeToString(sealCBC(t, k[:], make([]byte, 16), text)))
		}, []otp.Code{fixtureTOTP, with(fixtureLong, func(c *otp.Code) { c.Algorithm = otp.SHA1 }), with(fixtureTOTP, func(c *otp.Code) { c.Issuer = "64" })}},
		{
			"authenticator_plus.zip", AuthenticatorPlus, vendorPassword, func(t testing.TB) []byte { return zipFixture(t, "Accounts.txt", linksFixture(t), false) },
			[]otp.Code{fixtureTOTP, fixtureHOTP},
		},
		{"authenticator_plus_aes.zip", AuthenticatorPlus, vendorPassword, func(t testing.TB) []byte {
			return zipFixture(t, "Accounts.txt", linksFixture(t),
				true)
		}, []otp.Code{fixtureTOTP, fixtureHOTP}},
		{"winauth.zip", WinAuth, vendorPassword, func(t testing.TB) []byte { return zipFixture(t, "winauth.txt", winAuthFixture(), true) }, []otp.Code{
			noIssuer,
			fixtureSteam,
		}},
		{"winauth.txt", WinAuth, "", func(testing.TB) []byte { return winAuthFixture() }, []otp.Code{noIssuer, fixtureSteam}},
		{"battle_net.xml", BattleNet, "", battleNetFixture, []otp.Code{{
			Kind: otp.TOTP, Issuer: "Battle.net", Account: "EU-1234-5678-9012", Secret: fixtureHOTP.Secret, Algorithm: otp.SHA1, Digits: 8, Period: 30,
		}}},
		{"keepass.xml", KeePass, "", keePassFixture, []otp.Code{fixtureTOTP, fixtureSteam, fixtureLong, fixtureHOTP, with(fixtureLong,
			func(c *otp.Code) { c.Issuer = "KeeOtp" })}},
	}...)
}

// TestVendorFixtures: each generator's file, and the one that it made once, read as what went in; with no password and with a wrong one there
// is a sentence that says so; and the beginning of a file, of any length, is an error or has fewer codes.
func TestVendorFixtures(t *testing.T) {
	for _, tt := range vendorFixtures() {
		t.Run(tt.file, func(t *testing.T) {
			data, path := tt.make(t), filepath.Join("testdata", "vendor", tt.file)
			if *updateVendor {
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			stored, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, data := range [][]byte{data, stored} {
				checkRead(t, data, tt.password, tt.format, tt.want)
			}
			if tt.password != "" {
				checkPasswords(t, data, tt.password)
			}
			if lines := strings.HasSuffix(tt.file, ".txt") || strings.HasSuffix(tt.file, ".csv"); !lines { // of a list, nobody can tell that the end is missing
				checkBeginnings(t, data, tt.password, len(tt.want))
			}
		})
	}
}

// checkBeginnings reads the beginning of a file, cut at some dozen places.
func checkBeginnings(t *testing.T, data []byte, password string, codes int) {
	t.Helper()
	for n := 0; n < len(data)-1; n += 1 + len(data)/12 {
		found, err := Read(t.Context(), bytes.NewReader(data[:n]), Options{Password: key.Secret(password)})
		if err == nil && len(found.Items) >= codes {
			t.Errorf("the first %d of %d bytes read as the whole", n, len(data))
		}
		checkErrors(t, found, err)
	}
}

// checkErrors: everything that a person is told has a sentence.
func checkErrors(t testing.TB, found Found, err error) {
	t.Helper()
	errs := []error{err}
	for _, u := range found.Unreadable {
		errs = append(errs, u.Err)
		if u.Where == "" {
			t.Error("an unreadable entry has no name")
		}
	}
	for _, err := range errs {
		if err != nil && asAuthn(err) != err && !errors.Is(err, context.Canceled) && asAuthn(err).Error() != err.Error() {
			t.Errorf("no sentence for %v", err)
		}
	}
	for _, item := range found.Items {
		if err := item.Code.Validate(); err != nil {
			t.Errorf("a code that cannot be used: %v", err)
		}
	}
}

func prefsFixture(values map[string]string) []byte {
	out := "<?xml version='1.0' encoding='utf-8' standalone='yes' ?>\n<map>\n    <int name=\"version\" value=\"3\" />\n    <set name=\"tags\">\n        <string>x</string>\n    </set>\n"
	for _, name := range []string{"tokenOrder", "a", "b", "c", authyOthers, authyOwn, totpAuthenticatorList, battleNetSerial, battleNetSecret} {
		if value, ok := values[name]; ok {
			out += fmt.Sprintf("    <string name=%q>%s</string>\n", name, html.EscapeString(value))
		}
	}
	return []byte(out + "</map>\n")
}

func bitwardenFixture(t testing.TB) []byte {
	item := func(name, user, code string) string {
		return fmt.Sprintf(`{"type":1,"name":%q,"notes":"not for us","favorite":true,"folderId":"f1","login":{"username":%q,"password":"not for us","totp":%q},"collectionIds":null}`, name, user, code)
	}
	return fmt.Appendf(nil, `{"encrypted":false,"folders":[{"id":"f1","name":"Work"}],"items":[%s,%s,%s,
		{"type":1,"name":"no code","login":{"totp":null}},{"type":2,"name":"a note","secureNote":{"type":0}}]}`,
		item(fixtureTOTP.Issuer, fixtureTOTP.Account, strings.ToLower(b32(fixtureTOTP))),
		item("Steam", "gamer", "steam://"+b32(fixtureSteam)), item("My counter", "", fixtureURI(t, fixtureHOTP)))
}

func bitwardenCSVFixture(testing.TB) []byte {
	return []byte("\ufefffolder,favorite,type,name,notes,fields,reprompt,login_uri,login_username,login_password,login_totp\r\n" +
		`"Work, home",1,login,Müller & Söhne,"two` + "\n" + `lines",,0,,anna@example.com,secret,` + b32(fixtureTOTP) + "\r\n" +
		",,login,No code,,,0,,,,\r\n,,login,Steam,,,0,,,,steam://" + b32(fixtureSteam) + "\r\n")
}

func sealBitwarden(t testing.TB, kdf int) []byte {
	salt, rounds := "c2FsdCBvZiB0ZXN0cyE=", 1000
	var master []byte
	var err error
	if kdf == 0 {
		master, err = pbkdf2.Key(sha256.New, vendorPassword, []byte(salt), rounds, 32)
	} else {
		rounds = 2
		hashed := sha256.Sum256([]byte(salt))
		master = argon2.IDKey([]byte(vendorPassword), hashed[:], 2, 1<<10, 1, 32)
	}
	if err != nil {
		t.Fatal(err)
	}
	seal := func(plain []byte) string {
		enc, err := hkdf.Expand(sha256.New, master, "enc", 32)
		if err != nil {
			t.Fatal(err)
		}
		mac, err := hkdf.Expand(sha256.New, master, "mac", 32)
		if err != nil {
			t.Fatal(err)
		}
		iv := []byte("0123456789abcdef")
		body := sealCBC(t, enc, iv, plain)
		h := hmac.New(sha256.New, mac)
		h.Write(iv)
		h.Write(body)
		e := base64.StdEncoding.EncodeToString
		return "2." + e(iv) + "|" + e(body) + "|" + e(h.Sum(nil))
	}
	return fmt.Appendf(nil, `{"encrypted":true,"passwordProtected":true,"salt":%q,"kdfType":%d,"kdfIterations":%d,"kdfMemory":1,"kdfParallelism":1,
		"encKeyValidation_DO_NOT_EDIT":%q,"data":%q}`, salt, kdf, rounds, seal([]byte("a guid")), seal(bitwardenFixture(t)))
}

func lastPassFixture(testing.TB) []byte {
	return fmt.Appendf(nil, `{"deviceId":"","version":3,"folders":[{"id":1,"name":"Work"}],"accounts":[
		{"issuerName":"Mine","originalIssuerName":%q,"userName":%q,"originalUserName":"","secret":%q,"timeStep":30,"digits":6,"algorithm":"SHA1","isFavorite":true,"folderData":{"folderId":1}},
		{"issuerName":"Bank","userName":"42","secret":%q,"timeStep":60,"digits":8,"algorithm":"SHA256"}]}`, fixtureTOTP.Issuer, fixtureTOTP.Account,
		b32(fixtureTOTP), b32(fixtureLong))
}

func lastPassCSVFixture(testing.TB) []byte {
	return []byte("url,username,password,totp,extra,name,grouping,fav\nhttps://example.com,anna@example.com,secret," + b32(fixtureTOTP) +
		",,Müller & Söhne,Work,1\nhttp://sn,,,,a note,Note,,0\n")
}

func signed(b []byte) string {
	out := make([]string, len(b))
	for i, v := range b {
		out[i] = fmt.Sprint(int8(v))
	}
	return "[" + strings.Join(out, ",") + "]"
}

// freeOTPFixture is a token; the first generation of the app keeps the secret in it, and the counter before.
func freeOTPFixture(c otp.Code, first bool) string {
	counter, kind, secret, period := int64(c.Counter), "TOTP", "", c.Period
	if c.Kind == otp.HOTP {
		kind, period = "HOTP", 30
	}
	if first {
		counter--
		secret = `,"secret":` + signed(c.Secret)
	}
	return fmt.Sprintf(`{"algo":%q,"counter":%d,"digits":%d,"issuerExt":%q,"issuerInt":%q,"label":%q,"period":%d,"type":%q%s}`,
		c.Algorithm, counter, c.Digits, c.Issuer, c.Issuer, c.Account, period, kind, secret)
}

func freeOTP2Fixture(t testing.TB, modern bool) []byte {
	salt, master := []byte("salt of 32 bytes, as is written "), []byte("the master key, which is random!")
	name, k, err := "PBKDF2withHmacSHA1", []byte(nil), error(nil)
	if k, err = pbkdf2.Key(sha1.New, vendorPassword, salt, 1000, 32); modern {
		name = "PBKDF2withHmacSHA512"
		k, err = pbkdf2.Key(sha512.New, vendorPassword, salt, 1000, 32)
	}
	if err != nil {
		t.Fatal(err)
	}
	seal := func(k, plain []byte, token string, n byte) string {
		nonce := append([]byte("nonce of 11"), n)
		params, err := asn1.Marshal(struct {
			Nonce []byte
			Tag   int
		}{nonce, 16})
		if err != nil {
			t.Fatal(err)
		}
		if token == "AES" && !modern {
			params = append([]byte{4, 12}, nonce...)
		}
		return fmt.Sprintf(`{"mCipher":"AES/GCM/NoPadding","mCipherText":%s,"mParameters":%s,"mToken":%q}`, signed(sealGCM(t, k, nonce, plain, []byte(token))),
			signed(params), token)
	}
	pairs := [][2]string{{"masterKey", fmt.Sprintf(`{"mAlgorithm":%q,"mEncryptedKey":%s,"mIterations":1000,"mSalt":%s}`, name, seal(k, master, "AES", 0),
		signed(salt))}}
	for i, c := range []otp.Code{fixtureTOTP, fixtureHOTP, fixtureLong} {
		id, token := fmt.Sprintf("id-%d", i), freeOTPFixture(c, false)
		if i == 0 { // what is as usual may be missing
			token = fmt.Sprintf(`{"algo":null,"issuerExt":%q,"label":%q,"type":"TOTP"}`, c.Issuer, c.Account)
		}
		outer, err := json.Marshal(map[string]string{"key": seal(master, c.Secret, "HmacSHA1", byte(i+1))})
		if err != nil {
			t.Fatal(err)
		}
		pairs = append(pairs, [2]string{id, string(outer)}, [2]string{id + "-token", token})
	}
	return javaFixture(pairs)
}

// javaFixture is what ObjectOutputStream writes of a HashMap of texts.
func javaFixture(pairs [][2]string) []byte {
	out := []byte(javaMagic +
		"\x73\x72\x00\x11java.util.HashMap\x05\x07\xda\xc1\xc3\x16\x60\xd1\x03\x00\x02F\x00\x0aloadFactorI\x00\x09threshold\x78\x70?@\x00\x00\x00\x00\x00\x18\x77\x08\x00\x00\x00\x20")
	out = binary.BigEndian.AppendUint32(out, uint32(len(pairs)))
	for _, p := range pairs {
		out = appendJavaText(appendJavaText(out, p[0]), p[1])
	}
	return append(out, javaEnd)
}

// appendJavaText is DataOutput.writeUTF.
func appendJavaText(b []byte, s string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		switch {
		case u != 0 && u < 0x80:
			out = append(out, byte(u))
		case u < 0x800:
			out = append(out, 0xc0|byte(u>>6), 0x80|byte(u&0x3f))
		default:
			out = append(out, 0xe0|byte(u>>12), 0x80|byte(u>>6&0x3f), 0x80|byte(u&0x3f))
		}
	}
	return append(binary.BigEndian.AppendUint16(append(b, javaString), uint16(len(out))), out...)
}

func authyFixture(t testing.TB) []byte {
	var tokens []string
	for i, c := range []otp.Code{fixtureTOTP, fixtureLong} {
		salt := fmt.Sprintf("salt%d", i)
		k, err := pbkdf2.Key(sha1.New, vendorPassword, []byte(salt), 1000, 32)
		if err != nil {
			t.Fatal(err)
		}
		sealed := sealCBC(t, k, make([]byte, 16), []byte(b32(c)))
		tokens = append(tokens, fmt.Sprintf(`{"digits":6,"encryptedSecret":%q,"salt":%q,"originalIssuer":%q,"originalName":%q}`,
			base64.StdEncoding.EncodeToString(sealed), salt, c.Issuer, c.Account))
	}
	return prefsFixture(map[string]string{authyOthers: "[" + strings.Join(tokens, ",") + "]"})
}

func databaseFixture(t testing.TB, schema, insert string, values ...any) []byte {
	path := filepath.Join(t.TempDir(), "db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, do := range []func() error{
		func() error { _, err := db.Exec(schema); return err }, func() error { _, err := db.Exec(insert, values...); return err }, db.Close,
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func steamFixture() string {
	return fmt.Sprintf(`{"shared_secret":%q,"account_name":"gamer","identity_secret":"bm90IGZvciB1cw==","Session":{"SteamID":1}}`,
		base64.StdEncoding.EncodeToString(fixtureSteam.Secret))
}

func totpAuthenticatorFixture() string {
	return fmt.Sprintf(`[{"base":16,"digits":"6","issuer":%q,"key":"%X","name":%q,"period":"30","isFavorite":true},{"base":32,"digits":"8","issuer":"Bank","key":%q,"name":"42","period":"60"},
		{"base":64,"digits":"6","issuer":"64","key":%q,"name":%q,"period":""}]`,
		fixtureTOTP.Issuer, []byte(fixtureTOTP.Secret), fixtureTOTP.Account, b32(fixtureLong), base64.StdEncoding.EncodeToString(fixtureTOTP.Secret),
		fixtureTOTP.Account)
}

func linksFixture(t testing.TB) []byte {
	return []byte(fixtureURI(t, fixtureTOTP) + "\r\n" + fixtureURI(t, fixtureHOTP) + "\r\n")
}

func winAuthFixture() []byte {
	return []byte("otpauth://totp/WinAuth:" + fixtureTOTP.Account + "?secret=" + b32(fixtureTOTP) + "&digits=6&icon=GoogleIcon.png\r\n" +
		"otpauth://totp/Steam:gamer?secret=" + b32(fixtureSteam) + "&digits=5&icon=SteamIcon.png&deviceid=android%3a1234&data=" + strings.Repeat("x", 3000) + "\r\n")
}

func battleNetFixture(t testing.TB) []byte {
	mask := func(text string) string {
		m, err := hex.DecodeString(battleNetMask)
		if err != nil {
			t.Fatal(err)
		}
		out := []byte(text)
		for i := range out {
			out[i] ^= m[i]
		}
		return hex.EncodeToString(out)
	}
	return prefsFixture(map[string]string{battleNetSerial: mask("EU-1234-5678-9012"), battleNetSecret: mask(hex.EncodeToString(fixtureHOTP.Secret))})
}

func keePassFixture(t testing.TB) []byte {
	entry := func(title, user string, strs ...string) string {
		out := "<Entry><UUID>x</UUID>"
		for i, kv := 0, append([]string{"Title", title, "UserName", user, "Password", "not for us", "Notes", "not for us"}, strs...); i < len(kv); i += 2 {
			out += "<String><Key>" + html.EscapeString(kv[i]) + `</Key><Value ProtectInMemory="True">` + html.EscapeString(kv[i+1]) + "</Value></String>"
		}
		return out +
			"<History><Entry><String><Key>otp</Key><Value>otpauth://totp/old?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ</Value></String></Entry></History></Entry>"
	}
	out := `<?xml version="1.0" encoding="utf-8" standalone="yes"?>` +
		"\n<KeePassFile><Meta><RecycleBinUUID>bin</RecycleBinUUID></Meta><Root><Group><UUID>r</UUID><Name>Database</Name>" +
		entry("Mine", "", "otp", fixtureURI(t, fixtureTOTP)) + entry("no code", "x") +
		"<Group><UUID>g</UUID><Name>Work</Name>" + entry("Steam", "gamer", "TOTP Seed", b32(fixtureSteam), "TOTP Settings", "30;S") +
		entry("Bank", "42", "TimeOtp-Secret-Base32", b32(fixtureLong), "TimeOtp-Length", "8", "TimeOtp-Period", "60", "TimeOtp-Algorithm", "HMAC-SHA-256") +
		entry("Counter", "anna", "HmacOtp-Secret", string(fixtureHOTP.Secret), "HmacOtp-Counter", "7") +
		entry("KeeOtp", "42", "otp", "key="+b32(fixtureLong)+"&size=8&step=60&otpHashMode=Sha256&type=Totp") +
		"</Group><Group><UUID>bin</UUID><Name>Recycle Bin</Name>" + entry("thrown away", "", "otp", fixtureURI(t, fixtureHOTP)) +
		"</Group></Group></Root></KeePassFile>\n"
	return []byte(out)
}

func sealCBC(t testing.TB, k, iv, plain []byte) []byte {
	block, err := aes.NewCipher(k)
	if err != nil {
		t.Fatal(err)
	}
	pad := 16 - len(plain)%16
	out := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(out, out)
	return out
}

// zipFixture locks one entry with the password, by the traditional way or by AES-256 as WinZip does (AE-2).
func zipFixture(t testing.TB, name string, content []byte, winZip bool) []byte {
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	header := &zip.FileHeader{Name: name, Method: zip.Deflate, Flags: 1, CRC32: crc32.ChecksumIEEE(content), UncompressedSize64: uint64(len(content))}
	var sealed []byte
	if winZip {
		header.Method, header.CRC32 = zipAES, 0
		header.Extra = []byte{0x01, 0x99, 7, 0, 2, 0, 'A', 'E', 3, 8, 0}
		salt := []byte("salt of 16 bytes")
		keys, err := pbkdf2.Key(sha1.New, vendorPassword, salt, 1000, 66)
		if err != nil {
			t.Fatal(err)
		}
		block, err := aes.NewCipher(keys[:32])
		if err != nil {
			t.Fatal(err)
		}
		body := littleCTR(block, packed.Bytes()) // the same in both directions
		mac := hmac.New(sha1.New, keys[32:64])
		mac.Write(body)
		sealed = append(append(append(salt, keys[64:]...), body...), mac.Sum(nil)[:10]...)
	} else {
		z := zipKeys{0x12345678, 0x23456789, 0x34567890}
		for _, b := range []byte(vendorPassword) {
			z.update(b)
		}
		plain := append([]byte("11 bytes : "), byte(header.CRC32>>24))
		for _, b := range append(plain, packed.Bytes()...) {
			sealed = append(sealed, b^z.next())
			z.update(b)
		}
	}
	header.CompressedSize64 = uint64(len(sealed))
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	entry, err := archive.CreateRaw(header)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := entry.Write(sealed); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
