package sheet

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What spreadsheets of several countries write is read alike.
func TestRead(t *testing.T) {
	want := []Row{{2, []string{"anna", "8"}}, {4, []string{"bo", ""}}}
	for name, text := range map[string]string{
		"RFC 4180":           "UserName,HoursToLive\r\nanna,8\r\n\r\nbo,\r\n",
		"semicolons and BOM": "\xef\xbb\xbfUserName;HoursToLive\r\nanna;8\r\n;\r\nbo;;\r\n",
		"quotes, short row":  "\"UserName\",\"HoursToLive\"\n\"anna\",\" 8 \"\n,\nbo\n",
		"no line end":        "UserName,HoursToLive\nanna,8\n\nbo,",
	} {
		names, rows, err := Read([]byte(text))
		if err != nil || !cmp.Equal(names, []string{"UserName", "HoursToLive"}) || !cmp.Equal(rows, want) {
			t.Errorf("%s: %v %v %v", name, names, rows, err)
		}
	}
	for text, want := range map[string]string{
		"":                         "empty",
		"\n\n":                     "empty",
		"\xff\xfeU\x00":            "UTF-16",
		"UserName\nm\xe4rta\n":     "UTF-8",
		"UserName\nanna,8\n":       "line 2 has 2 cells",
		"UserName\n\"anna\nbo\n":   "line 2 is not CSV",
		"UserName,X\nan\"na\",b\n": "line 2 is not CSV",
	} {
		if _, _, err := Read([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// A name that a spreadsheet would take for a formula is text.
func TestWrite(t *testing.T) {
	var b bytes.Buffer
	rows := [][]string{{"UserName"}, {"=HYPERLINK(1)"}, {"+1"}, {"-1"}, {"@x"}, {"\ty"}, {"a,b \"c\""}, {"a=b"}, {""}}
	if err := Write(&b, rows); err != nil {
		t.Fatal(err)
	}
	if want := "UserName\r\n'=HYPERLINK(1)\r\n'+1\r\n'-1\r\n'@x\r\n'\ty\r\n\"a,b \"\"c\"\"\"\r\na=b\r\n\r\n"; b.String() != want {
		t.Errorf("%q", b.String())
	}
	if rows[1][0] != "=HYPERLINK(1)" {
		t.Error("the caller's cells are changed")
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("UserName;By\r\nanna;mail\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		names, rows, err := Read(data)
		if err != nil {
			return
		}
		for _, r := range rows {
			if len(r.Cells) != len(names) {
				t.Fatalf("%d cells and %d names", len(r.Cells), len(names))
			}
		}
		var b bytes.Buffer
		if err := Write(&b, [][]string{names}); err != nil {
			t.Fatal(err)
		}
		if _, err := csv.NewReader(&b).Read(); err != nil && len(names) > 1 {
			t.Fatal(err)
		}
	})
}
