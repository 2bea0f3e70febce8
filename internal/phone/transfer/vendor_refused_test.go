package transfer

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"avow/internal/key"
)

// TestVendorRefused: files that are hostile, of a form that cannot be read, or damaged in a way of their own, each get the sentence that says
// what to do, before any work that they demand is done.
func TestVendorRefused(t *testing.T) {
	bitwarden := string(sealBitwarden(t, 0))
	java := string(javaFixture([][2]string{{"masterKey", "{}"}}))
	xml := func(inside string) string { return `<?xml version="1.0"?>` + inside }
	for name, tt := range map[string]struct {
		data string
		want error
	}{
		"Bitwarden, for one account": {
			`{"encrypted":true,"encKeyValidation_DO_NOT_EDIT":"2.a|b|c","folders":[],"items":[{"name":"2.a|b|c"}]}`,
			ErrOtherAccount,
		},
		"Bitwarden, work for hours": {strings.Replace(bitwarden, `"kdfIterations":1000`, `"kdfIterations":4000000000`, 1), ErrTooHard},
		"Bitwarden, no work":        {strings.Replace(bitwarden, `"kdfIterations":1000`, `"kdfIterations":0`, 1), ErrDamaged},
		"Bitwarden, all the memory": {
			strings.NewReplacer(`"kdfType":0`, `"kdfType":1`, `"kdfMemory":1`, `"kdfMemory":9007199254740993`).Replace(bitwarden),
			ErrTooHard,
		},
		"Bitwarden, a new derivation":  {strings.Replace(bitwarden, `"kdfType":0`, `"kdfType":2`, 1), ErrVersion},
		"Bitwarden, content damaged":   {strings.Replace(bitwarden, `"data":"2.`, `"data":"2.AAAA`, 1), ErrDamaged},
		"Bitwarden, an unknown cipher": {strings.Replace(bitwarden, `NOT_EDIT":"2.`, `NOT_EDIT":"0.`, 1), ErrDamaged},
		"Bitwarden, passwords only":    {`{"encrypted":false,"items":[{"type":1,"name":"a","login":{"password":"b"}}]}`, ErrNothing},
		"CSV, a field too many":        {"name,login_totp\na,b,c\n", ErrDamaged},
		"CSV, a column twice":          {"name,login_totp,name\na,b,c\n", ErrDamaged},
		"FreeOTP 2, work for hours": {string(javaFixture([][2]string{{
			"masterKey",
			`{"mAlgorithm":"PBKDF2withHmacSHA512","mIterations":4000000000,"mSalt":[1]}`,
		}})), ErrTooHard},
		"FreeOTP 2, no master key":        {string(javaFixture([][2]string{{"a-token", "{}"}})), ErrUnknownFormat},
		"FreeOTP 2, a damaged master key": {java, ErrVersion},
		"Java, another class":             {strings.Replace(java, "HashMap", "HashSet", 1), ErrDamaged},
		"Java, four billion pairs":        {strings.Replace(java, "\x00\x00\x00\x01\x74", "\xff\xff\xff\xff\x74", 1), ErrDamaged},
		"Java, something behind":          {java + "x", ErrDamaged},
		"Java, an object for a text":      {strings.Replace(java, "\x74\x00\x02{}", "\x73\x00\x02{}", 1), ErrDamaged},
		"Java, a long text of no end":     {strings.Replace(java, "\x74\x00\x02{}", "\x7c\xff\xff\xff\xff\xff\xff\xff\xff", 1), ErrTruncated},
		"preferences, a document type":    {xml(`<!DOCTYPE m [<!ENTITY a "b">]><map><string name="` + authyOthers + `">&a;</string></map>`), ErrDamaged},
		"preferences, a name twice": {
			xml(`<map><string name="` + authyOthers + `">[]</string><string name="` + authyOthers + `">[]</string></map>`),
			ErrDamaged,
		},
		"preferences, an element in one":   {xml(`<map><string name="` + authyOthers + `">[<b/>]</string></map>`), ErrDamaged},
		"preferences, cut off":             {xml(`<map><string name="` + authyOthers + `">[]</string>`), ErrTruncated},
		"preferences, no JSON in it":       {xml(`<map><string name="` + authyOthers + `">x</string></map>`), ErrDamaged},
		"preferences, nothing in it":       {xml(`<map><string name="` + authyOthers + `">[]</string></map>`), ErrNothing},
		"Battle.net, no secret":            {xml(`<map><string name="` + battleNetSecret + `"></string></map>`), nil},
		"KeePass database, no header":      {keePassMagic, ErrTruncated},
		"KeePass database, version 5":      {keePassMagic + "\x00\x00\x05\x00", ErrVersion},
		"KeePass 1":                        {"\x03\xd9\xa2\x9a\x65\xfb\x4b\xb5" + strings.Repeat("x", 200), ErrUnknownFormat},
		"KeePass, a document type":         {xml(`<!DOCTYPE k [<!ENTITY a "b">]><KeePassFile></KeePassFile>`), ErrDamaged},
		"KeePass, groups without end":      {xml("<KeePassFile><Root>" + strings.Repeat("<Group>", 1000)), ErrDamaged},
		"KeePass, cut off":                 {xml("<KeePassFile><Root><Group><Name>a"), ErrTruncated},
		"KeePass, two documents":           {xml("<KeePassFile></KeePassFile><KeePassFile></KeePassFile>"), ErrDamaged},
		"KeePass, no codes":                {xml("<KeePassFile><Root><Group><Entry></Entry></Group></Root></KeePassFile>"), ErrNothing},
		"zip, only the beginning":          {"PK\x03\x04 and no end", ErrTruncated},
		"zip, of something else":           {string(openZipFixture(t, "a.txt", []byte("Dear Anna"), 1)), ErrUnknownFormat},
		"zip, many entries":                {string(openZipFixture(t, "a.txt", []byte("x"), 65)), ErrUnknownFormat},
		"zip, that grows to 33 MiB":        {string(openZipFixture(t, "a.txt", make([]byte, MaxFile+1), 1)), ErrTooLarge},
		"TOTP Authenticator, not of it":    {strings.Repeat("QUJDREVGR0hJSktMTU5PUA", 1) + "==" + strings.Repeat("A", 40), ErrUnknownFormat},
		"a list of WinAuth without a code": {"otpauth://totp/WinAuth:a?digits=6\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := Read(t.Context(), strings.NewReader(tt.data), Options{Password: key.Secret(vendorPassword)})
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if tt.want == nil && (len(found.Items) != 0 || len(found.Unreadable) != 1) {
				t.Errorf("got %d codes and %v", len(found.Items), found.Unreadable)
			}
			checkErrors(t, found, err)
		})
	}
}

