package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// clipboardPicture gets a picture from the clipboard, for which Fyne has no way: on Linux by wl-paste or xclip, where they are installed.
func clipboardPicture() (io.ReadCloser, error) {
	if runtime.GOOS != "linux" {
		return nil, errors.ErrUnsupported
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	for _, argv := range [][]string{
		{"wl-paste", "--no-newline", "--type", "image/png"},
		{"xclip", "-selection", "clipboard", "-target", "image/png", "-out"},
	} {
		out, err := exec.CommandContext(ctx, argv[0], argv[1:]...).Output()
		if err == nil && len(out) > 0 {
			return io.NopCloser(bytes.NewReader(out)), nil
		}
	}
	return nil, errors.ErrUnsupported
}

// copySecret puts a text on the clipboard with the mark that keeps it out of histories, for which Fyne has no way: on Wayland by wl-copy, where one is installed that knows
// the mark. It reports whether that was done.
func copySecret(text string) bool {
	if runtime.GOOS != "linux" || os.Getenv("WAYLAND_DISPLAY") == "" {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	c := exec.CommandContext(ctx, "wl-copy", "--sensitive", "--type", "text/plain;charset=utf-8")
	c.Stdin = strings.NewReader(text)
	return c.Run() == nil
}
