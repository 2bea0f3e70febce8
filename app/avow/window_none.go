//go:build ci

package main

import (
	"errors"

	"fyne.io/fyne/v2"
)

// newApp says that this build has no window: it was made without a C compiler, to be checked.
func newApp() (fyne.App, error) {
	return nil, errors.New("this build opens no window: build it with a C compiler and without the tag ci")
}