// openZipFixture is an archive without a password, of count entries that are the same.
func openZipFixture(t *testing.T, name string, content []byte, count int) []byte {
	t.Helper()
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for range count {
		w, err := archive.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestVendorUnreadable: an entry that cannot be read is named with the reason, and leaves the others.
func TestVendorUnreadable(t *testing.T) {
	authy := string(authyFixture(t))
	for name, tt := range map[string]struct {
		data  string
		where string
		want  error
	}{
		"Duo, no codes": {
			`[{"accountType":"DuoAccount","name":"Acme","otpGenerator":null},{"name":"a","otpGenerator":{"otpSecret":"GEZDGNBVGY3TQOJQ"}}]`,
			"Acme", errNoCode,
		},
		"Duo, no entry":        {`[{"otpGenerator":{"otpSecret":"GEZDGNBVGY3TQOJQ"}},3]`, "#2", errEntry},
		"Steam, no base64":     {`{"accounts":{"a":{"shared_secret":"MTIzNDU2Nzg5MDEyMzQ1Njc4OTA="},"b":{"shared_secret":"!"}}}`, "Steam: b", errEntry},
		"FreeOTP+, a kind":     {`{"tokenOrder":[],"tokens":[` + freeOTPFixture(fixtureHOTP, true) + `,{"type":"X","label":"b","secret":[1]}]}`, "b", errKind},
		"FreeOTP+, a byte":     {`{"tokenOrder":[],"tokens":[` + freeOTPFixture(fixtureHOTP, true) + `,{"type":"TOTP","label":"b","secret":[200]}]}`, "#2", errEntry},
		"Google, locked":       {googleRow(t, "isencrypted INTEGER", "1"), "b", errDeviceKey},
		"Google, a kind":       {googleRow(t, "x INTEGER", "1, type = 7"), "b", errKind},
		"Microsoft, work":      {microsoftRow(t, "''", 0), "Acme: b", errNoCode},
		"Microsoft, a type":    {microsoftRow(t, "'GEZDGNBVGY3TQOJQ'", 2), "Acme: b", errNoCode},
		"Microsoft, no base64": {microsoftRow(t, "'!'", 1), "Acme: b", errEntry},
		"Authy, two passwords": {strings.Replace(authy, "salt1", "salt2", 1), "Bank: 42", errPassword},
		"Bitwarden, no key":    {`{"encrypted":false,"items":[{"name":"a","login":{"totp":"GEZDGNBVGY3TQOJQ"}},{"name":"Acme","login":{"username":"b","totp":"not base32!"}}]}`, "Acme: b", nil},
		"TOTP Authenticator":   {string(prefsFixture(map[string]string{totpAuthenticatorList: `[{"base":32,"key":"GEZDGNBVGY3TQOJQ"},{"base":10,"key":"1","name":"b"}]`})), "b", errEntry},
		"LastPass, digits":     {`{"deviceId":"","accounts":[{"secret":"GEZDGNBVGY3TQOJQ"},{"userName":"b","secret":"GEZDGNBVGY3TQOJQ","digits":99}]}`, "b", nil},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := Read(t.Context(), strings.NewReader(tt.data), Options{Password: key.Secret(vendorPassword)})
			if err != nil {
				t.Fatal(err)
			}
			if len(found.Items) != 1 || len(found.Unreadable) != 1 {
				t.Fatalf("got %d codes and %v", len(found.Items), found.Unreadable)
			}
			got := found.Unreadable[0]
			if got.Where != tt.where || tt.want != nil && !errors.Is(got.Err, tt.want) {
				t.Errorf("got %q: %v, want %q: %v", got.Where, got.Err, tt.where, tt.want)
			}
			checkErrors(t, found, nil)
		})
	}
}

