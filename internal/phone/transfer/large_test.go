package transfer

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
)

// endless repeats a text up to a size, and counts what is read.
type endless struct {
	text       string
	size, read int
}

func (e *endless) Read(p []byte) (int, error) {
	n := min(len(p), e.size-e.read)
	if n == 0 {
		return 0, io.EOF
	}
	for i := range n {
		p[i] = e.text[(e.read+i)%len(e.text)]
	}
	e.read += n
	return n, nil
}

// allocated is how many bytes do allocates, all together: more than it ever holds at a time.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Of a file of 100 MB no more is read than the limit.
func TestHugeFileIsNotReadToItsEnd(t *testing.T) {
	file := &endless{text: "otpauth://totp/Shop:anna?secret=" + textA + "\n", size: 100 << 20}
	var err error
	took := allocated(func() { _, err = Read(t.Context(), file, Options{}) })
	if !errors.Is(err, ErrTooLarge) || file.read > MaxFile+1<<20 {
		t.Errorf("got %v after %d bytes, want ErrTooLarge after %d", err, file.read, MaxFile)
	}
	if took > 5*MaxFile {
		t.Errorf("it took %d MiB", took>>20)
	}
}

// A file of 8 MiB that is made to grow in memory does not.
func TestLargeFilesStaySmallInMemory(t *testing.T) {
	const size = 8 << 20
	random := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{}).Read(random) // it never fails
	for _, tt := range []struct {
		name, before, repeated, after string
		want                          error
	}{
		{"empty lists", `{"Authenticators":[`, "[],", "[]]}", ErrTooMany},
		{"members", `{`, `"":0,`, `"":0}`, ErrTooMany},
		{"lists in lists", ``, "[", "", ErrDamaged},
		{"one text", `{"services":"`, "x", `","schemaVersion":4}`, ErrDamaged},
		{"groups of an entry", `[{"secret":"` + textA + `","label":"a","tags":[`, `"",`, `""]}]`, ErrTooMany},
		{
			"lists of groups", `[{"secret":"` + textA + `","label":"a","tags":[` + strings.Repeat(`"",`, 40_000) + `""]}`,
			`,{"secret":"` + textA + `","label":"b","tags":[` + strings.Repeat(`"",`, 40_000) + `""]}`, "]", nil,
		},
		{"lines", "", "steam://A\n", "", ErrTooMany},
		{"one line", "otpauth://totp/", "x", "", nil},
		{"an endless migration", migrationLink, "CgAK", "", nil},
		{"random bytes", "", string(random), "", ErrPasswordNeeded},
		{"zeros", "\x01", "\x00", "", ErrUnknownFormat},
		{"Stratum", stratumMagic, "x", "", ErrPasswordNeeded},
	} {
		var data bytes.Buffer
		data.WriteString(tt.before)
		for data.Len() < size {
			data.WriteString(tt.repeated)
		}
		data.WriteString(tt.after)
		var err error
		took := allocated(func() { _, err = Read(t.Context(), bytes.NewReader(data.Bytes()), Options{}) })
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
		if took > 40*size {
			t.Errorf("%s: it took %d MiB", tt.name, took>>20)
		}
	}
}
