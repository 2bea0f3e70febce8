package licences_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"

	"avow/assets/licences"
)

// known are those under a licence that asks for more than its text to be shown. LGPL 3.0, section 4, is met for as long as whoever gets the app gets its source and can
// build it with another version of the library.
var known = map[string]bool{"github.com/liyue201/goqr": true}

// TestListIsThatOfGoMod: every module that go.mod requires is in the list, at its version and with the text of its licence, and no other is.
func TestListIsThatOfGoMod(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := modfile.Parse("go.mod", data, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"Go": ""}
	for _, r := range f.Require {
		want[r.Mod.Path] = r.Mod.Version
	}
	l := licences.All()
	last := ""
	for _, m := range l.Modules {
		version, ok := want[m.Path]
		switch {
		case !ok:
			t.Errorf("%s is in the list and not in go.mod", m.Path)
		case version != m.Version:
			t.Errorf("%s is %s in the list and %s in go.mod", m.Path, m.Version, version)
		}
		delete(want, m.Path)
		if len(l.Text(m)) < 200 || m.Licence == "" {
			t.Errorf("%s: licence %q, %d bytes", m.Path, m.Licence, len(l.Text(m)))
		}
		if strings.Contains(m.Licence, "GPL") && !known[m.Path] {
			t.Errorf("%s is under %s, which does not go with Avow's licence", m.Path, m.Licence)
		}
		if m.Path < last {
			t.Errorf("%s stands after %s", m.Path, last)
		}
		last = m.Path
	}
	for path := range want {
		t.Errorf("%s is in go.mod and not in the list", path)
	}
	if t.Failed() {
		t.Log("make it anew: go generate ./assets/licences")
	}
}

func TestPack(t *testing.T) {
	l := licences.List{Modules: []licences.Module{{Path: "a", Texts: []int{0, 1}}}, Texts: []string{"one", "two"}}
	data, err := l.Pack()
	if err != nil {
		t.Fatal(err)
	}
	got, err := licences.Unpack(data)
	if err != nil || got.Text(got.Modules[0]) != "one\n\ntwo" {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, bad := range []licences.List{{Modules: []licences.Module{{Path: "a", Texts: []int{1}}}, Texts: []string{"one"}}, {Modules: []licences.Module{{Texts: []int{-1}}}}} {
		data, err := bad.Pack()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := licences.Unpack(data); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
	if _, err := licences.Unpack([]byte("x")); err == nil {
		t.Error("what is not packed was taken")
	}
}