func googleRow(t *testing.T, column, value string) string {
	t.Helper()
	return string(databaseFixture(t,
		"CREATE TABLE accounts (_id INTEGER PRIMARY KEY, email TEXT, secret TEXT, counter INTEGER, type INTEGER, provider INTEGER, issuer TEXT, original_name TEXT, "+column+")",
		"INSERT INTO accounts (_id, email, secret, type) VALUES (1, 'a', 'GEZDGNBVGY3TQOJQ', 0), (2, 'b', 'GEZDGNBVGY3TQOJQ', 0); UPDATE accounts SET "+strings.Fields(column)[0]+" = "+value+" WHERE _id = 2"))
}

func microsoftRow(t *testing.T, secret string, kind int) string {
	t.Helper()
	return string(databaseFixture(t, "CREATE TABLE accounts (name TEXT, username TEXT, oath_secret_key TEXT, account_type INTEGER)",
		fmt.Sprintf("INSERT INTO accounts VALUES ('a', 'a', 'GEZDGNBVGY3TQOJQ', 0), ('Acme', 'b', %s, %d)", secret, kind)))
}

// TestVendorDatabases: no view and no generated column of a stranger's database runs.
func TestVendorDatabases(t *testing.T) {
	for name, schema := range map[string]string{
		"a view":             "CREATE TABLE t (oath_secret_key TEXT, x); CREATE VIEW accounts AS SELECT 'a' AS name, 'b' AS username, 'GEZDGNBVGY3TQOJQ' AS oath_secret_key, 0 AS account_type",
		"no table":           "CREATE TABLE t (oath_secret_key TEXT, x)",
		"a generated column": "CREATE TABLE t (x); CREATE TABLE accounts (name TEXT, username TEXT, account_type INTEGER, oath_secret_key TEXT AS (upper(hex(zeroblob(1e8)))))",
	} {
		t.Run(name, func(t *testing.T) {
			data := databaseFixture(t, schema, "INSERT INTO t (x) VALUES (1)")
			found, err := Read(t.Context(), bytes.NewReader(data), Options{})
			if len(found.Items) != 0 || !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNothing) {
				t.Errorf("got %d codes, %v", len(found.Items), err)
			}
		})
	}
}

// TestVendorStops: what is no longer wanted ends, before a key is derived and between the entries.
func TestVendorStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range vendorFixtures() {
		if tt.password == "" {
			continue
		}
		file, err := newFile(tt.make(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, format := range formats {
			if !format.sniff(file) {
				continue
			}
			if _, err := format.read(ctx, file, Options{Password: key.Secret(vendorPassword)}); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", tt.file, err)
			}
			break
		}
	}
}

// TestVendorWords: names, groups and what was on top come along; notes of passwords do not.
func TestVendorWords(t *testing.T) {
	want := map[string]Item{
		"bitwarden.json":         {Groups: []string{"Work"}, Pinned: true},
		"bitwarden.csv":          {Groups: []string{"Work, home"}, Pinned: true},
		"lastpass.json":          {Name: "Mine", Groups: []string{"Work"}, Pinned: true},
		"lastpass.csv":           {Groups: []string{"Work"}, Pinned: true},
		"keepass.xml":            {Name: "Mine"},
		"totp_authenticator.xml": {Pinned: true},
	}
	for _, tt := range vendorFixtures() {
		expected, ok := want[tt.file]
		if !ok {
			continue
		}
		delete(want, tt.file)
		found, err := Read(t.Context(), bytes.NewReader(tt.make(t)), Options{})
		if err != nil {
			t.Fatal(err)
		}
		got := found.Items[0]
		if got.Name != expected.Name || got.Note != "" || !slices.Equal(got.Groups, expected.Groups) || got.Pinned != expected.Pinned {
			t.Errorf("%s: got %q, %q, %q, %t", tt.file, got.Name, got.Note, got.Groups, got.Pinned)
		}
		if tt.file == "keepass.xml" && !slices.Equal(found.Items[1].Groups, []string{"Work"}) {
			t.Errorf("%s: got groups %q", tt.file, found.Items[1].Groups)
		}
	}
	if len(want) != 0 {
		t.Errorf("not tried: %v", want)
	}
}
