package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/config"
	"avow/internal/store"
	"avow/internal/store/sqlite"
	"avow/internal/wire"
)

// startLink is the address that connects an owner's phone. The code stands after the #, so it reaches no log.
func startLink(cfg config.Config, code key.Secret) string {
	return cfg.Issuer + "/start#" + wire.PageCode(code)
}

func startLinkCommand() *cobra.Command {
	var path, name string
	cmd := &cobra.Command{
		Use: "start-link", Short: "Make a new one-time link that connects an owner's phone",
		Long: `start-link makes, in place of the old one, the link that init printed: whoever opens it within a day connects a phone and signs in to the
pages as that owner. Use it when the first link is over, or when no owner has a phone any more. Stop the server first; what was
done stands in its audit log.
` + exitCodes,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, _, err := load(path)
			if err != nil {
				return err
			}
			return renewStart(cmd.Context(), cfg, name, time.Now(), cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&path, "config", configFile, "the configuration")
	cmd.Flags().StringVar(&name, "admin", "", "the name of the owner (default: the first)")
	return cmd
}

// renewStart gives an owner a new link.
func renewStart(ctx context.Context, cfg config.Config, name string, now time.Time, w io.Writer) (err error) {
	db, err := sqlite.Open(ctx, cfg.Data(config.DatabaseFile), sqlite.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	code := key.NewSecret(16)
	err = db.Update(ctx, func(tx store.Tx) error {
		a, err := owner(tx, name)
		if err != nil {
			return err
		}
		err = tx.UpdateAdmin(a.ID, func(old authn.Admin) (authn.Admin, error) {
			old.StartToken, old.StartExpires = authn.HashOf(code), now.Add(authn.StartLifetime)
			return old, nil
		})
		if err != nil {
			return err
		}
		return tx.AppendAudit(authn.AuditRecord{
			At: now, Actor: "server", Action: "admin.start_link", Subject: string(a.ID), Reason: "avow-server start-link", Facts: map[string]string{"name": a.Name},
		})
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "Good once, for a day:\n%s\n", startLink(cfg, code))
	return err
}

func owner(r store.Reader, name string) (authn.Admin, error) {
	all, err := r.Admins()
	if err != nil {
		return authn.Admin{}, err
	}
	for _, a := range all {
		if a.Role == authn.RoleOwner && !a.Disabled && (name == "" || a.Name == name) {
			return a, nil
		}
	}
	return authn.Admin{}, fmt.Errorf("there is no owner %q here; leave --admin away for the first one", name)
}
