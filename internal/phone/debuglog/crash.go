package debuglog

import (
	"errors"
	"fmt"
	"log/slog"
	"path"
	"runtime"
	"strings"
	"time"
)

// Crash is why the program broke: where, and of a fault of the language what. The value of any other panic may hold anything, so only its type is kept.
type Crash struct {
	At      time.Time `json:"at"`
	Version string    `json:"version"`
	What    string    `json:"what"`
	Where   []string  `json:"where"` // from the inside out: "phone.(*Core).Lock lock.go:12"
}

// maxFrames is how much of a stack is kept.
const maxFrames = 30

// Crashed notes what was recovered. Call it in the deferred function that recovers.
func Crashed(p any, version string, now time.Time) Crash {
	c := Crash{At: now.UTC(), Version: version, What: fmt.Sprintf("%T", p)}
	var re runtime.Error
	if err, ok := p.(error); ok && errors.As(err, &re) {
		c.What = re.Error()
	}
	pcs := make([]uintptr, maxFrames)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	for {
		f, more := frames.Next()
		if f.Function != "" {
			c.Where = append(c.Where, fmt.Sprintf("%s %s:%d", path.Base(f.Function), path.Base(f.File), f.Line))
		}
		if !more {
			return c
		}
	}
}

// Crash writes a crash.
func (b *Book) Crash(what string, c Crash) {
	text := clean(what, maxMessage) + " version=" + quoted(clean(c.Version, maxWord)) + " what=" + quoted(clean(c.What, maxValue)) +
		" when=" + c.At.UTC().Format(time.RFC3339)
	if len(c.Where) > 0 {
		text += " where=" + quoted(clean(strings.Join(c.Where[:min(len(c.Where), maxFrames)], " < "), maxLine/2))
	}
	b.write(Line{At: b.o.Now(), Level: slog.LevelError, Text: text})
}
