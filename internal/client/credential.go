package client

import (
	"encoding/json"
	"errors"
	"fmt"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/wire"
)

// Credential is who an administrator is and which server that holds for: the file that "avow-server init" writes. Its key is a
// secret; the file is for its owner only.
type Credential struct {
	Name   string
	ID     authn.AdminID
	Server Server
	Key    key.Private
}

// credentialFile is the JSON of a Credential.
type credentialFile struct {
	Version  int           `json:"v"`
	Name     string        `json:"name"`
	ID       authn.AdminID `json:"id"`
	Issuer   string        `json:"issuer"`
	Identity key.Public    `json:"identity"`
	TLSKeys  []wire.TLSKey `json:"tls_keys,omitempty"`
	Key      string        `json:"key"` // PKCS #8 in PEM
}

// Encode writes the JSON, with a line break at its end.
func (c Credential) Encode() (key.Secret, error) {
	pem, err := c.Key.EncodePEM()
	if err != nil {
		return nil, err
	}
	b, err := json.MarshalIndent(credentialFile{
		Version: 1, Name: c.Name, ID: c.ID, Issuer: c.Server.Issuer, Identity: c.Server.Identity, TLSKeys: c.Server.TLSKeys, Key: string(pem),
	}, "", "  ")
	return append(b, '\n'), err
}

// ParseCredential reads what Encode wrote, and nothing else.
func ParseCredential(data key.Secret) (Credential, error) {
	var f credentialFile
	if err := wire.DecodeCommand(data, &f); err != nil {
		return Credential{}, fmt.Errorf("credential: %w", err)
	}
	if f.Version != 1 {
		return Credential{}, fmt.Errorf("credential: version %d is not one that this program knows", f.Version)
	}
	if f.Name == "" || !authn.ValidID("a_", string(f.ID)) || f.Issuer == "" || f.Identity.IsZero() {
		return Credential{}, errors.New("credential: name, id, issuer or identity is missing")
	}
	k, err := key.ParsePEM(key.Secret(f.Key))
	if err != nil {
		return Credential{}, fmt.Errorf("credential: %w", err)
	}
	return Credential{
		Name: f.Name, ID: f.ID, Key: k, Server: Server{Issuer: f.Issuer, Identity: f.Identity, TLSKeys: f.TLSKeys},
	}, nil
}
