// Package config is the server's configuration file: what can be set, what each setting means, and every fault in it at
// once. The file is TOML 1.0 and is read strictly: a name that is not known is a fault. Secrets are never in it; they lie in
// files of their own, in the data folder or where the configuration points.
//
// The comment of each field is its manual. The same text stands in the file that Write makes; a test compares them.
package config

import (
	"path/filepath"
	"time"
)

// Config is the file avow.toml.
type Config struct {
	// The public address of this server, as phones and computers reach it: https:// and a host name, with a port if it
	// is not 443, without a slash at the end. It is part of everything that the server signs and of every code that it
	// shows: once phones are connected it must not change. There is no default.
	Issuer string `toml:"issuer"`

	// The name of the organisation, as people read it on their phones and in mails. There is no default.
	Organisation string `toml:"organisation"`

	// What people do when nothing else helps: a phone number or an address of the service desk. May be empty.
	Support string `toml:"support"`

	// The address and port to listen on. An empty address means all of the machine's. Default ":443".
	Listen string `toml:"listen"`

	// The folder for the database, the identity key and the server secret. A relative path starts at the folder of this
	// file. Back it up; who can read it can speak for this server. Default "data".
	DataDir string `toml:"data_dir"`

	// The addresses of reverse proxies in front of this server, as "192.0.2.7" or "192.0.2.0/24". Only theirs is a
	// header X-Forwarded-For believed. Default: none.
	TrustedProxies []string `toml:"trusted_proxies"`

	// How a sign-in is tied to the screen that asks, for clients without a setting of their own: "number" (type the six
	// digits on the screen, or scan its code), "qr" (scan only) or "tap" (just Yes; below NIST AAL2). Default "number".
	Match string `toml:"match"`

	// For how long the server holds a computer's question "is there an answer?" open before it says "not yet", between
	// "0s" (not at all) and "30s". Proxies in front must wait longer than this. Default "20s".
	LongPoll time.Duration `toml:"long_poll"`

	// For how many days after a sign-in with a network a user may sign in to a computer without one, between 1 and 365.
	// Default 14.
	GrantDays int `toml:"grant_days"`

	// How often she may do that in this time, between 1 and 1000. Default 20.
	GrantUses int `toml:"grant_uses"`

	// Whether users are asked, once, to send usage reports to this server: counters without names, for which each user decides
	// ("asked"), or nobody is asked and none is taken ("off"). Default "asked".
	Telemetry string `toml:"telemetry"`

	// The mail addresses of those who are told when a user says "it's not me", and when a computer tells of a sign-in that
	// does not fit. Default: nobody.
	AdminMail []string `toml:"admin_mail"`

	TLS         TLS         `toml:"tls"`
	Mail        Mail        `toml:"mail"`
	Text        Text        `toml:"text"`
	Directory   Directory   `toml:"directory"`
	Ledger      Ledger      `toml:"ledger"`
	Attestation Attestation `toml:"attestation"`
	Restore     Restore     `toml:"restore"`
	Brand       Brand       `toml:"brand"`
	Log         Log         `toml:"log"`

	dir string // where the file lies
}

// TLS is the table [tls].
type TLS struct {
	// The certificate and its chain, and the private key, as PEM files. Both empty: the server makes a self-signed
	// certificate at its first start. Phones then trust its key because the identity key signs for it; browsers warn.
	// Changed files are used for new connections at once. Default: both empty.
	CertFile string `toml:"cert_file"`

	// The private key of cert_file. Only the server's user may read it.
	KeyFile string `toml:"key_file"`

	// Certificates, as PEM files, of reverse proxies that end TLS in front of this server, if they are not from a public
	// authority: phones are told to trust their keys too. Default: none.
	ProxyCertFiles []string `toml:"proxy_cert_files"`
}

// Mail is the table [mail].
type Mail struct {
	// The mail server that takes security notices and the mails that connect phones. Empty: no mail is sent, and notices
	// reach people only on their other devices. Default empty.
	Host string `toml:"host"`

	// Its port: 587 for "starttls", 465 for "tls". Default 587.
	Port int `toml:"port"`

	// The sender's address. Needed with host.
	From string `toml:"from"`

	// The name to sign in to the mail server with. Empty: without signing in. Default empty.
	User string `toml:"user"`

	// A file with the password, and nothing else, that only the server's user may read. Needed with user.
	PasswordFile string `toml:"password_file"`

	// "starttls", "tls", or "plain" for a mail server on this machine (127.0.0.1, ::1) only. Default "starttls".
	TLS string `toml:"tls"`

	// Certificates, as a PEM file, of the authority of the mail server, if it is one that this machine does not know. Default:
	// empty.
	CAFile string `toml:"ca_file"`
}

