package config

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"
	"text/template"
	"time"
)

//go:embed avow.toml.tmpl
var page string

var pageTemplate = template.Must(template.New("avow.toml").Funcs(template.FuncMap{
	"text": quote,
	"list": func(l []string) string {
		q := make([]string, len(l))
		for i, s := range l {
			q[i] = quote(s)
		}
		return "[" + strings.Join(q, ", ") + "]"
	},
	"time": func(d time.Duration) string { return quote(d.String()) },
}).Parse(page))

// Write makes a file with every setting and its manual.
func (c Config) Write() ([]byte, error) {
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, c); err != nil {
		return nil, fmt.Errorf("write the configuration: %w", err)
	}
	return b.Bytes(), nil
}

// quote writes a basic string of TOML 1.0, whose escapes are not Go's.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		if r < 0x20 || r == 0x7f || r == '"' || r == '\\' {
			fmt.Fprintf(&b, `\u%04X`, r)
			continue
		}
		b.WriteRune(r)
	}
	b.WriteByte('"')
	return b.String()
}
