// Package brand is whose app this is: the name, the icon, the colors, the server and the service desk that an organization gives its own build
// (feature D9). The file brand.toml beside this one is embedded; a build for an organization puts its own in its place (docs/branding.md). It is no
// secret and no policy: what an organization wants at run time is in its server's signed metadata, and that wins for its accounts.
package brand

import (
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"

	"avow/internal/authn"
	"avow/internal/wire"
)

// Brand is the file brand.toml.
type Brand struct {
	// The name of the app, up to 24 characters. It stands wherever the app speaks of itself.
	Name string `toml:"name"`

	// The id of the app, a domain of the organization in reverse order: "com.example.avow". Two apps with one id can't be on one phone.
	AppID string `toml:"app_id"`

	// The version that is built, "1.2.3"; empty for that of Avow.
	Version string `toml:"version"`

	// A picture beside this file: a PNG of 1024 x 1024 px, or a square SVG. Empty for Avow's.
	Icon string `toml:"icon"`

	// The host of the organization's server, "id.example.com", to be filled in where somebody would have to type it. May be empty.
	Server string `toml:"server"`

	// What people do when nothing else helps, before an account is connected. May be empty.
	Support string `toml:"support"`

	// The telephone number and the mail address of the service desk, and pages that help. May be empty.
	Phone string           `toml:"phone"`
	Mail  string           `toml:"mail"`
	Links []wire.BrandLink `toml:"link"`

	// The colors, all seven of both tables or none; what each is for stands in docs/branding.md.
	Light *wire.BrandColors `toml:"light"`
	Dark  *wire.BrandColors `toml:"dark"`
}

// Wire is what a brand says in the same way as a server's metadata does.
func (b Brand) Wire() wire.Brand {
	return wire.Brand{Light: b.Light, Dark: b.Dark, Phone: b.Phone, Mail: b.Mail, Links: b.Links}
}

//go:embed brand.toml
var file []byte

var own = sync.OnceValues(func() (Brand, error) { return Parse(file) })

// Own is the brand of this build. A build with a file that is wrong does not get as far as this: it panics.
func Own() Brand {
	b, err := own()
	if err != nil {
		panic("assets/brand/brand.toml: " + err.Error())
	}
	return b
}

// Faults are everything that is wrong with a file, each as a sentence that says what to do.
type Faults []string

// Error is one line for each.
func (f Faults) Error() string { return strings.Join(f, "\n") }

func (f *Faults) add(format string, a ...any) { *f = append(*f, fmt.Sprintf(format, a...)) }

var (
	idForm      = regexp.MustCompile(`^[a-z][a-z0-9]*(\.[a-z][a-z0-9]*)+$`)
	versionForm = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+$`)
	fileForm    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*\.(png|svg)$`)
)

// Parse reads a file strictly: a setting that is not known is a fault. It returns Faults. Whether the colors can be read on each other is
// style.Brand's to say.
func Parse(data []byte) (Brand, error) {
	var b Brand
	meta, err := toml.Decode(string(data), &b)
	if err != nil {
		var pe toml.ParseError
		if errors.As(err, &pe) {
			return Brand{}, Faults{fmt.Sprintf("Line %d is not TOML: %s. Texts stand in double quotes.", pe.Position.Line, pe.Message)}
		}
		return Brand{}, Faults{"A setting has a value of the wrong kind: " + err.Error() + ". Texts stand in double quotes."}
	}
	var f Faults
	for _, k := range meta.Undecoded() {
		f.add("There is no setting %q. Remove it, or correct its name.", k)
	}
	sort.Strings(f)
	b.check(&f)
	if len(f) > 0 {
		return Brand{}, f
	}
	return b, nil
}

func (b Brand) check(f *Faults) {
	switch {
	case b.Name == "":
		f.add(`The name is missing. Set it, for instance name = "Example".`)
	case authn.CleanText(b.Name, 24) != b.Name:
		f.add("The name %.60q has invisible characters, angle brackets or more than 24 characters. Write it as people shall read it.", b.Name)
	}
	if !idForm.MatchString(b.AppID) {
		f.add(`The app_id %.60q is not a domain in reverse order. Write for instance app_id = "com.example.avow".`, b.AppID)
	}
	if b.Version != "" && !versionForm.MatchString(b.Version) {
		f.add(`The version %.30q is not of the form "1.2.3".`, b.Version)
	}
	if b.Icon != "" && !fileForm.MatchString(b.Icon) {
		f.add(`The icon %.60q is not the name of a PNG or SVG file beside brand.toml.`, b.Icon)
	}
	if b.Server != "" {
		if err := wire.ValidateHost(b.Server); err != nil {
			f.add(`The server %.100q is not a host: %s. Write for instance server = "id.example.com".`, b.Server, err)
		}
	}
	if authn.CleanText(b.Support, 256) != b.Support {
		f.add("The support text has line breaks, invisible characters or more than 256 characters. Write it as people shall read it.")
	}
	if b.Phone != "" && !wire.ValidPhone(b.Phone) {
		f.add(`The phone %.60q is not a telephone number. Write digits and spaces, for instance phone = "046-555 01 00".`, b.Phone)
	}
	if b.Mail != "" && !wire.ValidMail(b.Mail) {
		f.add(`The mail %.100q is not an address. Write for instance mail = "desk@example.com".`, b.Mail)
	}
	if len(b.Links) > wire.MaxBrandLinks {
		f.add("There are %d links. Keep the %d that help most.", len(b.Links), wire.MaxBrandLinks)
	}
	for _, l := range b.Links {
		if !l.Valid() {
			f.add(`The link %.60q to %.120q needs a text, and an address with https://.`, l.Text, l.URL)
		}
	}
	b.checkColors(f)
}

func (b Brand) checkColors(f *Faults) {
	if b.Light == nil && b.Dark == nil {
		return
	}
	for _, t := range []struct {
		name   string
		colors *wire.BrandColors
	}{{"light", b.Light}, {"dark", b.Dark}} {
		if t.colors == nil {
			f.add("The table [%s] is missing. Colors are given for both appearances, or for none.", t.name)
			continue
		}
		for _, c := range t.colors.All() {
			if !wire.ValidColor(c.Value) {
				f.add(`The color %s of [%s] is %.20q. Write it as "#RRGGBB".`, c.Name, t.name, c.Value)
			}
		}
	}
}
