package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

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
	var ahead atomic.Int64
	env, err := testenv.Start(ctx, testenv.Options{Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, env.Close()) }()
	p, err := env.OpenPhone(ctx, testenv.PhoneOptions{Dir: dir, Name: "Figures"})
	if err != nil {
		return err
	}
	err = p.Ready(ctx)
	if err == nil {
		err = env.Fill(ctx, p, accounts, count, func() { ahead.Add(int64(time.Minute)) })
	}
	if err != nil {
		p.Close()
		return err
	}
	p.Close()
	fmt.Fprintf(out, "full: PIN %s\n", p.PIN)
	<-ctx.Done()
	return nil
}
