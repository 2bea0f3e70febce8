package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"avow/internal/authn"
	"avow/internal/wire"
)

// MaxLongPoll is the longest long_poll: proxies give up after a minute, clients before.
const MaxLongPoll = 30 * time.Second

// Check finds everything that is wrong, in the order of the file.
func (c Config) Check() Faults {
	var fs Faults
	c.checkNames(&fs)
	c.checkNetwork(&fs)
	c.checkTLS(&fs)
	c.Mail.check(c, &fs)
	c.Text.check(c, &fs)
	c.Directory.check(c, &fs)
	c.Ledger.check(c, &fs)
	c.Attestation.check(c, &fs)
	c.Restore.check(&fs)
	c.Brand.check(&fs)
	oneOf(&fs, "log.level", c.Log.Level, "debug", "info", "warn", "error")
	oneOf(&fs, "log.format", c.Log.Format, "text", "json")
	return fs
}

func (c Config) checkNames(fs *Faults) {
	c.checkIssuer(fs)
	switch clean := authn.CleanText(c.Organisation, 128); {
	case c.Organisation == "":
		fs.add("organisation", "The name of the organisation is missing", `Set it, for instance organisation = "Example Ltd"`)
	case clean != c.Organisation:
		fs.add("organisation", "The name has line breaks, angle brackets, invisible characters or more than 128 characters", "Write it as people shall read it")
	}
	if authn.CleanText(c.Support, 256) != c.Support {
		fs.add("support", "The text has line breaks, angle brackets, invisible characters or more than 256 characters", "Write it as people shall read it")
	}
}

func (c Config) checkIssuer(fs *Faults) {
	const example = `Set it, for instance issuer = "https://id.example.com"`
	u, err := url.Parse(c.Issuer)
	switch {
	case c.Issuer == "":
		fs.add("issuer", "The public address of this server is missing", example)
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		fs.add("issuer", fmt.Sprintf("%.200q is not an address", c.Issuer), example)
	case u.Scheme != "https":
		fs.add("issuer", "The address does not begin with https://", "Phones talk to nothing else; "+example)
	case u.Path != "":
		fs.add("issuer", fmt.Sprintf("The address has a path, %.100q", u.Path), "Leave out everything behind the host, also a slash at the end")
	case u.Host != strings.ToLower(u.Host):
		fs.add("issuer", "The host has capital letters", "Write it in small letters")
	default:
		if err := wire.ValidateHost(u.Host); err != nil {
			fs.add("issuer", "The "+err.Error(), "Use a host name or an IPv4 address, and leave out port 443")
		}
	}
}

func (c Config) checkNetwork(fs *Faults) {
	if _, port, err := net.SplitHostPort(c.Listen); err != nil || !goodPort(port) {
		fs.add("listen", fmt.Sprintf("%.100q is not an address and port", c.Listen), `Write it as ":443" or "192.0.2.1:8443"`)
	}
	if c.DataDir == "" {
		fs.add("data_dir", "The folder is missing", `Set it, for instance data_dir = "data"`)
	}
	for _, p := range c.TrustedProxies {
		if _, err := ParseProxy(p); err != nil {
			fs.add("trusted_proxies", fmt.Sprintf("%.100q is neither an IP address nor a range", p), `Write it as "192.0.2.7" or "192.0.2.0/24"`)
		}
	}
	oneOf(fs, "match", c.Match, string(authn.MatchNumber), string(authn.MatchQR), string(authn.MatchTap))
	if c.LongPoll < 0 || c.LongPoll > MaxLongPoll {
		fs.add("long_poll", fmt.Sprintf("%s is not between 0s and %s", c.LongPoll, MaxLongPoll), `Write for instance "20s"`)
	}
	between(fs, "grant_days", c.GrantDays, MaxGrantDays)
	between(fs, "grant_uses", c.GrantUses, authn.MaxGrantUses)
	oneOf(fs, "telemetry", c.Telemetry, string(authn.TelemetryAsked), string(authn.TelemetryOff))
	for _, a := range c.AdminMail {
		checkAddress(fs, "admin_mail", a)
	}
}

// MaxGrantDays is the longest grant_days.
const MaxGrantDays = 365

func between(fs *Faults, key string, n, most int) {
	if n < 1 || n > most {
		fs.add(key, fmt.Sprintf("%d is not between 1 and %d", n, most), "Write a number in between; to have no sign-ins without a network, give a computer --offline deny")
	}
}

// ParseProxy reads an address or a range of addresses.
func ParseProxy(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		return a.Prefix(a.BitLen())
	}
	p, err := netip.ParsePrefix(s)
	return p.Masked(), err
}

func (c Config) checkTLS(fs *Faults) {
	switch {
	case c.SelfMade():
	case c.TLS.CertFile == "":
		fs.add("tls.cert_file", "There is a key_file without a cert_file", "Name the certificate too, or leave both empty")
	case c.TLS.KeyFile == "":
		fs.add("tls.key_file", "There is a cert_file without a key_file", "Name the private key too, or leave both empty")
	default:
		readable(fs, "tls.cert_file", c.Path(c.TLS.CertFile), false)
		readable(fs, "tls.key_file", c.Path(c.TLS.KeyFile), true)
	}
	for _, p := range c.TLS.ProxyCertFiles {
		readable(fs, "tls.proxy_cert_files", c.Path(p), false)
	}
}

