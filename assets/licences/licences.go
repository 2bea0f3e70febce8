// Package licences has whose work is in Avow: every module of go.mod with its version and the whole text of its licence, and Go itself. The list is made from the module
// cache by the program in collect, and a test compares it with go.mod; so it is true for all of Avow's programs, and names some modules that the app alone does without.
package licences

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"sync"
)

//go:generate go run ./collect

//go:embed licences.json.gz
var packed []byte

// Module is somebody else's work.
type Module struct {
	Path    string `json:"path"`    // golang.org/x/text; "Go" for the language and its library
	Version string `json:"version"` // v0.43.0
	Licence string `json:"licence"` // in short: MIT, BSD-3-Clause, …; "" where it is none of the usual ones
	Texts   []int  `json:"texts"`   // of its files, in List.Texts
}

// List is all modules, by path, and the texts of their licences, each once.
type List struct {
	Modules []Module `json:"modules"`
	Texts   []string `json:"texts"`
}

// All unpacks the list, once. It is a part of the program, so a fault in it is a fault of the program, which the tests find.
var All = sync.OnceValue(func() List {
	l, err := Unpack(packed)
	if err != nil {
		panic("licences: " + err.Error())
	}
	return l
})

// Text is the whole text of a module's licence.
func (l List) Text(m Module) string {
	var b bytes.Buffer
	for i, n := range m.Texts {
		if i > 0 {
			b.WriteString("\n\n")
		}
		b.WriteString(l.Texts[n])
	}
	return b.String()
}

// Unpack reads what Pack has made.
func Unpack(data []byte) (l List, err error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return l, err
	}
	text, err := io.ReadAll(io.LimitReader(z, 8<<20))
	if err != nil {
		return l, err
	}
	if err := json.Unmarshal(text, &l); err != nil {
		return l, err
	}
	for _, m := range l.Modules {
		for _, n := range m.Texts {
			if n < 0 || n >= len(l.Texts) {
				return l, fmt.Errorf("%s has no text %d", m.Path, n)
			}
		}
	}
	return l, nil
}

// Pack is the same for the same list.
func (l List) Pack() ([]byte, error) {
	text, err := json.Marshal(l)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(text); err != nil {
		return nil, err
	}
	err = z.Close()
	return b.Bytes(), err
}