// Text is the table [text].
type Text struct {
	// How the gateway for text messages is spoken to: "twilio" (a form with To, From and Body, signed in with user and
	// secret), "kannel" (its sendsms, by headers) or "webhook" (JSON with id, to and text, and the secret as bearer).
	// Empty: no text messages are sent. Default empty.
	Preset string `toml:"preset"`

	// The address that messages are posted to: https://, or http:// to this machine. It has no secret in it, since
	// addresses stand in the logs of others. Needed with preset.
	URL string `toml:"url"`

	// The number or name that messages come from. Needed with "twilio" and "kannel".
	From string `toml:"from"`

	// The name to sign in with: for "twilio" the account, for "kannel" the user of sendsms. Not with "webhook".
	User string `toml:"user"`

	// A file with the password or bearer token, and nothing else, that only the server's user may read. Needed with
	// preset.
	SecretFile string `toml:"secret_file"`

	// Certificates, as a PEM file, of the authority of the gateway, if it is one that this machine does not know. Default:
	// empty.
	CAFile string `toml:"ca_file"`
}

// Directory is the table [directory].
type Directory struct {
	// The directory that users are taken from: "ldaps://ldap.example.com", or "ldap://" with StartTLS; a port if it is not 636 or 389.
	// Empty: there is none, and all users are local. Default empty.
	URL string `toml:"url"`

	// How an ldap:// address is encrypted: "starttls", which a directory must offer, or "none": then passwords travel in the clear,
	// and whoever sits between can read them. Default "starttls".
	TLS string `toml:"tls"`

	// The authority that signed the directory's certificate, as a PEM file. Empty: one that this machine trusts. Default empty.
	CAFile string `toml:"ca_file"`

	// Who reads, as a DN (Active Directory also takes avow@example.com). It needs no right but to read. Empty: nobody in particular, where
	// the directory allows that. Default empty.
	BindDN string `toml:"bind_dn"`

	// A file with its password, and nothing else, that only the server's user may read. Needed with bind_dn.
	PasswordFile string `toml:"password_file"`

	// Where the users are: "ou=people,dc=example,dc=com". Needed with url.
	BaseDN string `toml:"base_dn"`

	// Which entries there are users, as a filter (RFC 4515). Who is not found any more is disabled, never deleted. Empty: "(objectClass=inetOrgPerson)",
	// for Active Directory "(&(objectCategory=person)(objectClass=user))". Default empty.
	Filter string `toml:"filter"`

	// What the attributes are called: "ldap" (uid, entryUUID, pwdChangedTime) or "active_directory" (sAMAccountName, objectGUID, pwdLastSet).
	// Default "ldap".
	Schema string `toml:"schema"`

	// Only groups (memberOf) below this DN are kept, by their CN. Empty: all of them. Default empty.
	GroupBase string `toml:"group_base"`

	// How many entries the directory gives at a time, between 1 and 1000. Default 500.
	PageSize int `toml:"page_size"`

	// How often what has changed is read, between "1m" and "24h". Everybody is read once a day, and when the settings here change. Default "15m".
	Every time.Duration `toml:"every"`
}

// Ledger is the table [ledger].
type Ledger struct {
	// A file to which the signed checkpoints of the audit log are added, best on another disk or a share that nobody can
	// change later. With it "avow-server log verify" finds what was changed by somebody who can write the database. Its
	// folder must be there and writable for the server. Default empty: checkpoints stand in the database only.
	CheckpointFile string `toml:"checkpoint_file"`

	// The mail addresses to which a checkpoint goes once a day when something was recorded. Needs a mail server. Default:
	// nobody.
	CheckpointMail []string `toml:"checkpoint_mail"`
}

// Attestation is the table [attestation].
type Attestation struct {
	// Whether a phone must prove in what hardware its keys lie before it is connected: "none" (what is proved is recorded, a
	// phone that proves nothing is taken for software) or "required". Administrators may decide otherwise. The phones of this
	// version prove nothing yet. Default "none".
	Policy string `toml:"policy"`

	// Google's list of revoked certificates, a JSON file from https://android.googleapis.com/attestation/status. Fetch it
	// anew each day; it is read again when it changes. Empty: what Android phones prove is not believed. Default empty.
	GoogleStatusFile string `toml:"google_status_file"`

	// The roots for Android phones, as a PEM file. Empty: those that Google published until 2026. Default empty.
	GoogleRootsFile string `toml:"google_roots_file"`

	// The ids of the app on Apple's phones, as "TEAMID1234.com.example.avow". Empty: what they prove is not believed.
	// Default: none.
	AppleApps []string `toml:"apple_apps"`

	// The roots for Apple's phones, as a PEM file. Empty: the one that Apple published in 2020. Default empty.
	AppleRootsFile string `toml:"apple_roots_file"`
}