func (m Mail) check(c Config, fs *Faults) {
	oneOf(fs, "mail.tls", m.TLS, "starttls", "tls", "plain")
	if m.Port < 1 || m.Port > 65535 {
		fs.add("mail.port", fmt.Sprintf("%d is not a port", m.Port), "Use 587 for starttls, 465 for tls")
	}
	if m.Host == "" {
		if m.From != "" || m.User != "" {
			fs.add("mail.host", "The mail server is missing", "Set host, or leave from and user empty to send no mail")
		}
		return
	}
	if m.TLS == "plain" && !loopback(m.Host) {
		fs.add("mail.tls", fmt.Sprintf("Mails to %.100q would travel in the clear", m.Host), `Use "starttls" or "tls"; "plain" is for 127.0.0.1 and ::1 only`)
	}
	checkAddress(fs, "mail.from", m.From)
	switch {
	case m.User != "" && m.PasswordFile == "":
		fs.add("mail.password_file", "There is a user without a password", "Put the password into a file of its own and name the file here")
	case m.User == "" && m.PasswordFile != "":
		fs.add("mail.user", "There is a password without a user", "Name the user, or leave password_file empty")
	case m.PasswordFile != "":
		readable(fs, "mail.password_file", c.Path(m.PasswordFile), true)
	}
	if m.CAFile != "" {
		readable(fs, "mail.ca_file", c.Path(m.CAFile), false)
	}
}

func (x Text) check(c Config, fs *Faults) {
	if x.Preset == "" {
		if x.URL != "" || x.SecretFile != "" {
			fs.add("text.preset", "It is not said how the gateway is spoken to", `Use "twilio", "kannel" or "webhook", or leave url and secret_file empty to send no text messages`)
		}
		return
	}
	oneOf(fs, "text.preset", x.Preset, "twilio", "kannel", "webhook")
	x.checkURL(fs)
	if x.Preset != "webhook" {
		if x.From == "" {
			fs.add("text.from", "There is nobody whom messages come from", "Set the number or name that the gateway gave you")
		}
		if x.User == "" {
			fs.add("text.user", "The name to sign in with is missing", "Set the one that the gateway gave you")
		}
	}
	if authn.CleanText(x.From, 64) != x.From {
		fs.add("text.from", "It has line breaks, invisible characters or more than 64 characters", "Set the number or name that the gateway gave you")
	}
	if x.SecretFile == "" {
		fs.add("text.secret_file", "There is no secret for the gateway", "Put it into a file of its own and name the file here")
	} else {
		readable(fs, "text.secret_file", c.Path(x.SecretFile), true)
	}
	if x.CAFile != "" {
		readable(fs, "text.ca_file", c.Path(x.CAFile), false)
	}
}

// checkURL never prints the address: somebody may have put a password into it.
func (x Text) checkURL(fs *Faults) {
	u, err := url.Parse(x.URL)
	switch {
	case err != nil || u.Host == "":
		fs.add("text.url", "It is not an address", `Set it, for instance url = "https://sms.example.com/send"`)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		fs.add("text.url", "It has a user, a query or a fragment", "Leave them out; names and secrets have settings of their own")
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		fs.add("text.url", "Messages would travel in the clear", "Use https://; http:// is for 127.0.0.1 and ::1 only")
	}
}

func (l Ledger) check(c Config, fs *Faults) {
	if l.CheckpointFile != "" {
		folder := filepath.Dir(c.Path(l.CheckpointFile))
		if info, err := os.Stat(folder); err != nil || !info.IsDir() {
			fs.add("ledger.checkpoint_file", fmt.Sprintf("There is no folder %s", folder), "Make it, writable for the user that runs the server, or correct the path")
		}
	}
	for _, a := range l.CheckpointMail {
		checkAddress(fs, "ledger.checkpoint_mail", a)
	}
	if len(l.CheckpointMail) > 0 && c.Mail.Host == "" {
		fs.add("ledger.checkpoint_mail", "There is no mail server to send checkpoints with", "Set mail.host, or leave checkpoint_mail empty")
	}
}

func checkAddress(fs *Faults, key, address string) {
	if a, err := mail.ParseAddress(address); err != nil || a.Address != address {
		fs.add(key, fmt.Sprintf("%.100q is not a mail address", address), "Write it as avow@example.com")
	}
}

func oneOf(fs *Faults, key, value string, allowed ...string) {
	for _, a := range allowed {
		if value == a {
			return
		}
	}
	fs.add(key, fmt.Sprintf("%.60q is not known", value), `Use "`+strings.Join(allowed, `", "`)+`"`)
}

// readable checks that a file is there; a private one must not be open to others.
func readable(faults *Faults, key, path string, private bool) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		faults.add(key, fmt.Sprintf("There is no file %s", path), "Correct the path, or put the file there")
		return
	}
	if err != nil {
		faults.add(key, fmt.Sprintf("%s cannot be read", path), "Let the user that runs the server read it")
		return
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	switch {
	case err != nil || !info.Mode().IsRegular():
		faults.add(key, fmt.Sprintf("%s is not a file", path), "Correct the path")
	case private && runtime.GOOS != "windows" && info.Mode().Perm()&0o007 != 0:
		faults.add(key, fmt.Sprintf("Everybody on this machine may read %s", path), "chmod o= "+path)
	}
}

func goodPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && strconv.FormatUint(n, 10) == s
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}
