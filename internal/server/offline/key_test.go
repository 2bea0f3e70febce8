package offline

import (
	"testing"

	"avow/internal/key"
)

// TestDeskKey: computers keep the public half for as long as they are enrolled, so the same secret must give the same key with every
// version of this program. The thumbprint is that of the first.
func TestDeskKey(t *testing.T) {
	secret := make(key.Secret, 32)
	for i := range secret {
		secret[i] = byte(i)
	}
	private, pub := deskKey(secret)
	if got := pub.Thumbprint().String(); got != "mUfY6-b1tdgHHNCpilKjA-cWwtu6kg_MQu3qV16r0zQ" {
		t.Errorf("the desk's key is %s", got)
	}
	if again, err := key.FromECDH(private.PublicKey()); err != nil || again != pub {
		t.Errorf("the halves do not belong together: %v", err)
	}
	secret[0]++
	if _, other := deskKey(secret); other == pub {
		t.Error("another secret gives the same key")
	}
}
