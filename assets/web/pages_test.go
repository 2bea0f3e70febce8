package web_test

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"avow/assets/translations"
	"avow/assets/web"
	"avow/assets/web/webtest"
)

// tag is a start or end tag. A template escapes > in values, so the next one ends the tag.
var tag = regexp.MustCompile(`<(/?)([a-z][a-z0-9]*)([^>]*)>`)

var attribute = regexp.MustCompile(`([a-zA-Z-]+)(?:="([^"]*)")?`)

var void = []string{"meta", "link", "input", "br", "img", "hr", "wbr"}

// blocks close a paragraph that is open, so they must not stand in one.
var blocks = []string{"p", "div", "ul", "ol", "dl", "form", "table", "section", "h1", "h2", "fieldset", "details", "main", "nav", "header"}

type element struct {
	name  string
	attrs map[string]string
}

// walk calls f for each element with those around it, the outermost first, and reports tags that do not match.
func walk(t *testing.T, text string, f func(e element, around []element)) {
	t.Helper()
	var open []element
	for _, m := range tag.FindAllStringSubmatch(text, -1) {
		if m[1] == "/" {
			if len(open) == 0 || open[len(open)-1].name != m[2] {
				t.Fatalf("</%s> closes nothing that is open: %v", m[2], open)
			}
			open = open[:len(open)-1]
			continue
		}
		e := element{m[2], map[string]string{}}
		for _, a := range attribute.FindAllStringSubmatch(m[3], -1) {
			if _, twice := e.attrs[a[1]]; twice {
				t.Errorf("<%s%s> has %s twice", m[2], m[3], a[1])
			}
			e.attrs[a[1]] = a[2]
		}
		if slices.Contains(blocks, e.name) && slices.ContainsFunc(open, func(o element) bool { return o.name == "p" }) {
			t.Errorf("<%s%s> stands in a paragraph", e.name, m[3])
		}
		f(e, open)
		if !slices.Contains(void, e.name) && !strings.HasSuffix(m[3], "/") {
			open = append(open, e)
		}
	}
	if len(open) != 0 {
		t.Errorf("left open: %v", open)
	}
}

// TestSamples renders every sample in every language and looks at what a browser and those who listen need.
func TestSamples(t *testing.T) {
	s, err := web.New()
	if err != nil {
		t.Fatal(err)
	}
	inline := regexp.MustCompile(`(?i)<[^>]*\s(style|on[a-z]+)=|<style|<script[^>]*>[^<]|javascript:`)
	elsewhere := regexp.MustCompile(`(?:src|href|action|formaction)="(https?:)?//`)
	missing := regexp.MustCompile(`[>"]\s*(portal|administration|servicedesk|signin|me|web|time)\.[a-z_.]+[<"]|ZgotmplZ|no value|%!`)
	for _, p := range webtest.Pages() {
		for _, l := range translations.Languages() {
			t.Run(p.Title+" "+l.Tag, func(t *testing.T) {
				f := p.Frame
				f.Language = l.Tag
				var b bytes.Buffer
				if err := s.Render(&b, p.Name, f); err != nil {
					t.Fatal(err)
				}
				text := b.String()
				for what, r := range map[string]*regexp.Regexp{"inline": inline, "from elsewhere": elsewhere, "missing": missing} {
					if found := r.FindString(text); found != "" {
						t.Errorf("%s: %s", what, found)
					}
				}
				check(t, text, f)
			})
		}
	}
}

