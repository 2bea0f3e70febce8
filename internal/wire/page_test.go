package wire

import (
	"strings"
	"testing"

	"avow/internal/key"
)

func TestPageCode(t *testing.T) {
	page := key.Secret("0123456789abcdef")
	code := PageCode(page)
	if len(code) != 26 {
		t.Fatalf("code %q has %d characters, want 26", code, len(code))
	}
	link := PageLink("id.example.com", page)
	if link != "https://id.example.com/connect#"+code {
		t.Errorf("link is %q", link)
	}
	for name, text := range map[string]string{
		"as written": code, "lower case": strings.ToLower(code), "link": link, "groups": code[:4] + " " + code[4:8] + "-" + code[8:],
		"line end": code + "\r\n", "letters for digits": strings.NewReplacer("0", "O", "1", "l").Replace(code),
	} {
		got, err := ParsePageCode(text)
		if err != nil || !got.Equal(page) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, text := range map[string]string{
		"empty": "", "short": code[:25], "long": code + "0", "not canonical": code[:25] + "Z", "letter U": "U" + code[1:],
		"huge": strings.Repeat("0", 1<<20), "not ASCII": "ä" + code[1:], "registration link": "HTTPS://ID.EXAMPLE.COM/R#" + strings.Repeat("0", 53),
	} {
		if _, err := ParsePageCode(text); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func FuzzParsePageCode(f *testing.F) {
	f.Add(PageCode(key.Secret("0123456789abcdef")))
	f.Add("https://id.example.com/connect#60r30c1g60r30c1g60r30c1g60")
	f.Fuzz(func(t *testing.T, text string) {
		page, err := ParsePageCode(text)
		if err != nil {
			return
		}
		again, err := ParsePageCode(PageCode(page))
		if err != nil || !again.Equal(page) {
			t.Errorf("%q does not come back", text)
		}
	})
}
