package transfer

import (
	"context"
	"crypto/pbkdf2"
	"hash"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/scrypt"

	"avow/internal/key"
)

// The limits of the work that a file may demand before anything of it can be checked. The apps demand far less: 64 MiB and
// three passes (Stratum), 600 000 rounds (Bitwarden).
const (
	usualMemory     = 256 << 20 // bytes
	maxArgonWork    = 4 << 30   // bytes times passes: what libsodium calls sensitive
	maxScryptWork   = 1 << 30   // 128 N r p, bytes written
	maxPBKDF2Rounds = 4_000_000
	maxSalt         = 1024 // bytes
)

// pbkdf2Key derives size bytes (RFC 8018, section 5.2). Errors: ErrPasswordNeeded, ErrDamaged, ErrTooHard, ctx's.
func pbkdf2Key[H hash.Hash](ctx context.Context, h func() H, o Options, salt []byte, rounds int64, size int) (key.Secret, error) {
	if err := ready(ctx, o, salt); err != nil {
		return nil, err
	}
	switch {
	case rounds < 1:
		return nil, ErrDamaged
	case rounds > maxPBKDF2Rounds:
		return nil, ErrTooHard
	}
	k, err := pbkdf2.Key(h, string(o.Password), salt, int(rounds), size)
	if err != nil {
		return nil, ErrDamaged.Because(err)
	}
	return k, nil
}

// scryptKey derives size bytes (RFC 7914). Errors: as pbkdf2Key.
func scryptKey(ctx context.Context, o Options, salt []byte, n, r, p int64, size int) (key.Secret, error) {
	if err := ready(ctx, o, salt); err != nil {
		return nil, err
	}
	switch {
	case n < 2 || n&(n-1) != 0 || r < 1 || p < 1:
		return nil, ErrDamaged
	case n > o.memory()/128 || r > o.memory()/128/n || p > maxScryptWork/128/n/r:
		return nil, ErrTooHard
	}
	k, err := scrypt.Key(o.Password, salt, int(n), int(r), int(p), size)
	if err != nil {
		return nil, ErrDamaged.Because(err)
	}
	return k, nil
}

// argon2idKey derives size bytes (RFC 9106); memory is in KiB. Errors: as pbkdf2Key.
func argon2idKey(ctx context.Context, o Options, salt []byte, passes, memory, threads int64, size uint32) (key.Secret, error) {
	if err := argonReady(ctx, o, salt, passes, memory, threads); err != nil {
		return nil, err
	}
	return argon2.IDKey(o.Password, salt, uint32(passes), uint32(memory), uint8(threads), size), nil
}

// argonReady says what stands in the way of deriving a key by any kind of Argon2.
func argonReady(ctx context.Context, o Options, salt []byte, passes, memory, threads int64) error {
	if err := ready(ctx, o, salt); err != nil {
		return err
	}
	switch {
	case passes < 1 || threads < 1 || threads > 255 || memory < 8*threads:
		return ErrDamaged
	case memory > o.memory()/1024 || passes > maxArgonWork/1024/memory:
		return ErrTooHard
	}
	return nil
}

// memory is the limit of a key derivation in bytes.
func (o Options) memory() int64 {
	if o.Memory == 0 {
		return usualMemory
	}
	return max(min(o.Memory, MaxMemory), 0)
}

// ready says what stands in the way of deriving a key.
func ready(ctx context.Context, o Options, salt []byte) error {
	switch {
	case len(o.Password) == 0:
		return ErrPasswordNeeded
	case len(salt) > maxSalt:
		return ErrDamaged
	}
	return ctx.Err()
}
