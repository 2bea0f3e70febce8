package transfer

import (
	"bytes"
	"context"
	"strings"

	"filippo.io/age"

	"avow/internal/key"
)

// ageWorkFactor is scrypt's, as age itself has it. Tests lower it.
var ageWorkFactor = maxAgeWork

// writeAge encrypts with a passphrase, or for public keys. What is for a passphrase is read back with it. What is for keys whose other half
// is not here is read back with the key of the file itself, so all but the few bytes in which age hands that over is proven.
func writeAge(_ context.Context, x *Export, items []Item, o ExportOptions) (func(context.Context) (Found, error), error) {
	var to []age.Recipient
	kept := new(key.Secret)
	if o.Recipient == "" {
		r, err := age.NewScryptRecipient(string(o.Passphrase))
		if err != nil {
			return nil, ErrPassphraseShort.Because(err)
		}
		r.SetWorkFactor(ageWorkFactor)
		to = append(to, r)
	} else {
		recipients, err := age.ParseRecipients(strings.NewReader(o.Recipient))
		if err != nil {
			return nil, ErrRecipient
		}
		for _, r := range recipients {
			to = append(to, keeper{r, kept})
		}
	}
	text, err := ageLines(items)
	if err != nil {
		return nil, err
	}
	defer text.Wipe()
	var file bytes.Buffer
	w, err := age.Encrypt(&file, to...)
	if err != nil {
		return nil, ErrRecipient.Because(err) // keys that must not stand side by side: one is post-quantum, one is not
	}
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	x.file = file.Bytes()
	if o.Recipient == "" {
		return x.readBack(Options{Password: o.Passphrase}), nil
	}
	return func(ctx context.Context) (Found, error) {
		defer kept.Wipe()
		return openAge(ctx, x.file, age.NewInjectedFileKeyIdentity(*kept))
	}, nil
}

// keeper is a recipient that keeps the file key, to read the file back.
type keeper struct {
	age.Recipient
	kept *key.Secret
}

// Wrap keeps the key and hands it on.
func (k keeper) Wrap(fileKey []byte) ([]*age.Stanza, error) {
	*k.kept = bytes.Clone(fileKey)
	return k.Recipient.Wrap(fileKey)
}

// WrapWithLabels does the same for a recipient that must not stand beside all others.
func (k keeper) WrapWithLabels(fileKey []byte) ([]*age.Stanza, []string, error) {
	labeled, ok := k.Recipient.(age.RecipientWithLabels)
	if !ok {
		stanzas, err := k.Wrap(fileKey)
		return stanzas, nil, err
	}
	*k.kept = bytes.Clone(fileKey)
	return labeled.WrapWithLabels(fileKey)
}
