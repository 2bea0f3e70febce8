package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/wire"
)

// tried is how client try ended.
type tried struct {
	Decision string   `json:"decision"` // approved
	UserName string   `json:"user_name"`
	Name     string   `json:"name"`
	ACR      string   `json:"acr"`
	AMR      []string `json:"amr"`
}

func (a *app) clientTry() *cobra.Command {
	var file string
	q := client.Question{Agent: "avow-admin client try"}
	cmd := &cobra.Command{
		Use: "try ID --key FILE --user LOGIN", Short: "Test a client: ask a user for an approval, as the client would", Args: cobra.ExactArgs(1),
		Long: `try asks a user for an approval in the name of a client whose private key you have, shows what a login screen would show - the number,
on a terminal the QR - and waits for the answer on the phone. It lets nobody in anywhere. Ctrl-C takes the question back.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			b, err := readPrivate(file)
			if err != nil {
				return err
			}
			k, err := key.ParsePEM(b)
			if err != nil {
				return fmt.Errorf("%s cannot be used: %w; avow-admin client key makes a good one", file, err)
			}
			c, err := a.open()
			if err != nil {
				return err
			}
			return a.try(cmd, client.NewRelyingParty(c.Server, authn.ClientID(args[0]), k, a.options), q)
		},
	}
	f := cmd.Flags()
	f.StringVar(&file, "key", "", "the client's private key, as client key made it")
	f.StringVar(&q.User, "user", "", "the login of who is asked")
	f.StringVar(&q.Message, "message", "", "what the phone shows beside the client's name")
	f.DurationVar(&q.Lifetime, "lifetime", 0, "how long the question stands, at most 10m (default: the server's)")
	required(cmd, "key", "user")
	return cmd
}

func (a *app) try(cmd *cobra.Command, rp *client.RelyingParty, q client.Question) error {
	defer rp.Close()
	ctx, w := cmd.Context(), cmd.OutOrStdout()
	asked, err := rp.Authorize(ctx, q)
	if err != nil {
		return err
	}
	if a.json {
		err = printJSON(w, asked)
	} else {
		_, err = fmt.Fprintf(w, "Asked %s; the question stands for %s.\nmatch   %s\nnumber  %s\nlink    %s\n",
			clean(q.User), time.Duration(asked.ExpiresIn)*time.Second, clean(string(asked.Match)), clean(asked.Number), clean(asked.QR))
	}
	if err == nil && !a.json && terminal(w) {
		err = printQR(w, asked.QR)
	}
	if err != nil {
		return err
	}
	id, err := rp.Wait(ctx, asked)
	if err != nil {
		return ended(ctx, rp, asked, err)
	}
	done := tried{Decision: "approved", UserName: id.Login, Name: id.Name, ACR: id.ACR, AMR: id.AMR}
	return a.printOne(cmd, done, []field{
		{"decision", done.Decision},
		{"user_name", done.UserName},
		{"name", done.Name},
		{"acr", done.ACR},
		{"amr", strings.Join(done.AMR, " ")},
	})
}

// ended tells a No from a failure, and takes the question back when nobody waits for its answer any more.
func ended(ctx context.Context, rp *client.RelyingParty, asked wire.BackchannelAnswer, err error) error {
	switch authn.CodeOf(err) {
	case wire.ErrAccessDenied, wire.ErrExpiredToken, wire.ErrInvalidGrant:
		return notApproved{err}
	}
	if ctx.Err() != nil {
		after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return notApproved{errors.Join(authn.Fail(authn.Gone, "cancelled", "Taken back."), rp.Cancel(after, asked.AuthReqID))}
	}
	return err
}
