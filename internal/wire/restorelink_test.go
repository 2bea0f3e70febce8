package wire

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"avow/internal/authn"
	"avow/internal/key"
)

func duplicateLink(host string) DuplicateLink {
	return DuplicateLink{Host: host, ID: key.Secret("an id of an offe"), Optical: key.Secret("an optical secre"), Pin: keys["identity"].Key().Thumbprint().Pin()}
}

func restoreLink(host string) RestoreLink {
	code, err := key.RestoreCodeOf(key.Secret("a code of 16 byt"))
	if err != nil {
		panic(err)
	}
	return RestoreLink{Host: host, User: "u_AQIDBAUGBwgJCgsMDQ4PEA", Pin: keys["identity"].Key().Thumbprint().Pin(), Code: code}
}

// restoreLinkVector is of D and K, which came after links.json was published.
type restoreLinkVector struct {
	Kind    string       `json:"kind"`
	Host    string       `json:"host"`
	ID      string       `json:"id,omitempty"`      // hex, D
	Optical string       `json:"optical,omitempty"` // hex, D
	User    authn.UserID `json:"user,omitempty"`    // K
	Code    string       `json:"code,omitempty"`    // K, as the sheet has it in text
	Pin     string       `json:"pin"`
	QR      string       `json:"qr"`
	App     string       `json:"app"`
}

func restoreLinkVectors() (out []restoreLinkVector) {
	for _, host := range []string{"id.example.com", "192.0.2.1:8443"} {
		d, k := duplicateLink(host), restoreLink(host)
		out = append(
			out,
			restoreLinkVector{
				Kind: "D", Host: host, ID: hex.EncodeToString(d.ID), Optical: hex.EncodeToString(d.Optical), Pin: hex.EncodeToString(d.Pin[:]),
				QR: d.Encode(), App: d.App(),
			},
			restoreLinkVector{Kind: "K", Host: host, User: k.User, Code: k.Code.Text(), Pin: hex.EncodeToString(k.Pin[:]), QR: k.Encode(), App: k.App()},
		)
	}
	return out
}

func TestRestoreLinkVectorsRead(t *testing.T) {
	var list []restoreLinkVector
	readVectors(t, "restore_links.json", &list)
	for _, v := range list {
		for _, text := range []string{v.QR, v.App} {
			l, err := ParseLink(text)
			if err != nil {
				t.Errorf("%s: %v", text, err)
				continue
			}
			switch l := l.(type) {
			case DuplicateLink:
				if v.Kind != "D" || l.Host != v.Host || hex.EncodeToString(l.ID) != v.ID || hex.EncodeToString(l.Optical) != v.Optical || hex.EncodeToString(l.Pin[:]) != v.Pin {
					t.Errorf("%s is read as another D", text)
				}
			case RestoreLink:
				if v.Kind != "K" || l.Host != v.Host || l.User != v.User || l.Code.Text() != v.Code || hex.EncodeToString(l.Pin[:]) != v.Pin {
					t.Errorf("%s is read as another K", text)
				}
			default:
				t.Errorf("%s is a %T", text, l)
			}
		}
	}
}

// TestRestoreLinkFitsQR: a sheet is scanned from paper that was folded, so its QR is small enough for level Q.
func TestRestoreLinkFitsQR(t *testing.T) {
	for _, l := range []Link{restoreLink("id.example.com"), duplicateLink("id.example.com")} {
		text := l.Encode()
		if len(text) != 104 {
			t.Errorf("%s has %d characters, want 104", text, len(text))
		}
		if strings.Trim(strings.Replace(text, "#", "", 1), "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:") != "" {
			t.Errorf("%s is not in QR's alphanumeric mode", text)
		}
	}
}

//
func TestRestoreLinkSecrecy(t *testing.T) {
	d, k := duplicateLink("id.example.com"), restoreLink("id.example.com")
	bad := []string{
		d.payload()[3:], k.payload()[3:], string(d.ID), string(d.Optical), string(k.Code.Bytes()), k.Code.Text(), hex.EncodeToString(k.Code.Bytes()),
		hex.EncodeToString(d.ID), hex.EncodeToString(d.Optical), strings.Trim(fmt.Sprint([]byte(k.Code.Bytes())), "[]"), strings.Trim(fmt.Sprint([]byte(d.Optical)), "[]"),
	}
	for _, l := range []Link{d, k} {
		for _, v := range []any{l, &l, []Link{l}, map[string]Link{"a": l}, struct{ L Link }{l}} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
				text := fmt.Sprintf(verb, v)
				for _, b := range bad {
					if strings.Contains(strings.ToLower(text), strings.ToLower(b)) {
						t.Errorf("%s of %T shows %q", verb, v, text)
					}
				}
			}
		}
	}
}

func TestLinksKeepTheirBytesApart(t *testing.T) {
	l, err := ParseLink(duplicateLink("id.example.com").Encode())
	if err != nil {
		t.Fatal(err)
	}
	d := l.(DuplicateLink)
	_, _ = append(d.ID, key.Secret("overwrite what lies behind")...), append(d.Optical, key.Secret("overwrite what lies behind")...)
	if !sameLink(d, duplicateLink("id.example.com")) {
		t.Error("appending to one part writes over another")
	}
}

// A link that leads to nobody's account is not printed.
func TestRestoreLinkOfNobody(t *testing.T) {
	for _, user := range []authn.UserID{"", "u_", "d_AQIDBAUGBwgJCgsMDQ4PEA", "u_AQIDBAUGBwgJCgsMDQ4PE", "u_AQIDBAUGBwgJCgsMDQ4PEB"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a sheet for %q", user)
				}
			}()
			l := restoreLink("id.example.com")
			l.User = user
			l.Encode()
		}()
	}
}
