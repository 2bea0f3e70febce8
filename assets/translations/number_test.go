package translations

import (
	"testing"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

func TestNumber(t *testing.T) {
	const sp, thin = "\u00a0", "\u202f"
	want := map[string][2]string{
		"en": {"1,234", "1,234,567"}, "de": {"1.234", "1.234.567"}, "fr": {"1" + thin + "234", "1" + thin + "234" + thin + "567"}, "es": {"1234", "1.234.567"},
		"it": {"1234", "1.234.567"}, "pt": {"1.234", "1.234.567"}, "nl": {"1.234", "1.234.567"}, "sv": {"1" + sp + "234", "1" + sp + "234" + sp + "567"},
		"nb": {"1" + sp + "234", "1" + sp + "234" + sp + "567"}, "da": {"1.234", "1.234.567"}, "fi": {"1" + sp + "234", "1" + sp + "234" + sp + "567"},
		"pl": {"1234", "1" + sp + "234" + sp + "567"}, "cs": {"1" + sp + "234", "1" + sp + "234" + sp + "567"},
		"uk": {"1" + sp + "234", "1" + sp + "234" + sp + "567"}, "tr": {"1.234", "1.234.567"}, "el": {"1.234", "1.234.567"},
	}
	for _, l := range planned {
		p := &Printer{lang: l.Tag}
		if got := [2]string{p.Number(1234), p.Number(1234567)}; got != want[l.Tag] {
			t.Errorf("%s: got %+q, want %+q", l.Tag, got, want[l.Tag])
		}
		// CLDR once more, as Go's own library has it: of another year, so what changed since is left out.
		if theirs := message.NewPrinter(language.Make(l.Tag)).Sprintf("%d", 1234567); theirs != p.Number(1234567) && l.Tag != "fr" {
			t.Errorf("%s: %+q, golang.org/x/text writes %+q", l.Tag, p.Number(1234567), theirs)
		}
	}
	en := New("en")
	for n, want := range map[int]string{0: "0", 999: "999", -5: "\u22125", -1234: "\u22121,234", 12345: "12,345"} {
		if got := en.Number(n); got != want {
			t.Errorf("Number(%d) = %q, want %q", n, got, want)
		}
	}
	if got := New("de").T("time.minutes", "Count", 1234); got != "1.234 Minuten" {
		t.Errorf("within a text: %q", got)
	}
}

func TestSize(t *testing.T) {
	en, de := New("en"), New("de")
	for _, tt := range []struct {
		bytes  int64
		en, de string
	}{
		{-1, "0\u00a0B", "0\u00a0B"},
		{999, "999\u00a0B", "999\u00a0B"},
		{1000, "1\u00a0KB", "1\u00a0KB"},
		{1536, "1.5\u00a0KB", "1,5\u00a0KB"},
		{10 << 10, "10\u00a0KB", "10\u00a0KB"},
		{524288, "512\u00a0KB", "512\u00a0KB"},
		{1 << 20, "1\u00a0MB", "1\u00a0MB"},
		{5 << 40, "5120\u00a0GB", "5120\u00a0GB"},
	} {
		if got := en.Size(tt.bytes); got != tt.en {
			t.Errorf("Size(%d) = %q, want %q", tt.bytes, got, tt.en)
		}
		if got := de.Size(tt.bytes); got != tt.de {
			t.Errorf("in German: Size(%d) = %q, want %q", tt.bytes, got, tt.de)
		}
	}
	if got := (&Printer{lang: "fr"}).Size(1536); got != "1,5\u00a0ko" {
		t.Errorf("in French: %q", got)
	}
}

func TestList(t *testing.T) {
	en := New("en")
	for want, things := range map[string][]string{"": nil, "a": {"a"}, "a and b": {"a", "b"}, "a, b and c": {"a", "b", "c"}} {
		if got := en.List(things...); got != want {
			t.Errorf("List(%q) = %q, want %q", things, got, want)
		}
	}
	if got := New("de").List("a", "b", "c"); got != "a, b und c" {
		t.Errorf("in German: %q", got)
	}
}
