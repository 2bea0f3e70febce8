package transfer

import (
	"bytes"
	"context"
	"net/url"
	"strings"
)

// WinAuth is the app of that name for Windows. It exports a list of links, which differ from those of others in three ways that matter.
const WinAuth Format = "winauth"

// sniffWinAuth knows the list by what only WinAuth writes into links.
func sniffWinAuth(f *file) bool {
	if !sniffLines(f) {
		return false
	}
	lower := bytes.ToLower(f.text)
	for _, mark := range []string{"://totp/winauth:", "://totp/winauth%3a", "://hotp/winauth", "&deviceid="} {
		if bytes.Contains(lower, []byte(mark)) {
			return true
		}
	}
	return false
}

func readWinAuth(ctx context.Context, f *file, o Options) (Found, error) {
	var text bytes.Buffer
	for line := range bytes.Lines(f.text) {
		text.WriteString(fromWinAuth(string(bytes.TrimSpace(line))))
		text.WriteByte('\n')
	}
	defer clear(text.Bytes())
	again := &file{data: text.Bytes(), text: text.Bytes()}
	found, err := readLines(ctx, again, o)
	found.Format = WinAuth
	return found, err
}

// fromWinAuth writes a link as others do. Its own name stands as the issuer where it knows none; a code of Steam is one of time with five
// digits; the identity of the pretended Steam phone stands behind, some kilobytes, and is not needed for codes.
func fromWinAuth(line string) string {
	u, err := url.Parse(line)
	if err != nil || !strings.EqualFold(u.Scheme, "otpauth") {
		return line
	}
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return line
	}
	issuer, account, parted := strings.Cut(strings.TrimPrefix(u.Path, "/"), ":")
	if parted && issuer == "WinAuth" {
		u.Path, u.RawPath = "/"+account, ""
		if values.Get("issuer") == "WinAuth" {
			values.Del("issuer")
		}
	}
	if values.Get("digits") == "5" && (strings.EqualFold(issuer, "Steam") || values.Has("deviceid")) {
		values.Set("encoder", "steam")
	}
	values.Del("deviceid")
	values.Del("data")
	u.RawQuery = values.Encode()
	return u.String()
}
