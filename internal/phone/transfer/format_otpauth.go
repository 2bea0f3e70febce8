package transfer

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"avow/internal/otp"
)

const maxLine = 64 << 10 // bytes; a Google migration of a QR code has under 4 KiB

// sniffLines knows a text whose first line, comments left out, is a link for codes.
func sniffLines(f *file) bool { return isCodeLink(firstLine(f.text)) }

// isCodeLink knows the links that package otp reads.
func isCodeLink(line string) bool {
	return hasScheme(line, "otpauth") || hasScheme(line, "steam") || hasScheme(line, "motp")
}

func hasScheme(line, scheme string) bool {
	return len(line) > len(scheme)+3 && strings.EqualFold(line[:len(scheme)], scheme) && line[len(scheme):len(scheme)+3] == "://"
}

// firstLine is the first one that says something, without the white space around it; "" if there is none.
func firstLine(text []byte) string {
	for line := range bytes.Lines(text) {
		if line := trimLine(line); len(line) > 0 && line[0] != '#' {
			return string(line[:min(len(line), maxLine)])
		}
	}
	return ""
}

// trimLine takes the white space around a line away, and the quotes that some versions of Ente write.
func trimLine(line []byte) []byte {
	line = bytes.TrimSpace(line)
	if len(line) > 1 && line[0] == '"' && line[len(line)-1] == '"' {
		line = line[1 : len(line)-1]
	}
	return line
}

// readLines reads a list of links, one a line, also such of a Google migration between them. Empty lines and those that
// begin with # mean nothing.
func readLines(_ context.Context, f *file, _ Options) (Found, error) { return readLinks(f.text) }

func readLinks(text []byte) (Found, error) {
	var lines []string
	for line := range bytes.Lines(text) {
		line = trimLine(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		if len(lines) == MaxEntries {
			return Found{}, ErrTooMany
		}
		lines = append(lines, string(line))
	}
	return ReadParts(lines)
}

// ReadParts reads several texts that were scanned or pasted, each one link: for a code, or for a part of a Google
// migration. These may come in any order and more than once; the parts that are missing are named in what is found.
//
// Errors: ErrNothing, ErrMixedParts; a text that is no link, or a damaged one, is Unreadable.
func ReadParts(texts []string) (Found, error) {
	found := Found{Format: OTPAuth}
	var parts migration
	for n, text := range texts {
		text = strings.TrimSpace(text)
		switch {
		case hasScheme(text, migrationScheme) && len(text) <= maxLine:
			found.Format = Google
			if err := parts.add(text); err != nil {
				found.add(n, entry{}, err)
			}
		case isCodeLink(text):
			found.addLink(n, text)
		default:
			found.add(n, entry{}, errLine)
		}
	}
	if err := parts.finish(&found); err != nil {
		found.Wipe()
		return Found{}, err
	}
	if err := found.check(); err != nil {
		return Found{}, err
	}
	return found, nil
}

// addLink adds the n-th link, with what Ente writes into its links.
func (f *Found) addLink(n int, link string) {
	code, err := otp.Parse(link)
	if err != nil {
		issuer, account := linkLabel(link)
		f.add(n, entry{issuer: issuer, account: account}, err)
		return
	}
	item := Item{Code: code}
	if trashed := item.display(link); trashed {
		code.Secret.Wipe()
		return
	}
	f.Items = append(f.Items, item)
}

// linkLabel is what a link that cannot be read says of its service and account, as far as that can be told.
func linkLabel(link string) (issuer, account string) {
	u, err := url.Parse(link)
	if err != nil || u.Scheme == "steam" {
		return "", ""
	}
	label := strings.TrimPrefix(u.Path, "/")
	if before, after, parted := strings.Cut(label, ":"); parted {
		return before, after
	}
	return u.Query().Get("issuer"), label
}

// codeDisplay is the parameter in which Ente keeps, as JSON, what it knows of a code beside the code itself.
type codeDisplay struct {
	Pinned  bool     `json:"pinned"`
	Trashed bool     `json:"trashed"`
	Note    string   `json:"note"`
	Tags    []string `json:"tags"`
}

// display takes over Ente's additions to a link, and reports whether the code is in Ente's trash. What cannot be read of
// them is left out: the code counts.
func (item *Item) display(link string) (trashed bool) {
	u, err := url.Parse(link)
	if err != nil {
		return false
	}
	text := u.Query().Get("codeDisplay")
	if text == "" || checkJSON([]byte(text)) != nil {
		return false
	}
	var d codeDisplay
	if json.Unmarshal([]byte(text), &d) != nil {
		return false
	}
	item.Note, item.Groups, item.Pinned = cleanNote(d.Note), cleanGroups(d.Tags), d.Pinned
	return d.Trashed
}

// sniffMigration knows a text one of whose first lines is a part of a Google migration.
func sniffMigration(f *file) bool {
	return hasScheme(firstLine(f.text), migrationScheme)
}
