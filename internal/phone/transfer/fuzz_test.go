package transfer

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// fuzz starts with the files of testdata that match. Without a password it is about what is read before the key derivation: what
// comes after it is the plain form again.
func fuzz(f *testing.F, pattern string) {
	f.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(names) == 0 {
		f.Fatalf("nothing to start with: %v", err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		found, err := Read(t.Context(), bytes.NewReader(data), Options{})
		checkResult(t, found, err)
	})
}

// checkResult is what holds of whatever is read.
func checkResult(t *testing.T, found Found, err error) {
	t.Helper()
	if err != nil {
		checkError(t, err)
		if len(found.Items) > 0 {
			t.Error("entries and an error")
		}
		return
	}
	for _, item := range found.Items {
		if err := item.Code.Validate(); err != nil {
			t.Errorf("an item that is not valid: %v", err)
		}
		if len(item.Groups) > maxGroups || item.Name != clean(item.Name, maxName) || item.Note != cleanNote(item.Note) {
			t.Errorf("words that are not clean: %q %q %q", item.Name, item.Note, item.Groups)
		}
	}
	for _, u := range found.Unreadable {
		checkError(t, u.Err)
	}
	for _, n := range found.Missing {
		if n < 1 || n > found.Parts {
			t.Errorf("part %d of %d is missing", n, found.Parts)
		}
	}
}

func FuzzOTPAuth(f *testing.F)   { fuzz(f, "otpauth.txt") }
func FuzzMigration(f *testing.F) { fuzz(f, "google.txt") }
func FuzzAegis(f *testing.F)     { fuzz(f, "aegis*") }
func FuzzTwoFAS(f *testing.F)    { fuzz(f, "2fas*") }
func FuzzAndOTP(f *testing.F)    { fuzz(f, "andotp*") }
func FuzzStratum(f *testing.F)   { fuzz(f, "stratum*") }
func FuzzEnte(f *testing.F)      { fuzz(f, "ente*") }
func FuzzProton(f *testing.F)    { fuzz(f, "proton*") }

func FuzzStratumDatabase(f *testing.F) {
	f.Add(stratumDatabase(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		found, err := Read(t.Context(), bytes.NewReader(data), Options{})
		checkResult(t, found, err)
	})
}

// FuzzMigrationMessage is about the message itself, which mutations of its base64 hardly reach.
func FuzzMigrationMessage(f *testing.F) {
	f.Add([]byte(migrationPart(0, 1, migrationMail, migrationBank, migrationMD5)))
	f.Add([]byte(migrationPart(1, 3)))
	f.Fuzz(func(t *testing.T, message []byte) {
		found, err := ReadParts([]string{link(message)})
		checkResult(t, found, err)
	})
}

func FuzzStream(f *testing.F) {
	for _, v := range streamVectors {
		f.Add(unhex(f, v.header), unhex(f, v.sealed))
	}
	k := unhex(f, streamVectorKey)
	f.Fuzz(func(t *testing.T, header, sealed []byte) {
		if _, err := openStream(k, header, sealed); err != nil {
			checkError(t, err)
		}
	})
}
