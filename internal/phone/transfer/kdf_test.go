package transfer

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"

	"avow/internal/key"
)

// What a file demands is checked before it is done: were it not, this test would not end.
func TestKeyDerivationIsBounded(t *testing.T) {
	o, salt := Options{Password: key.Secret("x")}, make([]byte, 16)
	large := o
	large.Memory = MaxMemory
	greedy := o
	greedy.Memory = 1 << 50
	for _, tt := range []struct {
		name string
		err  error
		want error
	}{
		{"PBKDF2 of 0 rounds", failed(pbkdf2Key(t.Context(), sha256.New, o, salt, 0, 32)), ErrDamaged},
		{"PBKDF2 of endless rounds", failed(pbkdf2Key(t.Context(), sha256.New, o, salt, 1<<31, 32)), ErrTooHard},
		{"PBKDF2 with an endless salt", failed(pbkdf2Key(t.Context(), sha256.New, o, make([]byte, maxSalt+1), 1, 32)), ErrDamaged},
		{"PBKDF2 without a password", failed(pbkdf2Key(t.Context(), sha256.New, Options{}, salt, 1<<31, 32)), ErrPasswordNeeded},
		{"scrypt of 0", failed(scryptKey(t.Context(), o, salt, 0, 8, 1, 32)), ErrDamaged},
		{"scrypt, N no power of two", failed(scryptKey(t.Context(), o, salt, 1023, 8, 1, 32)), ErrDamaged},
		{"scrypt, negative r", failed(scryptKey(t.Context(), o, salt, 1024, -8, 1, 32)), ErrDamaged},
		{"scrypt of 512 MiB", failed(scryptKey(t.Context(), o, salt, 1<<19, 8, 1, 32)), ErrTooHard},
		{"scrypt, r over all", failed(scryptKey(t.Context(), o, salt, 2, 1<<62, 1, 32)), ErrTooHard},
		{"scrypt, p over all", failed(scryptKey(t.Context(), o, salt, 2, 8, 1<<62, 32)), ErrTooHard},
		{"scrypt, N over all", failed(scryptKey(t.Context(), greedy, salt, 1<<62, 8, 1, 32)), ErrTooHard},
		{"Argon2id of 0 passes", failed(argon2idKey(t.Context(), o, salt, 0, 64, 1, 32)), ErrDamaged},
		{"Argon2id of 0 threads", failed(argon2idKey(t.Context(), o, salt, 1, 64, 0, 32)), ErrDamaged},
		{"Argon2id of 256 threads", failed(argon2idKey(t.Context(), o, salt, 1, 1<<20, 256, 32)), ErrDamaged},
		{"Argon2id without memory", failed(argon2idKey(t.Context(), o, salt, 1, 7, 1, 32)), ErrDamaged},
		{"Argon2id of over 256 MiB", failed(argon2idKey(t.Context(), o, salt, 1, 256<<10+1, 1, 32)), ErrTooHard},
		{"Argon2id of over 1 GiB", failed(argon2idKey(t.Context(), greedy, salt, 1, 1<<20+1, 1, 32)), ErrTooHard},
		{"Argon2id of 5 passes over 1 GiB", failed(argon2idKey(t.Context(), large, salt, 5, 1<<20, 1, 32)), ErrTooHard},
		{"Argon2id of endless passes", failed(argon2idKey(t.Context(), o, salt, 1<<62, 8, 1, 32)), ErrTooHard},
	} {
		if !errors.Is(tt.err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, tt.err, tt.want)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := argon2idKey(ended, o, salt, 3, 64<<10, 4, 32); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func failed(_ key.Secret, err error) error { return err }

// A file of Ente says itself what memory it takes; the caller says whether there is so much.
func TestMemoryIsTheCallersToGive(t *testing.T) {
	const sensitive = `{"version":1,"kdfParams":{"memLimit":1073741824,"opsLimit":4,"salt":"AAAAAAAAAAAAAAAAAAAAAA=="},"encryptedData":"AAAA","encryptionNonce":"AAAA"}`
	if _, err := read(t, []byte(sensitive), "x"); !errors.Is(err, ErrTooHard) {
		t.Errorf("got %v, want ErrTooHard", err)
	}
	for memory, want := range map[int64]int64{0: 256 << 20, 1 << 20: 1 << 20, 1 << 30: 1 << 30, 1 << 40: 1 << 30, -1: 0} {
		if got := (Options{Memory: memory}).memory(); got != want {
			t.Errorf("%d: got %d, want %d", memory, got, want)
		}
	}
	if got := fmt.Sprint(Options{Password: key.Secret("hunter2")}); got != "{[redacted] 0}" {
		t.Errorf("got %s", got)
	}
}
