package main

import (
	"context"
	"errors"

	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/keystore"
)

// openKeys opens the keys of this device. The first time they go into the desktop's keyring, where it has one that answers, else into a
// file: which it is stands in Settings, About. A keystore that exists is never replaced. An erasure that was cut short is finished first.
func openKeys(ctx context.Context, opt keystore.Options, note func(string, error)) (*keystore.File, error) {
	if err := phone.FinishErase(ctx, opt); err != nil {
		return nil, err
	}
	keys, err := keystore.Open(ctx, opt)
	if !errors.Is(err, keystore.ErrNoKeystore) {
		return keys, err
	}
	keys, err = keystore.Create(ctx, opt, key.Keyring)
	if err == nil || errors.Is(err, keystore.ErrKeystoreExists) || errors.Is(err, keystore.ErrStorage) {
		return keys, err
	}
	note("no keyring can be used: keys go into a file that the PIN seals", err)
	return keystore.Create(ctx, opt, key.Software)
}
