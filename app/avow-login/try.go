package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"avow/internal/authn"
	"avow/internal/computer/agent"
	"avow/internal/computer/local"
)

func (a *app) test() *cobra.Command {
	var lang string
	var auto, noQR bool
	cmd := &cobra.Command{
		Use: "test USER", Short: "Sign in in this terminal, by the daemon and without PAM", Args: cobra.ExactArgs(1),
		Long: "test holds the conversation of a sign-in in this terminal. Nothing is opened; it says whether PAM would.\n" + exitCodes,
		RunE: func(cmd *cobra.Command, args []string) error {
			start := local.Start{User: args[0], Service: "avow-login test", Timeout: local.DefaultTimeout, Lang: lang, Auto: auto, NoQR: noQR}
			step, err := converse(cmd.Context(), a.socket, start, &terminal{in: bufio.NewReader(a.stdin), out: cmd.OutOrStdout()})
			if err != nil {
				return err
			}
			if done, ok := step.(agent.Done); ok {
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s is signed in (%s).\n", done.Login, done.How)
				return err
			}
			if r, ok := step.(agent.Refused); ok { // the words were shown
				return authn.Fail(r.Kind, r.Code, "Not signed in.")
			}
			return errRefused
		},
	}
	f := cmd.Flags()
	f.StringVar(&lang, "lang", os.Getenv("LANG"), "language: en, de")
	f.BoolVar(&auto, "auto", false, "wait for the phone without an Enter, as wait=auto does")
	f.BoolVar(&noQR, "no-qr", false, "show no QR code, as qr=no does")
	return cmd
}

// terminal is a screen of lines.
type terminal struct {
	in  *bufio.Reader
	out io.Writer
}

// Info shows lines.
func (t *terminal) Info(text string) error {
	_, err := fmt.Fprintln(t.out, text)
	return err
}

// Ask reads a line.
func (t *terminal) Ask(prompt string) (string, error) {
	if _, err := fmt.Fprint(t.out, prompt); err != nil {
		return "", err
	}
	line, err := t.in.ReadString('\n')
	if errors.Is(err, io.EOF) && line == "" {
		return "", errors.New("the terminal was closed")
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read what was typed: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}
