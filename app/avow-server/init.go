package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"avow/internal/atomicfile"
	"avow/internal/authn"
	"avow/internal/cli"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/server/config"
	"avow/internal/store"
	"avow/internal/store/sqlite"
)

const (
	configFile     = "avow.toml"
	credentialFile = "admin.json"
)

func initCommand() *cobra.Command {
	var dir, admin string
	cfg := config.Default()
	cmd := &cobra.Command{
		Use:   "init --issuer https://HOST --organisation NAME",
		Short: "Make a commented configuration, the keys, and the first administrator",
		Long: `init makes in a folder: avow.toml, the configuration with a manual for each setting; data/ with the identity key, the server
secret and the database; and admin.json, the credential of the first administrator for avow-admin. It overwrites nothing.
` + exitCodes,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			link, err := initialize(cmd.Context(), dir, admin, cfg, time.Now())
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), `Made in %s:
  %-11s  the configuration, with a manual for each setting
  %-11s  the credential of administrator %s: who has it can do everything
  %-11s  database, identity key and server secret: back it up
Next: avow-server run --config %s
Then, within a day, connect the phone with which %s signs in to the pages; the link works once:
%s
`, dir, configFile, credentialFile, admin, cfg.DataDir+"/", filepath.Join(dir, configFile), admin, link)
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&dir, "dir", ".", "the folder, which is made if it is not there")
	f.StringVar(&cfg.Issuer, "issuer", "", "the public address, https://id.example.com; it cannot be changed later")
	f.StringVar(&cfg.Organisation, "organisation", "", "the name of the organisation, as people read it on their phones")
	f.StringVar(&cfg.Support, "support", "", "what people do when nothing else helps: a phone number")
	f.StringVar(&cfg.Listen, "listen", cfg.Listen, "the address and port to listen on")
	f.StringVar(&admin, "admin", systemUser(), "the name of the first administrator, for the log")
	for _, name := range []string{"issuer", "organisation"} {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic("a flag that was just made is there: " + err.Error())
		}
	}
	return cmd
}

func systemUser() string {
	if u, err := user.Current(); err == nil {
		return filepath.Base(filepath.ToSlash(u.Username))
	}
	return ""
}

// initialize makes everything, and takes away what it made if a step fails. The configuration comes last: a folder that has it is
// complete.
func initialize(ctx context.Context, dir, admin string, cfg config.Config, now time.Time) (link string, err error) {
	if faults := cfg.Check(); len(faults) > 0 {
		return "", faults
	}
	if admin == "" || authn.CleanText(admin, 64) != admin {
		return "", cli.Usage{Text: fmt.Sprintf("the administrator's name %q is not 1 to 64 visible characters; give --admin", admin)}
	}
	data := filepath.Join(dir, cfg.DataDir)
	config, credential := filepath.Join(dir, configFile), filepath.Join(dir, credentialFile)
	for _, path := range []string{config, credential, data} {
		if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
			return "", fmt.Errorf("%s is there already and is not overwritten; choose another folder with --dir", path)
		}
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return "", fmt.Errorf("make the folder: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(data), atomicfile.Remove(atomicfile.OS, credential))
		}
	}()
	identity, err := makeKeys(data)
	if err != nil {
		return "", err
	}
	start := key.NewSecret(16)
	made, err := makeAdmin(ctx, filepath.Join(data, "avow.db"), admin, start, now)
	if err != nil {
		return "", err
	}
	made.Server = client.Server{Issuer: cfg.Issuer, Identity: identity.Key()}
	file, err := made.Encode()
	if err != nil {
		return "", err
	}
	if err := atomicfile.Write(credential, file); err != nil {
		return "", err
	}
	page, err := cfg.Write()
	if err != nil {
		return "", err
	}
	return startLink(cfg, start), atomicfile.Write(config, page)
}

// makeKeys makes the identity key and the server secret.
func makeKeys(data string) (key.Private, error) {
	identity, err := key.Generate()
	if err != nil {
		return key.Private{}, err
	}
	pem, err := identity.EncodePEM()
	if err != nil {
		return key.Private{}, err
	}
	if err := atomicfile.Write(filepath.Join(data, config.IdentityFile), pem); err != nil {
		return key.Private{}, err
	}
	secret := base64.StdEncoding.EncodeToString(key.NewSecret(32))
	return identity, atomicfile.Write(filepath.Join(data, config.SecretFile), []byte(secret+"\n"))
}

// makeAdmin puts the first administrator into a new database.
func makeAdmin(ctx context.Context, path, name string, start key.Secret, now time.Time) (c client.Credential, err error) {
	k, err := key.Generate()
	if err != nil {
		return c, err
	}
	db, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		return c, err
	}
	a := authn.Admin{ID: authn.NewAdminID(), Name: name, Role: authn.RoleOwner, Key: k.Key(), StartToken: authn.HashOf(start), StartExpires: now.Add(authn.StartLifetime), CreatedAt: now}
	err = db.Update(ctx, func(tx store.Tx) error {
		if err := tx.CreateAdmin(a); err != nil {
			return err
		}
		return tx.AppendAudit(authn.AuditRecord{
			At: now, Actor: "server", Action: "admin.add", Subject: string(a.ID), Reason: "avow-server init", Facts: map[string]string{"name": name},
		})
	})
	return client.Credential{Name: name, ID: a.ID, Key: k}, errors.Join(err, db.Close())
}
