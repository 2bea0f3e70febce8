package transfer

import (
	"bytes"
	"testing"
)

// fuzz is the fuzz target of some formats: their fixtures are where it starts. Without a password it is about what is read
// before the key derivation: what comes after it is the plain form again.
func fuzz(f *testing.F, formats ...Format) {
	for _, fixture := range fixtures(f) {
		if fixture.format.in(formats) {
			f.Add(fixture.data)
		}
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

func FuzzOTPAuth(f *testing.F)   { fuzz(f, OTPAuth) }
func FuzzMigration(f *testing.F) { fuzz(f, Google) }
func FuzzAegis(f *testing.F)     { fuzz(f, Aegis) }
func FuzzTwoFAS(f *testing.F)    { fuzz(f, TwoFAS) }
func FuzzAndOTP(f *testing.F)    { fuzz(f, AndOTP) }
func FuzzStratum(f *testing.F)   { fuzz(f, Stratum) }
func FuzzEnte(f *testing.F)      { fuzz(f, Ente) }
func FuzzProton(f *testing.F)    { fuzz(f, Proton) }

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
