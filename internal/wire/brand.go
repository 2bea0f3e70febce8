package wire

import (
	"net/url"
	"regexp"
	"strings"

	"avow/internal/authn"
)

// Brand is what an organization shows of itself in the app beside its name and the text of Metadata.Support. What is wrong with it is left out, for it
// decides nothing: whether colors can be read on each other is the app's to say.
type Brand struct {
	Light *BrandColors `json:"light,omitempty"` // both or none
	Dark  *BrandColors `json:"dark,omitempty"`
	Phone string       `json:"phone,omitempty"` // of the service desk, as people write it: 046-555 01 00
	Mail  string       `json:"mail,omitempty"`
	Links []BrandLink  `json:"links,omitempty"` // at most MaxBrandLinks
}

// BrandColors are those that an organization may replace, each #RRGGBB. Yes, No and the colors of a status are never among them.
type BrandColors struct {
	Primary       string `json:"primary" toml:"primary"`
	OnPrimary     string `json:"on_primary" toml:"on_primary"`
	PrimarySoft   string `json:"primary_soft" toml:"primary_soft"`
	OnPrimarySoft string `json:"on_primary_soft" toml:"on_primary_soft"`
	Panel         string `json:"panel" toml:"panel"`
	Mark          string `json:"mark" toml:"mark"`
	Mark2         string `json:"mark2" toml:"mark2"`
}

// BrandLink is a page that helps.
type BrandLink struct {
	Text string `json:"text" toml:"text"`
	URL  string `json:"url" toml:"url"` // https only
}

// MaxBrandLinks is how many pages there are at most.
const MaxBrandLinks = 4

var (
	colorForm = regexp.MustCompile(`^#[0-9A-Fa-f]{6}$`)
	phoneForm = regexp.MustCompile(`^\+?[0-9][0-9 ()/.-]{2,30}[0-9]$`)
	mailForm  = regexp.MustCompile(`^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$`)
)

// All are the colors by their names, in the order of the type.
func (c BrandColors) All() []struct{ Name, Value string } {
	return []struct{ Name, Value string }{
		{"primary", c.Primary},
		{"on_primary", c.OnPrimary},
		{"primary_soft", c.PrimarySoft},
		{"on_primary_soft", c.OnPrimarySoft},
		{"panel", c.Panel},
		{"mark", c.Mark},
		{"mark2", c.Mark2},
	}
}

// ValidColor reports whether s is a color of a brand.
func ValidColor(s string) bool { return colorForm.MatchString(s) }

// ValidPhone reports whether s is a telephone number as people write it.
func ValidPhone(s string) bool { return phoneForm.MatchString(s) }

// ValidMail reports whether s is a mail address and nothing else.
func ValidMail(s string) bool { return len(s) <= 254 && mailForm.MatchString(s) }

// Valid reports whether a link has a text and leads to a page that is safe to open: https, a host, nobody's name in it.
func (l BrandLink) Valid() bool {
	u, err := url.Parse(l.URL)
	return err == nil && len(l.URL) <= 300 && u.Scheme == "https" && u.Host != "" && u.User == nil && ValidateHost(strings.ToLower(u.Host)) == nil &&
		l.Text != "" && authn.CleanText(l.Text, 64) == l.Text && !strings.ContainsAny(l.URL, " \"<>\\")
}

func (c *BrandColors) valid() bool {
	if c == nil {
		return false
	}
	for _, x := range c.All() {
		if !ValidColor(x.Value) {
			return false
		}
	}
	return true
}

// clean leaves out what is not well formed.
func (b Brand) clean() Brand {
	var out Brand
	if b.Light.valid() && b.Dark.valid() {
		out.Light, out.Dark = b.Light, b.Dark
	}
	if ValidPhone(b.Phone) {
		out.Phone = b.Phone
	}
	if ValidMail(b.Mail) {
		out.Mail = b.Mail
	}
	for _, l := range b.Links {
		if l.Text = authn.CleanText(l.Text, 64); l.Valid() && len(out.Links) < MaxBrandLinks {
			out.Links = append(out.Links, l)
		}
	}
	return out
}
