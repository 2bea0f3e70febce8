package transfer

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// TestArgon2dRFC9106: section 5.1 of the RFC.
func TestArgon2dRFC9106(t *testing.T) {
	got := argon2d(argonInput{
		password: bytes.Repeat([]byte{1}, 32), salt: bytes.Repeat([]byte{2}, 16), secret: bytes.Repeat([]byte{3}, 8), data: bytes.Repeat([]byte{4}, 12),
		passes: 3, memory: 32, lanes: 4, size: 32,
	})
	if want := "512b391b6f1162975371d30919734294f868e3be3984f3c1a13a4db9fabe4acb"; hex.EncodeToString(got) != want {
		t.Errorf("got %x, want %s", got, want)
	}
}

// TestArgon2dEqualsReference: what the reference implementation (github.com/P-H-C/phc-winner-argon2) makes, with memory that is no multiple of
// the lanes, with as little as there can be, and with keys longer than a hash.
func TestArgon2dEqualsReference(t *testing.T) {
	for _, tt := range []struct {
		passes, memory, lanes, size uint32
		want                        string
	}{
		{1, 8, 1, 32, "2b8fa1f59d20f6c5d33af5b2acfdf9aebf616262d10734c7892ff66221a19e98"},
		{2, 1000, 1, 32, "e6ef801f61e94f83a0fda99a14b10f2928b22300cf9a7435f26d69f28d65b692"},
		{3, 77, 3, 64, "3c5d4f76e1075ab3bb7e4b15c3a426c17e53838b652be744654bf9ed504ad30c7ef47339d299497e3e98c23c10ef80038d1c4118c70eb658394444492507d798"},
		{1, 64, 8, 16, "dfc0129b7ade5c237be27bf603b78923"},
		{
			4, 257, 2, 100,
			"b3a68e6f7c3ae60c04e97ae04fbb157d55ec29321afe834cecaca9288a3c3e352563038db8f4f9bd9d527fa85c8005a5796e9d7456c9bec9c26c2b5e6c438f23d50e26a1c8ca69012d48c37a8c83084741707732c75eb87d0304faad3c426f1cf9c43ff4",
		},
	} {
		got := argon2d(argonInput{
			password: []byte("correct horse"), salt: []byte("salt of 16 bytes"), passes: tt.passes, memory: tt.memory, lanes: tt.lanes, size: tt.size,
		})
		if hex.EncodeToString(got) != tt.want {
			t.Errorf("%d passes over %d KiB in %d lanes: got %x, want %s", tt.passes, tt.memory, tt.lanes, got, tt.want)
		}
	}
}
