package config

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func good() Config {
	c := Default()
	c.Issuer, c.Organisation = "https://id.example.com", "Example Ltd"
	return c
}

func TestWriteThenLoad(t *testing.T) {
	c := good()
	c.Support = `Ring "4711"`
	c.TrustedProxies = []string{"192.0.2.7", "2001:db8::/32"}
	c.AdminMail = []string{"admins@example.com"}
	c.Directory = Directory{
		URL: "ldap://ldap.example.com:1389", TLS: "none", BaseDN: "ou=people,dc=example,dc=com", GroupBase: "ou=groups,dc=example,dc=com",
		Filter: `(&(objectClass=user)(cn=a\2a"b))`, Schema: "active_directory", PageSize: 1000, Every: time.Hour,
	}
	c.Brand = Brand{Phone: "046-555 01 00", Mail: "desk@example.com", Links: []string{"First steps https://help.example.com/avow"}, Light: brandColors, Dark: brandColors}
	path := write(t, c)
	got, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(c, got, cmpopts.IgnoreUnexported(Config{}), cmpopts.EquateEmpty()); d != "" {
		t.Error(d)
	}
	if got.Data(DatabaseFile) != filepath.Join(filepath.Dir(path), "data", "avow.db") {
		t.Errorf("database at %s", got.Data(DatabaseFile))
	}
}

var brandColors = BrandColors{
	Primary: "#0F5247", OnPrimary: "#FFFFFF", PrimarySoft: "#D8E8E0", OnPrimarySoft: "#0B4038", Panel: "#0F5247", Mark: "#FFFFFF", Mark2: "#8FCBB4",
}

