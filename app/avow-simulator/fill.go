package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"avow/internal/authn"
	"avow/internal/otp"
	"avow/internal/phone/codes"
	"avow/internal/testenv"
)

// newFillCommand makes the folder of an app that is used a lot, for measuring: make test-desktop starts the app on it.
func newFillCommand() *cobra.Command {
	var dir string
	var accounts, count int
	cmd := &cobra.Command{
		Use:    "fill --data DIR",
		Short:  "fill an app's folder with many accounts and codes, and be their server until it is ended",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if dir == "" {
				return errors.New("say where: --data DIR")
			}
			return fill(cmd.Context(), cmd.OutOrStdout(), dir, accounts, count)
		},
	}
	cmd.Flags().StringVar(&dir, "data", "", "folder of the app")
	cmd.Flags().IntVar(&accounts, "accounts", 200, "how many accounts")
	cmd.Flags().IntVar(&count, "codes", 1000, "how many codes of other services")
	return cmd
}

// fill prints the app's PIN once the folder is full, and serves until ctx ends.
func fill(ctx context.Context, out io.Writer, dir string, accounts, count int) (err error) {
	env, err := testenv.Start(ctx, testenv.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, env.Close()) }()
	p, err := env.OpenPhone(ctx, testenv.PhoneOptions{Dir: dir, Name: "Figures"})
	if err != nil {
		return err
	}
	if err := fillPhone(ctx, env, p, accounts, count); err != nil {
		p.Close()
		return err
	}
	p.Close()
	fmt.Fprintf(out, "full: PIN %s\n", p.PIN)
	<-ctx.Done()
	return nil
}

func fillPhone(ctx context.Context, env *testenv.Env, p *testenv.Phone, accounts, count int) error {
	if err := p.Ready(ctx); err != nil {
		return err
	}
	for i := range accounts {
		login := fmt.Sprintf("user%d", i)
		if _, err := env.AddUser(ctx, login, fmt.Sprintf("User %d", i)); err != nil {
			return err
		}
		if _, err := env.Register(ctx, p, login, authn.BindFirst); err != nil {
			return fmt.Errorf("account %d: %w", i+1, err)
		}
	}
	var list []codes.Entry
	for i := range count {
		list = append(list, codes.Entry{Code: otp.Code{
			Kind: otp.TOTP, Issuer: fmt.Sprintf("Service %d", i), Account: fmt.Sprintf("user%d", i), Secret: []byte(fmt.Sprintf("%020d", i)),
			Algorithm: otp.SHA1, Digits: 6, Period: 30,
		}})
	}
	_, err := p.AddCodes(ctx, list)
	return err
}
