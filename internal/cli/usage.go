// Package cli tells mistakes on a command line from everything else that can go wrong, the same way in all programs: they answer these with a hint at
// --help and an exit code of their own. It prints nothing and knows no command.
package cli

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// Usage is a mistake on the command line, as a sentence.
type Usage struct{ Text string }

// Error is the sentence.
func (u Usage) Error() string { return u.Text }

// Catch has a command and those below it report wrong flags as Usage.
func Catch(root *cobra.Command) {
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return Usage{err.Error()} })
}

// untyped is how the errors begin that cobra v1 has no type for.
var untyped = []string{"unknown command", "accepts ", "requires at least", "required flag(s)", "if any flags in the group"}

// IsUsage reports whether err is Usage, or one of cobra's own mistakes of arguments.
func IsUsage(err error) bool {
	return errors.As(err, &Usage{}) || slices.ContainsFunc(untyped, func(start string) bool { return strings.HasPrefix(err.Error(), start) })
}
