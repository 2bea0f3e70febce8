package debuglog

import (
	"log/slog"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"avow/internal/authn"
)

// How much of one thing is written.
const (
	maxLine    = 4000
	maxMessage = 200
	maxValue   = 300
	maxWord    = 48
)

// writeAttr writes " name=value".
func writeAttr(s *strings.Builder, group string, a slog.Attr) {
	v := a.Value
	said := v.Kind() == slog.KindLogValuer // the type itself has decided how it is shown
	if said {
		v = v.Resolve()
	}
	if v.Kind() == slog.KindGroup {
		if a.Key != "" {
			group += clean(a.Key, maxWord) + "."
		}
		for _, in := range v.Group() {
			writeAttr(s, group, in)
		}
		return
	}
	if a.Equal(slog.Attr{}) {
		return
	}
	s.WriteString(" " + group + clean(a.Key, maxWord) + "=" + value(v, said))
}

// value is what of a value may be known. said: it comes from the type's own LogValue, which is where a type of ours says how it looks in a log.
func value(v slog.Value, said bool) string {
	switch v.Kind() {
	case slog.KindBool, slog.KindInt64, slog.KindUint64, slog.KindFloat64, slog.KindDuration:
		return v.String()
	case slog.KindTime:
		return v.Time().UTC().Format(time.RFC3339)
	case slog.KindString:
		if said {
			return quoted(clean(v.String(), maxValue))
		}
		return "[text]" // it may come from anywhere
	}
	switch x := v.Any().(type) {
	case nil:
		return "nil"
	case error:
		return describe(x)
	case authn.DeviceID:
		return id("d_", string(x))
	case authn.RequestID:
		return id("r_", string(x))
	case authn.RestoreID:
		return id("x_", string(x))
	case authn.RegistrationID:
		return id("s_", string(x))
	case authn.DuplicateID:
		return id("p_", string(x))
	case authn.DebugLogID:
		return id("l_", string(x))
	case authn.RequestState:
		return word(string(x))
	case authn.DecisionKind:
		return word(string(x))
	}
	return "[hidden]"
}

// id is a name of ours. One that a server has sent in another shape could hold anything.
func id(prefix, s string) string {
	if authn.ValidID(prefix, s) {
		return s
	}
	return "[" + prefix + "?]"
}

// word is one of a list of names, as the program and the protocol have them. What looks different came from elsewhere.
func word(s string) string {
	if len(s) == 0 || len(s) > maxWord {
		return "[?]"
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && r != '_' {
			return "[?]"
		}
	}
	return s
}

func clean(s string, max int) string { return authn.CleanText(s, max) }

func quoted(s string) string {
	if strings.ContainsAny(s, " =\"") || s == "" {
		return strconv.Quote(s)
	}
	return s
}

// place is where in the program the line was written: " at=sync.go:339".
func place(pc uintptr) string {
	if pc == 0 {
		return ""
	}
	f, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	if f.File == "" {
		return ""
	}
	return " at=" + filepath.Base(f.File) + ":" + strconv.Itoa(f.Line)
}
