package transfer

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// prefs are the texts of an Android preferences file (android.content.SharedPreferences), by name; names has them in the file's order.
type prefs struct {
	names  []string
	values map[string]string
}

// sniffPrefs says whether the file is one with this name in it.
func sniffPrefs(f *file, name string) bool {
	return f.first == '<' && bytes.Contains(f.text, []byte("<map")) && bytes.Contains(f.text, []byte(`name="`+name))
}

// readPrefs reads <map><string name="…">…</string>…</map>; values of other types are passed over. It takes no document type, no
// elements inside a text, no name twice. Errors: ErrDamaged, ErrTruncated, ErrTooMany.
func readPrefs(text []byte) (prefs, error) {
	p := prefs{values: map[string]string{}}
	dec := xml.NewDecoder(bytes.NewReader(text))
	depth, name, reading := 0, "", false
	var value strings.Builder
	for count := 0; ; {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) && depth == 0 && count > 0 {
			return p, nil
		}
		if err != nil {
			return prefs{}, xmlError(err)
		}
		switch tok := tok.(type) {
		case xml.Directive:
			return prefs{}, ErrDamaged
		case xml.StartElement:
			if count++; count > MaxEntries {
				return prefs{}, ErrTooMany
			}
			if depth++; depth > 3 || reading || depth == 1 && tok.Name.Local != "map" {
				return prefs{}, ErrDamaged // the third level is a set of strings
			}
			if depth == 2 && tok.Name.Local == "string" {
				name, reading = attribute(tok, "name"), true
				value.Reset()
			}
		case xml.CharData:
			if reading {
				value.Write(tok)
			}
		case xml.EndElement:
			if depth--; reading {
				if _, twice := p.values[name]; twice {
					return prefs{}, ErrDamaged
				}
				p.names, p.values[name], reading = append(p.names, name), value.String(), false
			}
		}
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// xmlError is ErrTruncated for XML that ends too early, otherwise ErrDamaged. The cause may quote the file and is not kept.
func xmlError(err error) error {
	var syntax *xml.SyntaxError
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &syntax) && strings.Contains(syntax.Msg, "unexpected EOF") {
		return ErrTruncated
	}
	return ErrDamaged
}
