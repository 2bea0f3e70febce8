package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"avow/internal/atomicfile"
	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/computer"
	"avow/internal/computer/local"
	"avow/internal/wire"
)

func (a *app) enroll() *cobra.Command {
	var again bool
	cmd := &cobra.Command{
		Use: "enroll", Short: "Bind this computer to a server, by the link of avow-admin computer add", Args: cobra.NoArgs,
		Long: `enroll asks for the link that "avow-admin computer add" printed, or reads it from standard input. It makes the computer's key, which never
leaves it, and tells the server its public half. It can be repeated with the same link when it was interrupted.
` + exitCodes,
		Example: `  avow-login enroll
  avow-login enroll < link`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := a.loadSettings(); err == nil && !again {
				return authn.Fail(authn.Conflict, "already_enrolled", "This computer is enrolled already. To bind it anew, stop the daemon and use --again.")
			} else if err != nil && !errors.Is(err, errNotEnrolled) && !again {
				return err
			}
			var alive any
			if local.Status(cmd.Context(), a.socket, &alive) == nil {
				return authn.Fail(authn.Conflict, "daemon_runs", "The daemon runs. Stop it first: systemctl stop avow-login.")
			}
			link, err := a.readLink(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			return a.bind(cmd, link)
		},
	}
	cmd.Flags().BoolVar(&again, "again", false, "bind a computer anew that is enrolled; what it remembers is erased")
	return cmd
}

// readLink asks for the link. It is a secret, so it is no argument: others see those.
func (a *app) readLink(prompt io.Writer) (wire.ComputerLink, error) {
	if f, ok := a.stdin.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			_, _ = fmt.Fprint(prompt, "Paste the link that avow-admin computer add printed: ")
		}
	}
	line, err := bufio.NewReader(io.LimitReader(a.stdin, 1024)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return wire.ComputerLink{}, fmt.Errorf("read the link: %w", err)
	}
	parsed, err := wire.ParseLink(strings.TrimSpace(line))
	if link, ok := parsed.(wire.ComputerLink); ok && err == nil {
		return link, nil
	}
	return wire.ComputerLink{}, authn.Fail(authn.Invalid, "bad_enrollment_link", "This is not the link of a computer. avow-admin computer add prints one.")
}

// bind enrolls with a link. Each step can be done again after a crash.
func (a *app) bind(cmd *cobra.Command, link wire.ComputerLink) error {
	ctx := cmd.Context()
	if err := os.MkdirAll(a.dir, 0o700); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	opt := client.Options{Agent: program()}
	server, err := client.DiscoverComputer(ctx, link, opt)
	if err != nil {
		return err
	}
	k, err := a.nextKey()
	if err != nil {
		return err
	}
	c := client.NewComputer(server, "", k, opt)
	defer c.Close()
	got, err := c.Enroll(ctx, wire.EnrollComputer{Token: wire.SessionSecret{Secret: link.Token}, OS: system(), App: program()})
	if err != nil {
		return err
	}
	if err := computer.Erase(computer.Config{Dir: a.dir}); err != nil { // it was another key's
		return err
	}
	if err := a.saveSettings(settings{ID: got.ID, Name: got.Name, Server: server}); err != nil {
		return err
	}
	if err := os.Rename(a.path(nextKeyFile), a.path(keyFile)); err != nil {
		return fmt.Errorf("keep the computer's key: %w", err)
	}
	if err := atomicfile.OS.SyncDir(a.dir); err != nil {
		return fmt.Errorf("keep the computer's key: %w", err)
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), `%s is enrolled as %s at %s (%s).
Next: systemctl enable --now avow-login; avow-login test USER; then the PAM line, with a root shell open.
`, authn.CleanText(got.Name, 64), got.ID, server.Issuer, server.Organisation)
	return err
}

// system is what the server shows of this machine.
func system() string {
	name := runtime.GOOS
	data, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return name
	}
	for line := range strings.SplitSeq(string(data), "\n") {
		if v, ok := strings.CutPrefix(line, "PRETTY_NAME="); ok {
			return authn.CleanText(strings.Trim(v, `"`), 64)
		}
	}
	return name
}