func write(t *testing.T, c Config) string {
	t.Helper()
	b, err := c.Write()
	if err != nil {
		t.Fatal(err)
	}
	return file(t, string(b))
}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "avow.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The comment of each field is its manual, and the file says the same.
func TestManualIsTheFieldsComment(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "config.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	prefix := map[string]string{"Config": "", "TLS": "tls.", "Mail": "mail.", "Text": "text.", "Directory": "directory.", "Ledger": "ledger.", "Attestation": "attestation.", "Restore": "restore.", "Brand": "brand.", "Log": "log."}
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		for _, field := range spec.Type.(*ast.StructType).Fields.List {
			if field.Tag == nil {
				continue
			}
			name := reflect.StructTag(strings.Trim(field.Tag.Value, "`")).Get("toml")
			switch {
			case field.Doc == nil:
			case spec.Name.Name == "BrandColors": // stands there twice
				want["brand.light."+name] = strings.Join(strings.Fields(field.Doc.Text()), " ")
				want["brand.dark."+name] = want["brand.light."+name]
			default:
				want[prefix[spec.Name.Name]+name] = strings.Join(strings.Fields(field.Doc.Text()), " ")
			}
		}
		return true
	})
	got := map[string]string{}
	table, comment := "", ""
	for line := range strings.SplitSeq(page, "\n") {
		name, _, isSetting := strings.Cut(line, " = ")
		switch {
		case strings.HasPrefix(line, "# "):
			comment += line[2:] + " "
		case strings.HasPrefix(line, "["):
			table = strings.Trim(line, "[]") + "."
		case isSetting:
			got[table+name], comment = strings.TrimSpace(comment), ""
		default:
			comment = ""
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestFaultsAllAtOnce(t *testing.T) {
	path := file(t, `
issuer = "http://id.example.com"
organization = "Example"
listen = 443
long_poll = "2m"
match = "swipe"
trusted_proxies = ["proxy.example.com", "192.0.2.0/24"]
admin_mail = ["nobody"]
[tls]
cert_file = "cert.pem"
[mail]
host = "mail.example.com"
port = "25"
from = "avow"
user = "avow"
tls = "plain"
[restore]
policy = "sometimes"
old_device = "burnt"
hold_hours = 73
delivery = "pigeon"
[log]
level = "loud"
colour = true
`)
	_, err := Load(path)
	faults, ok := err.(Faults)
	if !ok {
		t.Fatalf("got %v", err)
	}
	var keys []string
	for _, f := range faults {
		keys = append(keys, f.Key)
		if f.Wrong == "" || f.Do == "" || strings.HasSuffix(f.Wrong, ".") || strings.HasSuffix(f.Do, ".") || strings.Contains(f.String(), "\n") {
			t.Errorf("not a sentence and what to do: %q", f)
		}
	}
	want := []string{
		"listen", "log.colour", "mail.port", "organization", // not even read
		"issuer", "organisation", "trusted_proxies", "match", "long_poll", "admin_mail", "tls.key_file",
		"mail.tls", "mail.from", "mail.password_file", "restore.policy", "restore.old_device", "restore.hold_hours", "restore.delivery", "log.level",
	}
	if d := cmp.Diff(want, keys); d != "" {
		t.Error(d)
	}
	if !strings.Contains(err.Error(), "correct its name: organisation") {
		t.Errorf("the likely name is not told:\n%v", err)
	}
}

func TestFault(t *testing.T) {
	secret := file(t, "x")
	text := func(preset, url string) Text {
		return Text{Preset: preset, URL: url, From: "Avow", User: "avow", SecretFile: secret}
	}
	private := file(t, "x")
	type change func(*Config)
	cases := map[string]struct {
		change change
		key    string
	}{
		"no issuer":              {func(c *Config) { c.Issuer = "" }, "issuer"},
		"issuer with slash":      {func(c *Config) { c.Issuer += "/" }, "issuer"},
		"issuer with path":       {func(c *Config) { c.Issuer += "/avow" }, "issuer"},
		"issuer with port 443":   {func(c *Config) { c.Issuer += ":443" }, "issuer"},
		"issuer in capitals":     {func(c *Config) { c.Issuer = "https://ID.example.com" }, "issuer"},
		"issuer with user":       {func(c *Config) { c.Issuer = "https://a@id.example.com" }, "issuer"},
		"issuer is IPv6":         {func(c *Config) { c.Issuer = "https://[::1]" }, "issuer"},
		"issuer is nonsense":     {func(c *Config) { c.Issuer = "https://%" }, "issuer"},
		"no organisation":        {func(c *Config) { c.Organisation = "" }, "organisation"},
		"organisation with HTML": {func(c *Config) { c.Organisation = "<b>Example" }, "organisation"},
		"organisation with bidi": {func(c *Config) { c.Organisation = "Example\u202e" }, "organisation"},
		"support with break":     {func(c *Config) { c.Support = "a\nb" }, "support"},
		"listen without port":    {func(c *Config) { c.Listen = "127.0.0.1" }, "listen"},
		"listen on a name":       {func(c *Config) { c.Listen = ":https" }, "listen"},
		"no data folder":         {func(c *Config) { c.DataDir = "" }, "data_dir"},
		"no grant days":          {func(c *Config) { c.GrantDays = 0 }, "grant_days"},
		"many grant days":        {func(c *Config) { c.GrantDays = 366 }, "grant_days"},
		"no grant uses":          {func(c *Config) { c.GrantUses = -1 }, "grant_uses"},
		"telemetry":              {func(c *Config) { c.Telemetry = "on" }, "telemetry"},
		"many grant uses":        {func(c *Config) { c.GrantUses = 1001 }, "grant_uses"},
		"negative long poll":     {func(c *Config) { c.LongPoll = -1 }, "long_poll"},
		"mail port":              {func(c *Config) { c.Mail.Port = 0 }, "mail.port"},
		"mail without host":      {func(c *Config) { c.Mail.From = "a@example.com" }, "mail.host"},
		"cert without key":       {func(c *Config) { c.TLS.CertFile = "x" }, "tls.key_file"},
		"key without cert":       {func(c *Config) { c.TLS.KeyFile = "x" }, "tls.cert_file"},
		"proxy cert not there":   {func(c *Config) { c.TLS.ProxyCertFiles = []string{"x"} }, "tls.proxy_cert_files"},
		"mail authority":         {func(c *Config) { c.Mail.Host, c.Mail.From, c.Mail.CAFile = "m", "a@example.com", "x" }, "mail.ca_file"},
		"text without preset":    {func(c *Config) { c.Text.URL = "https://x" }, "text.preset"},
		"text preset":            {func(c *Config) { c.Text = text("smtp", "https://x/") }, "text.preset"},
		"text url in the clear":  {func(c *Config) { c.Text = text("kannel", "http://x/") }, "text.url"},
		"text url with password": {func(c *Config) { c.Text = text("kannel", "https://x/?password=y") }, "text.url"},
		"text url missing":       {func(c *Config) { c.Text = text("kannel", "") }, "text.url"},
		"text from missing": {func(c *Config) {
			c.Text = text("twilio", "https://x/")
			c.Text.From = ""
		}, "text.from"},
		"text user missing": {func(c *Config) {
			c.Text = text("twilio", "https://x/")
			c.Text.User = ""
		}, "text.user"},
		"text secret missing": {func(c *Config) {
			c.Text = text("webhook", "http://127.0.0.1:1/")
			c.Text.SecretFile = ""
		}, "text.secret_file"},
		"directory URL":                   {func(c *Config) { c.Directory.URL = "ldap.example.com" }, "directory.url"},
		"directory without URL":           {func(c *Config) { c.Directory.URL = "" }, "directory.url"},
		"directory with a path":           {func(c *Config) { c.Directory.URL += "/dc=example" }, "directory.url"},
		"directory in the web":            {func(c *Config) { c.Directory.URL = "https://ldap.example.com" }, "directory.url"},
		"directory with a user":           {func(c *Config) { c.Directory.URL = "ldaps://a:b@ldap.example.com" }, "directory.url"},
		"directory encryption":            {func(c *Config) { c.Directory.TLS = "no" }, "directory.tls"},
		"directory encryption empty":      {func(c *Config) { c.Directory.TLS = "" }, "directory.tls"},
		"directory ldaps in clear":        {func(c *Config) { c.Directory.TLS = "none" }, "directory.tls"},
		"directory CA not there":          {func(c *Config) { c.Directory.CAFile = "x" }, "directory.ca_file"},
		"directory CA without one":        {func(c *Config) { c.Directory.CAFile = "config.go" }, "directory.ca_file"},
		"directory without base":          {func(c *Config) { c.Directory.BaseDN = "" }, "directory.base_dn"},
		"directory base":                  {func(c *Config) { c.Directory.BaseDN = "example.com" }, "directory.base_dn"},
		"directory group base":            {func(c *Config) { c.Directory.GroupBase = "groups" }, "directory.group_base"},
		"directory bind DN":               {func(c *Config) { c.Directory.BindDN, c.Directory.PasswordFile = "avow@example.com", private }, "directory.bind_dn"},
		"directory bind without password": {func(c *Config) { c.Directory.BindDN = "cn=avow" }, "directory.password_file"},
		"directory password without bind": {func(c *Config) { c.Directory.PasswordFile = private }, "directory.bind_dn"},
		"directory filter":                {func(c *Config) { c.Directory.Filter = "objectClass=person" }, "directory.filter"},
		"directory schema":                {func(c *Config) { c.Directory.Schema = "ad" }, "directory.schema"},
		"directory pages":                 {func(c *Config) { c.Directory.PageSize = 1001 }, "directory.page_size"},
		"directory too often":             {func(c *Config) { c.Directory.Every = time.Second }, "directory.every"},
		"no checkpoint folder":            {func(c *Config) { c.Ledger.CheckpointFile = "/nowhere/at/all/checkpoints" }, "ledger.checkpoint_file"},
		"checkpoints by no mail":          {func(c *Config) { c.Ledger.CheckpointMail = []string{"a@example.com"} }, "ledger.checkpoint_mail"},
		"attestation policy":              {func(c *Config) { c.Attestation.Policy = "maybe" }, "attestation.policy"},
		"attestation of nobody":           {func(c *Config) { c.Attestation.Policy = "required" }, "attestation.policy"},
		"no status file":                  {func(c *Config) { c.Attestation.GoogleStatusFile = "x" }, "attestation.google_status_file"},
		"bad status file":                 {func(c *Config) { c.Attestation.GoogleStatusFile = "config.go" }, "attestation.google_status_file"},
		"bad Google roots":                {func(c *Config) { c.Attestation.GoogleRootsFile = "config.go" }, "attestation.google_roots_file"},
		"no Apple roots":                  {func(c *Config) { c.Attestation.AppleRootsFile = "x" }, "attestation.apple_roots_file"},
		"Apple app":                       {func(c *Config) { c.Attestation.AppleApps = []string{"com.example.avow"} }, "attestation.apple_apps"},
		"log format":                      {func(c *Config) { c.Log.Format = "xml" }, "log.format"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := good()
			c.Directory.URL, c.Directory.BaseDN = "ldaps://ldap.example.com", "dc=example,dc=com"
			tc.change(&c)
			faults := c.Check()
			if len(faults) != 1 || faults[0].Key != tc.key {
				t.Errorf("got %v, want one fault of %s", faults, tc.key)
			}
		})
	}
	if fs := good().Check(); len(fs) != 0 {
		t.Errorf("good configuration has faults: %v", fs)
	}
}

func TestPrivateFileOpenToAll(t *testing.T) {
	c := good()
	c.dir = t.TempDir()
	c.Mail = Mail{Host: "mail.example.com", Port: 587, From: "avow@example.com", User: "avow", PasswordFile: "password", TLS: "starttls"}
	path := c.Path("password")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if fs := c.Check(); len(fs) != 0 {
		t.Errorf("faults %v", fs)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if fs := c.Check(); len(fs) != 1 || !strings.Contains(fs[0].Do, "chmod") {
		t.Errorf("faults %v", fs)
	}
}

func TestNotTOML(t *testing.T) {
	_, err := Load(file(t, "issuer = https://id.example.com\n"))
	if fs, ok := err.(Faults); !ok || len(fs) != 1 || !regexp.MustCompile(`^Line 1 is not TOML`).MatchString(fs[0].Wrong) {
		t.Errorf("got %v", err)
	}
	_, err = Load(filepath.Join(t.TempDir(), "none.toml"))
	if fs, ok := err.(Faults); !ok || len(fs) != 1 || !strings.Contains(fs[0].Do, "avow-server init") {
		t.Errorf("got %v", err)
	}
}

func FuzzParse(f *testing.F) {
	b, err := good().Write()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(b))
	f.Add("issuer = 1\n[tls]\ncert_file = []\n")
	f.Add("[[tls]]\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, faults := parse([]byte(text))
		if len(faults) > 0 || len(c.Check()) > 0 {
			return
		}
		again, err := c.Write()
		if err != nil {
			t.Fatal(err)
		}
		back, faults := parse(again)
		if d := cmp.Diff(c, back, cmpopts.IgnoreUnexported(Config{}), cmpopts.EquateEmpty()); d != "" || len(faults) > 0 {
			t.Fatal(d, faults)
		}
	})
}
