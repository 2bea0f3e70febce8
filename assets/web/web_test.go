package web

import (
	"bytes"
	"encoding/json"
	"html/template"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"avow/assets/look"
	"avow/assets/translations"
)

const hostile = `<b onclick="x()">"Anna' & Ås</b>`

func frame(content any) Frame {
	return Frame{
		Language: "en", Path: "/connect", Title: hostile, Organisation: hostile, Host: "id.example.com", Support: hostile, Person: hostile,
		Poll: true, Content: content,
	}
}

// all are the pages with every part of them shown.
func all() map[string]struct {
	name    Name
	content any
} {
	at := time.Date(2026, 1, 12, 10, 33, 2, 0, time.UTC)
	phone := Phone{Name: hostile, Facts: hostile, Words: [2]string{"amber", "canal"}, ScannedAt: at, TappedAt: at, ConnectedAt: at}
	live := Live{State: "active", Events: "/connect/events"}
	connect := ConnectPhone{
		Live: live, QR: `<svg viewBox="0 0 41 41"><path/><path/></svg>`, Modules: 41, App: template.URL("avow://id.example.com/R#0"),
		Until: at, Left: 564 * time.Second, Lifetime: 600 * time.Second, Form: "f",
	}
	scanned := connect
	scanned.ScannedAt = at
	type page = struct {
		name    Name
		content any
	}
	return map[string]page{
		"start": {Start, StartPage{}}, "code": {Code, CodeForm{}}, "wrong code": {Code, CodeForm{Wrong: hostile}},
		"connect": {Connect, connect}, "scanned": {Connect, scanned}, "ask": {Ask, AskPhone{live, phone, "f", true}},
		"done": {Done, DonePhone{phone}}, "open R": {Open, OpenApp{"avow://id.example.com/R", "R"}}, "open A": {Open, OpenApp{"avow://id.example.com/A", "A"}}, "open D": {Open, OpenApp{"avow://id.example.com/D", "D"}}, "open K": {Open, OpenApp{"avow://id.example.com/K", "K"}},
		"message":      {Message, OneMessage{Tone: Warn, Icon: "history", Text: hostile}},
		"message form": {Message, OneMessage{Tone: Bad, Icon: "warning", Text: hostile, Action: hostile, Post: "/connect/new", Form: "f"}},
		"message link": {Message, OneMessage{Tone: Calm, Icon: "search", Text: hostile, Action: hostile, Link: "/"}},
	}
}

func render(t *testing.T, s *Set, name Name, f Frame) string {
	t.Helper()
	var b bytes.Buffer
	if err := s.Render(&b, name, f); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestPages renders every page in every language: nothing inline, which the content security policy would stop; nothing from elsewhere;
// nothing that someone else wrote taken for markup; no text missing.
func TestPages(t *testing.T) {
	s, err := New()
	if err != nil {
		t.Fatal(err)
	}
	inline := regexp.MustCompile(`(?i)<[^>]*\s(style|on[a-z]+)=|<style|<script[^>]*>[^<]|javascript:`)
	elsewhere := regexp.MustCompile(`(?:src|href|action)="(https?:)?//`)
	id := regexp.MustCompile(`\sid="([^"]*)"`)
	missing := regexp.MustCompile(`>\s*web\.[a-z_.]+|ZgotmplZ|no value`)
	for title, p := range all() {
		for _, l := range translations.Languages() {
			t.Run(title+" "+l.Tag, func(t *testing.T) {
				f := frame(p.content)
				f.Language = l.Tag
				text := render(t, s, p.name, f)
				for what, r := range map[string]*regexp.Regexp{"inline": inline, "from elsewhere": elsewhere, "missing": missing} {
					if found := r.FindString(text); found != "" {
						t.Errorf("%s: %s", what, found)
					}
				}
				if strings.Contains(text, "<b onclick") {
					t.Error("a text became markup")
				}
				if !strings.Contains(text, `<html lang="`+l.Tag+`">`) || strings.Count(text, "<h1") != 1 || strings.Count(text, "<main id=\"main\"") != 1 {
					t.Error("language, one heading or the main part is missing")
				}
				seen := map[string]bool{}
				for _, m := range id.FindAllStringSubmatch(text, -1) {
					if seen[m[1]] {
						t.Errorf("id %q stands twice", m[1])
					}
					seen[m[1]] = true
				}
			})
		}
	}
}

func TestRenderFails(t *testing.T) {
	s, err := New()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if s.Render(&b, "no such page", frame(nil)) == nil || s.Render(&b, Connect, frame(nil)) == nil {
		t.Error("want an error for an unknown page and for a page without its content")
	}
	f := frame(StartPage{})
	f.Language = "xx"
	if s.Render(&b, Start, f) == nil {
		t.Error("want an error for an unknown language")
	}
	if b.Len() != 0 {
		t.Errorf("%d bytes were written", b.Len())
	}
}

func TestFiles(t *testing.T) {
	s, err := New()
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`^/static/[a-z]+\.[0-9a-f]{12}\.(css|js|png)$`)
	for address, f := range s.Files {
		if !named.MatchString(address) || f.Type == "" || len(f.Body) == 0 {
			t.Errorf("%s (%s) has %d bytes", address, f.Type, len(f.Body))
		}
	}
	text := render(t, s, Start, frame(StartPage{}))
	for address := range s.Files {
		if !strings.Contains(text, address) {
			t.Errorf("no page uses %s", address)
		}
	}
	script := string(s.Files[s.address["page.js"]].Body)
	for _, bad := range []string{"innerHTML", "eval(", "Function(", "document.write", "localStorage", "sessionStorage", "console."} {
		if strings.Contains(script, bad) {
			t.Errorf("the script uses %s", bad)
		}
	}
}

