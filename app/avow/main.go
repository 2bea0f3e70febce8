// Command avow is the app: on a desktop a window, on a phone the whole screen. It wires keystore, core and screens together and decides
// nothing. It takes a link (avow://… or https://…) as its argument, as systems hand it over; a second start gives its link to the one that
// runs. Exit codes: 0 done, 1 it could not start or broke, 2 wrong command line.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"

	"fyne.io/fyne/v2"

	"avow/internal/phone/scanner"
)

// version is that of FyneApp.toml.
const version = "0.1.0"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := Main(ctx, os.Args[1:], os.Stdout, os.Stderr, newApp)
	stop()
	os.Exit(code)
}

// Main runs the app and returns the exit code.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer, newApp func() (fyne.App, error)) (code int) {
	o, err := parse(args, stdout, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "avow: "+err.Error())
		return 2
	}
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintln(stderr, "avow: "+o.broke(p))
			code = 1
		}
	}()
	if err := run(ctx, o, newApp); err != nil {
		fmt.Fprintln(stderr, "avow: "+sentence(err))
		return 1
	}
	return 0
}

// options are what the command line says.
type options struct {
	dir  string // of keys, vault and settings
	link string // to be opened; ""

	broken bool      // the app broke the last time
	watch  io.Writer // gets a line for each page that is shown; nil: nobody does
}

func parse(args []string, stdout, stderr io.Writer) (options, error) {
	var o options
	set := flag.NewFlagSet("avow", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&o.dir, "data", "", "folder of the app (default: avow in the user's config folder)")
	show := set.Bool("version", false, "print the version")
	pages := set.Bool("pages", false, "print each page that is shown and where its buttons are, for tests")
	usage := func(w io.Writer) {
		fmt.Fprint(w, "usage: avow [--data DIR] [LINK]\n\nLINK is what a code or mail holds: avow://… or https://….\n\n")
		set.SetOutput(w)
		set.PrintDefaults()
	}
	if err := set.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			usage(stdout)
			return o, err
		}
		usage(stderr)
		return o, err
	}
	if *show {
		fmt.Fprintln(stdout, "avow "+version)
		return o, flag.ErrHelp
	}
	if *pages {
		o.watch = stdout
	}
	if set.NArg() > 1 {
		usage(stderr)
		return o, errors.New("one link at a time")
	}
	if o.link = scanner.OneLine(set.Arg(0)); len(o.link) >= longestLink {
		return o, errors.New("this is too long for a link of Avow")
	}
	if o.dir == "" {
		base, err := os.UserConfigDir()
		if err != nil {
			return o, fmt.Errorf("no folder for the app, give --data: %w", err)
		}
		o.dir = filepath.Join(base, "avow")
	}
	return o, nil
}
