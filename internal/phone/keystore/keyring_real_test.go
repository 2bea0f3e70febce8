package keystore_test

import (
	"os"
	"testing"

	"avow/internal/key"
	"avow/internal/phone/keystore/keystoretest"
)

// TestRealKeyring runs the suite on the keyring of this session, where AVOW_TEST_KEYRING=1 asks for it:
//
//	AVOW_TEST_KEYRING=1 dbus-run-session -- sh -c 'echo -n test | gnome-keyring-daemon --unlock >/dev/null; go test -run RealKeyring ./internal/phone/keystore'
//
// It must run alone (-run RealKeyring): other tests put a mock in the keyring's place.
func TestRealKeyring(t *testing.T) {
	if os.Getenv("AVOW_TEST_KEYRING") == "" {
		t.Skip("AVOW_TEST_KEYRING is not set")
	}
	keystoretest.Run(t, pinFixture(key.Keyring))
}