func TestSmallThings(t *testing.T) {
	for name, want := range map[string]string{
		"Anna Lind": "AL", "anna": "A", "Åsa  von Ek": "ÅE", "": "?", "<>": "?", "O’Neil-Å": "OÅ", "李雷": "李",
	} {
		if got := initials(name); got != want {
			t.Errorf("initials(%q) = %q, want %q", name, got, want)
		}
	}
	for _, tt := range []struct {
		left, of      time.Duration
		arc, secondes int
	}{{time.Minute, 2 * time.Minute, 500, 60}, {-1, time.Minute, 0, 0}, {time.Hour, time.Minute, 1000, 3600}, {1, 0, 0, 1}} {
		if r := newRing(tt.left, tt.of); r.Left != tt.arc || r.Seconds != tt.secondes {
			t.Errorf("ring of %v in %v is %+v", tt.left, tt.of, r)
		}
	}
	for modules, want := range map[int]int{41: 369, 45: 360, 49: 343, 177 + 8: 555, 0: 0} {
		if got := (ConnectPhone{Modules: modules}).Size(); got != want {
			t.Errorf("a QR of %d modules is %d px wide, want %d", modules, got, want)
		}
	}
}

// TestTokens compares the custom properties of the style sheet with the tokens of the look.
func TestTokens(t *testing.T) {
	var tokens struct {
		Color map[string]struct{ Light, Dark string }
		Type  map[string]struct {
			Size float64
		}
		LineHeight map[string]float64
		Radius     map[string]float64
		Size       map[string]float64
		Motion     map[string]any
	}
	if err := json.Unmarshal(look.Tokens, &tokens); err != nil {
		t.Fatal(err)
	}
	b, err := static.ReadFile("static/page.css")
	if err != nil {
		t.Fatal(err)
	}
	light, rest, ok := strings.Cut(string(b), "@media (prefers-color-scheme: dark)")
	dark, rules, ok2 := strings.Cut(rest, "\n}\n")
	if !ok || !ok2 {
		t.Fatal("the style sheet does not begin with the two sets of tokens")
	}
	inLight, inDark := properties(light), properties(dark)
	want := map[string]string{}
	for name, c := range tokens.Color {
		want[kebab(name)] = strings.ToLower(c.Light)
		if got := inDark["--"+kebab(name)]; got != strings.ToLower(c.Dark) {
			t.Errorf("dark %s is %q, want %q", name, got, c.Dark)
		}
	}
	if len(inDark) != len(tokens.Color) {
		t.Errorf("the dark set has %d properties, the tokens %d colors", len(inDark), len(tokens.Color))
	}
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	for name, v := range tokens.Type {
		want["type-"+kebab(name)] = number(v.Size/16) + "rem"
	}
	for name, v := range tokens.LineHeight {
		want["line-"+kebab(name)] = number(v)
	}
	for name, v := range tokens.Radius {
		want["radius-"+kebab(name)] = number(v) + "px"
	}
	for name, v := range tokens.Size {
		want["size-"+kebab(name)] = number(v) + "px"
	}
	for name, v := range tokens.Motion {
		if n, ok := v.(float64); ok {
			want["motion-"+kebab(name)] = number(n) + "ms"
		}
	}
	for name, got := range inLight {
		name = strings.TrimPrefix(name, "--")
		if name == "sans" || name == "mono" {
			continue
		}
		if want[name] != got {
			t.Errorf("--%s is %q, the token %q", name, got, want[name])
		}
	}
	for name := range tokens.Color {
		if _, ok := inLight["--"+kebab(name)]; !ok {
			t.Errorf("color %s is missing", name)
		}
	}
	for _, m := range regexp.MustCompile(`var\((--[a-z0-9-]+)\)`).FindAllStringSubmatch(string(b), -1) {
		if _, ok := inLight[m[1]]; !ok {
			t.Errorf("%s is used and not defined", m[1])
		}
	}
	if colors := regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b|rgb|hsl`).FindAllString(rules, -1); colors != nil {
		t.Errorf("colors beside the tokens: %v", colors)
	}
	if strings.Contains(rules, "url(") || strings.Contains(rules, "@import") {
		t.Error("the style sheet fetches something")
	}
}

// TestSecondSheet keeps the other style sheet to what page.css defines.
func TestSecondSheet(t *testing.T) {
	first, err := static.ReadFile("static/page.css")
	if err != nil {
		t.Fatal(err)
	}
	b, err := static.ReadFile("static/portal.css")
	if err != nil {
		t.Fatal(err)
	}
	defined := properties(string(first))
	for _, m := range regexp.MustCompile(`var\((--[a-z0-9-]+)\)`).FindAllStringSubmatch(string(b), -1) {
		if _, ok := defined[m[1]]; !ok {
			t.Errorf("%s is used and not defined", m[1])
		}
	}
	if found := regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b|rgb|hsl|url\(|@import`).FindAllString(string(b), -1); found != nil {
		t.Errorf("colors beside the tokens, or something is fetched: %v", found)
	}
}

func properties(css string) map[string]string {
	out := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^\s*(--[a-z0-9-]+): (.*);$`).FindAllStringSubmatch(css, -1) {
		out[m[1]] = m[2]
	}
	return out
}

func kebab(name string) string {
	return strings.ToLower(regexp.MustCompile(`[A-Z]`).ReplaceAllString(name, "-$0"))
}
