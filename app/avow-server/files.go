package main

import (
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/mail"
	"os"
	"runtime"
	"strings"

	"avow/internal/key"
	"avow/internal/server/config"
	"avow/internal/server/notify"
)

// secrets are the files of the data folder that are no database.
type secrets struct {
	identity key.Private
	secret   key.Secret
	password key.Secret     // of the mail server; empty without one
	text     key.Secret     // of the gateway for text messages; empty without one
	mailCA   *x509.CertPool // authorities of the mail server; nil for those that the machine knows
	textCA   *x509.CertPool // of the gateway
}

// readSecrets reads all of them and tells every fault.
func readSecrets(cfg config.Config) (s secrets, faults config.Faults) {
	const do = "Bring it back from a backup; without it no connected phone trusts this server. A new server starts with avow-server init"
	if b, ok := private(cfg.Data(config.IdentityFile), do, &faults); ok {
		var err error
		if s.identity, err = key.ParsePEM(b); err != nil {
			faults = append(faults, config.Fault{Key: "data_dir", Wrong: fmt.Sprintf("%s holds no key: %v", cfg.Data(config.IdentityFile), err), Do: do})
		}
	}
	if b, ok := private(cfg.Data(config.SecretFile), do, &faults); ok {
		raw, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(string(b)))
		if err != nil || len(raw) != 32 {
			faults = append(faults, config.Fault{Key: "data_dir", Wrong: cfg.Data(config.SecretFile) + " does not hold 32 bytes of base64", Do: do})
		}
		s.secret = raw
	}
	s.password = secretFile("mail.password_file", cfg.Path(cfg.Mail.PasswordFile), &faults)
	s.text = secretFile("text.secret_file", cfg.Path(cfg.Text.SecretFile), &faults)
	s.mailCA = authorities("mail.ca_file", cfg.Path(cfg.Mail.CAFile), &faults)
	s.textCA = authorities("text.ca_file", cfg.Path(cfg.Text.CAFile), &faults)
	return s, faults
}

// secretFile reads a password that has a file of its own; nothing for no path.
func secretFile(setting, path string, faults *config.Faults) key.Secret {
	if path == "" {
		return nil
	}
	b, err := os.ReadFile(path)
	secret := key.Secret(strings.TrimRight(string(b), "\r\n"))
	if err != nil || len(secret) == 0 {
		*faults = append(*faults, config.Fault{Key: setting, Wrong: path + " is empty or cannot be read", Do: "Put the password into it, and nothing else"})
	}
	return secret
}

// authorities reads certificates that others are trusted by; nil for no path.
func authorities(setting, path string, faults *config.Faults) *x509.CertPool {
	if path == "" {
		return nil
	}
	pool := x509.NewCertPool()
	if b, err := os.ReadFile(path); err != nil || !pool.AppendCertsFromPEM(b) {
		*faults = append(*faults, config.Fault{Key: setting, Wrong: path + " holds no certificate", Do: "Put the authority's certificate into it, as PEM"})
	}
	return pool
}

// private reads a file that only its owner may read.
func private(path, do string, faults *config.Faults) (key.Secret, bool) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		*faults = append(*faults, config.Fault{Key: "data_dir", Wrong: "There is no " + path, Do: do})
		return nil, false
	}
	if err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		*faults = append(*faults, config.Fault{Key: "data_dir", Wrong: "Others than its owner may read " + path, Do: "chmod 600 " + path})
	}
	b, err := os.ReadFile(path)
	if err != nil {
		*faults = append(*faults, config.Fault{Key: "data_dir", Wrong: path + " cannot be read", Do: "Let the user that runs the server own it"})
		return nil, false
	}
	return b, true
}

// load reads the configuration and the secrets that belong to it.
func load(path string) (config.Config, secrets, error) {
	cfg, err := config.Load(path)
	if err != nil {
		return config.Config{}, secrets{}, err
	}
	s, faults := readSecrets(cfg)
	if len(faults) > 0 {
		return config.Config{}, secrets{}, faults
	}
	return cfg, s, nil
}

// smtp is the configuration of mails; nil when there are none.
func smtp(cfg config.Config, s secrets) *notify.SMTP {
	if cfg.Mail.Host == "" {
		return nil
	}
	from := mail.Address{Name: cfg.Organisation, Address: cfg.Mail.From}
	return &notify.SMTP{
		Host: cfg.Mail.Host, Port: cfg.Mail.Port, TLS: notify.TLSMode(cfg.Mail.TLS), From: from.String(),
		Username: cfg.Mail.User, Password: s.password, CA: s.mailCA,
	}
}

// gateway is the configuration of text messages; nil when there are none.
func gateway(cfg config.Config, s secrets) *notify.Gateway {
	if cfg.Text.Preset == "" {
		return nil
	}
	return &notify.Gateway{
		Preset: notify.Preset(cfg.Text.Preset), URL: cfg.Text.URL, From: cfg.Text.From, User: cfg.Text.User, Secret: s.text, CA: s.textCA,
	}
}

// logLevel of a checked configuration.
func logLevel(cfg config.Config) slog.Level {
	var l slog.Level
	if err := l.UnmarshalText([]byte(cfg.Log.Level)); err != nil {
		return slog.LevelInfo
	}
	return l
}
