package transfer

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"

	"avow/internal/otp"
)

// Steam is Valve's app (its internal Steamguard-*.json, old and new), and the maFile of Steam Desktop Authenticator, which is the same.
const Steam Format = "steam"

func sniffSteam(f *file) bool {
	return f.has("shared_secret") || bytes.HasPrefix(bytes.TrimSpace(f.object["accounts"]), []byte("{"))
}

type steamAccount struct {
	Secret string `json:"shared_secret"` // base64
	Name   string `json:"account_name"`
}

func readSteam(_ context.Context, f *file, _ Options) (Found, error) {
	var out Found
	if f.has("shared_secret") {
		out.addSteam(0, "", f.text)
		return out, nil
	}
	accounts, err := decode[map[string]json.RawMessage](f.object["accounts"])
	if err != nil {
		return Found{}, err
	}
	if len(accounts) > MaxEntries {
		return Found{}, ErrTooMany
	}
	for n, name := range slices.Sorted(maps.Keys(accounts)) {
		out.addSteam(n, name, accounts[name])
	}
	return out, nil
}

func (f *Found) addSteam(n int, name string, raw json.RawMessage) {
	e := entry{kind: otp.Steam, issuer: "Steam", account: name}
	a, err := decodeEntry[steamAccount](raw)
	if err == nil {
		if a.Name != "" {
			e.account = a.Name
		}
		if e.secret, err = base64.StdEncoding.DecodeString(a.Secret); err != nil {
			err = errEntry
		}
	}
	f.add(n, e, err)
}
