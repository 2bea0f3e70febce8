package keystore

import (
	"context"
	"errors"

	"avow/internal/atomicfile"
)

// Remove destroys the keystore that lies in a folder, without opening it: what Destroy has begun and a crash has cut short can't be opened any more. It can be
// repeated; nothing there is no error.
func Remove(ctx context.Context, opt Options) error {
	opt = opt.withDefaults()
	var err error
	for _, name := range []string{FileName, BackupName} {
		data, readErr := opt.read(name)
		if readErr != nil {
			return readErr
		}
		h, parseErr := parseHeader(data)
		if data == nil || parseErr != nil {
			continue // it names no secret that could be forgotten
		}
		err = errors.Join(err, newFile(opt, h.Class, h.Install).forgetRoot(ctx))
	}
	if opt.Verifier != nil {
		err = errors.Join(err, opt.Verifier.Forget(ctx))
	}
	if err != nil {
		return err // the files name the secret, so they go last
	}
	for _, name := range []string{SecretName, FileName, BackupName} {
		if removeErr := atomicfile.Remove(opt.FS, opt.path(name)); removeErr != nil {
			err = errors.Join(err, ErrStorage.Because(removeErr))
		}
	}
	return err
}
