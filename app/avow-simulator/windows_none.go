//go:build ci

package main

import (
	"context"
	"errors"
)

// runWindows says that this build has no windows: it was made without a C compiler, for the tour and the command line.
func runWindows(context.Context) error {
	return errors.New(`this build opens no windows: run "make run" on a machine with a display, or "avow-simulator tour"`)
}