// Restore is the table [restore]. Administrators may decide otherwise on their pages, also for each group.
type Restore struct {
	// Who may bring an account back with a restore code after a phone is lost: "forbidden" (nobody), "limited" (each restore
	// has to be allowed beforehand by the service desk), "allowed" (the app offers it) or "automatic" (the app sets it up
	// right after the first phone is connected). Default "allowed".
	Policy string `toml:"policy"`

	// What becomes of the other phones when a restore is over: "removed", "asked" (the new phone asks its user) or "kept".
	// Default "asked".
	OldDevice string `toml:"old_device"`

	// For how many hours a restore waits, between 0 and 72, while every phone and the mail address of the user can block it.
	// Default 0.
	HoldHours int `toml:"hold_hours"`

	// How the one-time code of a restore reaches the user: "mail", or "desk" (the service desk reads it out after it has
	// verified the caller). Who has no mail address always gets it from the service desk. Default "mail".
	Delivery string `toml:"delivery"`
}

// Brand is the table [brand]: what the app shows of the organisation while one of its accounts is looked at, beside name and support. Phones take it over within half a day.
type Brand struct {
	// The telephone number of the service desk, to be tapped: "046-555 01 00". Default empty.
	Phone string `toml:"phone"`

	// Its mail address. Default empty.
	Mail string `toml:"mail"`

	// Pages that help, at most four, each as a text and an address with "https://": "First steps https://help.example.com/avow". Default: none.
	Links []string `toml:"links"`

	Light BrandColors `toml:"light"`
	Dark  BrandColors `toml:"dark"`
}

// BrandColors are the tables [brand.light] and [brand.dark]: all seven colors in both of them, or none at all. The app leaves colors out that cannot be read on each other;
// docs/branding.md says how to check them before.
type BrandColors struct {
	// The color of what can be done, as "#0F5247". Default empty: Avow's own, as with all of them.
	Primary string `toml:"primary"`

	// What is written on it.
	OnPrimary string `toml:"on_primary"`

	// The ground of second buttons and of icons.
	PrimarySoft string `toml:"primary_soft"`

	// What is written on that.
	OnPrimarySoft string `toml:"on_primary_soft"`

	// The panel on the first page.
	Panel string `toml:"panel"`

	// The check of the mark on it.
	Mark string `toml:"mark"`

	// The fingers of the mark on it.
	Mark2 string `toml:"mark2"`
}

// Log is the table [log].
type Log struct {
	// "debug", "info", "warn" or "error". No level writes secrets. Default "info".
	Level string `toml:"level"`

	// "text" for people, "json" for programs. Default "text".
	Format string `toml:"format"`
}

// Default is the configuration without the settings that have no default.
func Default() Config {
	return Config{
		Listen: ":443", DataDir: "data", Match: "number", LongPoll: 20 * time.Second,
		GrantDays: 14, GrantUses: 20, Telemetry: "asked",
		Mail:        Mail{Port: 587, TLS: "starttls"},
		Directory:   Directory{TLS: "starttls", Schema: "ldap", PageSize: 500, Every: 15 * time.Minute},
		Attestation: Attestation{Policy: "none"},
		Restore:     Restore{Policy: "allowed", OldDevice: "asked", Delivery: "mail"},
		Log:         Log{Level: "info", Format: "text"},
	}
}

// Names of the files in the data folder.
const (
	DatabaseFile = "avow.db"
	LockFile     = "avow.lock"    // says which process serves the folder
	IdentityFile = "identity.pem" // the key that QR codes pin: PKCS #8
	SecretFile   = "server.secret"
	UsedFile     = "used-sessions" // of registration; kept when the database is brought back from a backup
	TLSCertFile  = "tls-cert.pem"
	TLSKeyFile   = "tls-key.pem"
)

// Path makes a path of the file absolute.
func (c Config) Path(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.dir, p)
}

// Data is the path of a file in the data folder.
func (c Config) Data(name string) string { return filepath.Join(c.Path(c.DataDir), name) }

// SelfMade reports whether the server makes its TLS certificate.
func (c Config) SelfMade() bool { return c.TLS.CertFile == "" && c.TLS.KeyFile == "" }
