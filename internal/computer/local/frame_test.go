package local

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// frame is what a module sends.
func frame(kind byte, text string) string {
	return string(binary.BigEndian.AppendUint16([]byte{kind}, uint16(len(text)))) + text
}

func TestModule(t *testing.T) {
	var out bytes.Buffer
	m := NewModule(strings.NewReader(frame('S', "version=1\x00user=anna\x00")+frame('A', "26 034S ZKZJ")+frame('A', "")), &out)
	start, err := m.Start()
	if err != nil || start.User != "anna" {
		t.Fatalf("%+v, %v", start, err)
	}
	if err := m.Info("one\ntwo\n"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"26 034S ZKZJ", ""} {
		if got, err := m.Ask("Code: "); err != nil || got != want {
			t.Errorf("typed %q, %v; want %q", got, err, want)
		}
	}
	if err := m.LetIn("anna"); err != nil {
		t.Fatal(err)
	}
	if err := m.Refuse(ReasonTries); err != nil {
		t.Fatal(err)
	}
	want := frame('I', "one") + frame('I', "two") + frame('Q', "Code: ") + frame('Q', "Code: ") + frame('O', "anna") + frame('F', "m")
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

// What is too long for PAM, or what C would cut, is made to fit; a user's name is not, since it would be another's.
func TestModuleBounds(t *testing.T) {
	var out bytes.Buffer
	m := NewModule(nil, &out)
	if err := m.Info("a\x00b" + strings.Repeat("ü", 400)); err != nil {
		t.Fatal(err)
	}
	text := out.Bytes()[3:]
	if len(text) > maxText || len(text) < maxText-1 || !utf8.Valid(text) || !bytes.HasPrefix(text, []byte("a?bü")) {
		t.Errorf("%d bytes: %.20q", len(text), text)
	}
	out.Reset()
	if err := m.LetIn(strings.Repeat("a", maxText+1)); err == nil || out.Len() != 0 {
		t.Errorf("a name that does not fit: %v, wrote %q", err, out.String())
	}
}

// what the module would not have sent is an error.
func TestBadFrames(t *testing.T) {
	for name, sent := range map[string]string{
		"nothing":         "",
		"half a head":     "A\x00",
		"another type":    frame('S', "26"),
		"of the helper":   frame('O', "anna"),
		"shorter":         "A\x00\x05ab",
		"too long":        frame('A', strings.Repeat("a", maxText+1)),
		"length of all":   "A\xff\xff",
		"a type that NUL": frame(0, ""),
	} {
		if got, err := NewModule(strings.NewReader(sent), io.Discard).Ask("Code: "); err == nil {
			t.Errorf("%s: typed %q", name, got)
		}
	}
	for name, sent := range map[string]string{
		"an answer first": frame('A', "version=1\x00user=anna\x00"),
		"too long":        frame('S', strings.Repeat("a", maxStart+1)),
		"no start":        frame('S', "user=anna"),
	} {
		if got, err := NewModule(strings.NewReader(sent), io.Discard).Start(); err == nil {
			t.Errorf("%s: started %+v", name, got)
		}
	}
	gone := NewModule(strings.NewReader(""), broken{})
	for name, err := range map[string]error{"info": gone.Info("a"), "let in": gone.LetIn("anna"), "refuse": gone.Refuse(ReasonRefused)} {
		if !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%s to a module that is gone: %v", name, err)
		}
	}
}

// broken is a module that is gone.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func FuzzModule(f *testing.F) {
	f.Add([]byte(frame('S', "version=1\x00user=anna\x00") + frame('A', "1")))
	f.Fuzz(func(t *testing.T, b []byte) {
		m := NewModule(bytes.NewReader(b), io.Discard)
		if s, err := m.Start(); err == nil && s.User == "" {
			t.Fatal("started for nobody")
		}
		for {
			typed, err := m.Ask("")
			if err != nil {
				return
			}
			if len(typed) > maxText {
				t.Fatalf("typed %d bytes", len(typed))
			}
		}
	})
}
