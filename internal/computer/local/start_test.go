package local

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"avow/internal/authn"
)

func TestStart(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want Start
	}{
		"the least": {"version=1\x00user=anna\x00", Start{User: "anna", Timeout: DefaultTimeout}},
		"all": {
			"version=1\x00user=anna\x00service=sshd\x00tty=ssh\x00rhost=192.0.2.7\x00offline=deny\x00timeout=60\x00prompt=Avow:\x00lang=de\x00wait=auto\x00qr=no\x00socket=/run/s\x00",
			Start{
				User: "anna", Service: "sshd", TTY: "ssh", RHost: "192.0.2.7", Offline: authn.OfflineDeny, Timeout: time.Minute, Prompt: "Avow:", Lang: "de",
				Auto: true, NoQR: true, Socket: "/run/s",
			},
		},
		"items that are empty":     {"version=1\x00user=anna\x00service=su\x00tty=\x00rhost=\x00", Start{User: "anna", Service: "su", Timeout: DefaultTimeout}},
		"options of another order": {"version=1\x00user=anna\x00qr=yes\x00wait=enter\x00lang=en\x00", Start{User: "anna", Timeout: DefaultTimeout, Lang: "en"}},
		"an equals sign":           {"version=1\x00user=anna\x00prompt=a=b\x00", Start{User: "anna", Timeout: DefaultTimeout, Prompt: "a=b"}},
		"a name that is no ASCII":  {"version=1\x00user=åsa\x00", Start{User: "åsa", Timeout: DefaultTimeout}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseStart([]byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			again, err := ParseStart(got.Encode())
			if diff := cmp.Diff(got, again); err != nil || diff != "" {
				t.Errorf("written and read again: %v\n%s", err, diff)
			}
		})
	}
}

// a start that the module would not have written starts nothing.
func TestBadStart(t *testing.T) {
	const good = "version=1\x00user=anna\x00"
	for name, text := range map[string]string{
		"nothing":                 "",
		"cut off":                 strings.TrimSuffix(good, "\x00"),
		"no version":              "user=anna\x00",
		"another version":         "version=2\x00user=anna\x00",
		"no user":                 "version=1\x00",
		"empty user":              "version=1\x00user=\x00",
		"two users":               good + "user=root\x00",
		"unknown option":          good + "nullok=1\x00",
		"misspelled policy":       good + "offline=never\x00",
		"a policy twice":          good + "offline=deny\x00offline=allow\x00",
		"empty policy":            good + "offline=\x00",
		"no equals sign":          good + "debug\x00",
		"control character":       "version=1\x00user=anna\x1b[2J\x00",
		"new line":                "version=1\x00user=anna\nroot\x00",
		"no UTF-8":                "version=1\x00user=\xff\x00",
		"timeout that is none":    good + "timeout=soon\x00",
		"timeout too short":       good + "timeout=9\x00",
		"timeout too long":        good + "timeout=601\x00",
		"timeout that overflows":  good + "timeout=99999999999999999999\x00",
		"wait that is none":       good + "wait=never\x00",
		"qr that is none":         good + "qr=maybe\x00",
		"socket without a folder": good + "socket=s\x00",
		"empty field":             good + "\x00",
		"too long":                good + "prompt=" + strings.Repeat("a", maxStart) + "\x00",
	} {
		if got, err := ParseStart([]byte(text)); err == nil {
			t.Errorf("%s: read as %+v", name, got)
		}
	}
}

func FuzzParseStart(f *testing.F) {
	f.Add([]byte("version=1\x00user=anna\x00"))
	f.Add([]byte("version=1\x00user=anna\x00service=sudo\x00tty=pts/3\x00rhost=\x00offline=only-when-offline\x00timeout=10\x00wait=auto\x00qr=no\x00socket=/s\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ParseStart(b)
		if err != nil {
			return
		}
		if s.User == "" || s.Offline != "" && !s.Offline.Valid() || s.Timeout < 10*time.Second || s.Timeout > 10*time.Minute {
			t.Fatalf("%+v", s)
		}
		again, err := ParseStart(s.Encode())
		if err != nil || again != s {
			t.Fatalf("%+v became %+v, %v", s, again, err)
		}
	})
}