func check(t *testing.T, text string, f web.Frame) {
	t.Helper()
	if !strings.Contains(text, `<html lang="`+f.Language+`">`) || strings.Count(text, "<h1") != 1 || strings.Count(text, `<main id="main"`) != 1 {
		t.Error("language, one heading or the main part is missing")
	}
	ids, labels := map[string]bool{}, map[string]bool{}
	walk(t, text, func(e element, _ []element) {
		if id, ok := e.attrs["id"]; ok {
			if ids[id] || id == "" {
				t.Errorf("id %q stands twice or is empty", id)
			}
			ids[id] = true
		}
		if e.name == "label" {
			labels[e.attrs["for"]] = true
		}
	})
	ties := 0
	posts := 0
	walk(t, text, func(e element, around []element) {
		inLabel := slices.ContainsFunc(around, func(o element) bool { return o.name == "label" })
		inForm := slices.ContainsFunc(around, func(o element) bool { return o.name == "form" })
		switch e.name {
		case "input", "select", "textarea":
			if e.attrs["type"] == "hidden" {
				if e.attrs["name"] == "form" && e.attrs["value"] != "" {
					ties++
				}
				return
			}
			if !inLabel && !labels[e.attrs["id"]] {
				t.Errorf("%s %v has no label", e.name, e.attrs)
			}
			if e.attrs["name"] == "" || !inForm {
				t.Errorf("%s %v is sent with no form", e.name, e.attrs)
			}
			for id := range strings.FieldsSeq(e.attrs["aria-describedby"]) {
				if !ids[id] {
					t.Errorf("%s %v is described by %q, which is not there", e.name, e.attrs, id)
				}
			}
		case "label":
			if id, ok := e.attrs["for"]; ok && !ids[id] {
				t.Errorf("a label is for %q, which is not there", id)
			}
		case "button":
			if !inForm {
				t.Error("a button sends nothing")
			}
		case "form":
			if e.attrs["method"] == "post" {
				// A page that a mail leads to has no cookie: the code in the form proves all.
				if !strings.HasPrefix(e.attrs["action"], "/act") {
					posts++
				}
			}
			if inForm {
				t.Error("a form stands in a form")
			}
		case "th":
			if s := e.attrs["scope"]; s != "col" && s != "row" {
				t.Error("a head of a table has no scope")
			}
		case "table":
			if !strings.Contains(text, "<caption") {
				t.Error("a table has no caption")
			}
		case "a":
			if _, ok := e.attrs["href"]; !ok {
				t.Error("a link leads nowhere")
			}
		case "iframe":
			if e.attrs["title"] == "" || strings.Contains(e.attrs["sandbox"], "allow-scripts") {
				t.Error("a frame has no title, or may run scripts")
			}
		}
	})
	if ties != posts {
		t.Errorf("%d forms are posted, %d have the field that ties them to the cookie", posts, ties)
	}
}

// TestAuditorChangesNothing looks for forms that an auditor could send in the administration.
func TestAuditorChangesNothing(t *testing.T) {
	s, err := web.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range webtest.Pages() {
		if p.Frame.Signed == nil || p.Frame.Signed.Section == "" || p.Name == web.Question || p.Name == web.Register || p.Name == web.NewUser || p.Name == web.Registered {
			continue
		}
		f := p.Frame
		f.Signed = &web.Signed{Role: web.Auditor, Section: f.Signed.Section, Form: "f"}
		f.Notice = nil
		var b bytes.Buffer
		if err := s.Render(&b, p.Name, f); err != nil {
			t.Fatal(err)
		}
		text := strings.Replace(b.String(), `action="/sign-out"`, "", 1)
		text = strings.ReplaceAll(text, `method="post" action="/admin/policies"`, "") // its fields are disabled, and it has no button
		if p.Name == web.Template {
			text = regexp.MustCompile(`<form class="card form" method="post"[^>]*>`).ReplaceAllString(text, "") // previews, and has no other button
		}
		if found := regexp.MustCompile(`method="post" action="[^"]*"|href="[^"]*/(remove|stop|block|unblock|reset|new)["?]`).FindString(text); found != "" {
			t.Errorf("%s: an auditor finds %s", p.Title, found)
		}
	}
}

// TestDeskSeesNoSecret: what the desk's pages can hold has no place for a link, a QR or a PIN of a registration that is sent.
func TestDeskSeesNoSecret(t *testing.T) {
	s, err := web.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range webtest.Pages() {
		if p.Name != web.Desk && p.Title != "registration sent desk" {
			continue
		}
		var b bytes.Buffer
		if err := s.Render(&b, p.Name, p.Frame); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), "/connect#") || strings.Contains(b.String(), `class="qr`) {
			t.Errorf("%s shows a code", p.Title)
		}
	}
}

// TestEveryPageHasASample keeps the samples complete.
func TestEveryPageHasASample(t *testing.T) {
	have := map[web.Name]bool{
		web.Start: true, web.Code: true, web.Connect: true, web.Ask: true, web.Done: true, web.Open: true, web.Message: true, // in TestPages
	}
	for _, p := range webtest.Pages() {
		have[p.Name] = true
	}
	for _, n := range web.Names() {
		if !have[n] {
			t.Errorf("page %s has no sample", n)
		}
	}
}
