package transfer

import (
	"context"
	"encoding/json"

	"avow/internal/otp"
)

// LastPass is the authenticator of that name (JSON), and the password manager whose vault holds codes, too (CSV).
const LastPass Format = "lastpass"

func sniffLastPass(f *file) bool {
	return f.has("accounts", "deviceId") || f.has("accounts", "folders", "version") || sniffCSV(f, "url", "totp", "extra", "grouping", "fav")
}

type lastPassAccount struct {
	Issuer         string `json:"issuerName"`
	OriginalIssuer string `json:"originalIssuerName"`
	User           string `json:"userName"`
	OriginalUser   string `json:"originalUserName"`
	Secret         string `json:"secret"`
	Algorithm      string `json:"algorithm"`
	Digits         *int64 `json:"digits"`
	Period         *int64 `json:"timeStep"`
	Favorite       bool   `json:"isFavorite"`
	Folder         struct {
		ID json.RawMessage `json:"folderId"` // a number or a text
	} `json:"folderData"`
}

type lastPassFolder struct {
	ID   json.RawMessage `json:"id"`
	Name string          `json:"name"`
}

func readLastPass(_ context.Context, f *file, _ Options) (Found, error) {
	if f.object == nil {
		return readLastPassCSV(f)
	}
	accounts, err := list(f.object["accounts"])
	if err != nil {
		return Found{}, err
	}
	folders, err := list(f.object["folders"])
	if err != nil {
		return Found{}, err
	}
	names := map[string]string{}
	for _, raw := range folders {
		if folder, err := decode[lastPassFolder](raw); err == nil {
			names[string(folder.ID)] = folder.Name
		}
	}
	var out Found
	for n, raw := range accounts {
		a, err := decodeEntry[lastPassAccount](raw)
		if err != nil {
			out.add(n, entry{}, err)
			continue
		}
		e := entry{
			kind: otp.TOTP, issuer: a.OriginalIssuer, account: a.OriginalUser, algorithm: parseAlgorithm(a.Algorithm),
			digits: pointer(a.Digits), period: pointer(a.Period), pinned: a.Favorite, groups: []string{names[string(a.Folder.ID)]},
		}
		if e.issuer == "" {
			e.issuer = a.Issuer
		}
		if e.account == "" {
			e.account = a.User
		}
		e.name = a.Issuer
		e.secret, err = parseSecret(a.Secret)
		out.add(n, e, err)
	}
	return out, nil
}

func readLastPassCSV(f *file) (Found, error) {
	t, err := openTable(f.text)
	if err != nil {
		return Found{}, err
	}
	var out Found
	err = t.rows(func(n int, get func(string) string) {
		if get("totp") != "" {
			out.addLogin(n, login{
				title: get("name"), user: get("username"), totp: get("totp"), groups: []string{get("grouping")}, pinned: get("fav") == "1",
			})
		}
	})
	return out, err
}
