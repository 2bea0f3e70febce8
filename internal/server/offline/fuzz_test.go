package offline

import (
	"testing"

	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/wire"
)

// FuzzCommands is R-044 for what computers and phones send: nothing makes the server fall, and what it goes on with is within bounds.
func FuzzCommands(f *testing.F) {
	for _, s := range []string{
		``, `{}`, `[]`, `null`, `{"token":"AAAAAAAAAAAAAAAAAAAAAA","os":"x","app":"1"}`, `{"journal":[],"batches":[],"app":"1"}`, `{"journal":null,"batches":null}`,
		`{"journal":[{"seq":1,"at":1770000000,"kind":"sign_in","login":"anna","grant_id":"AAAAAAAAAAE","method":"qr","use":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","prev":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}],"batches":["a.b.c"],"app":"1"}`,
		`{"journal":[{"seq":18446744073709551615,"at":-9223372036854775808,"kind":"locked","login":"\u202e","grant_id":"AAAAAAAAAAE","prev":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]}`,
		`{"grant_id":"AAAAAAAAAAE","batch_id":"AAAAAAAAAAAAAAAAAAAAAA","index":-1}`,
		`{"records":[{"grant_id":"AAAAAAAAAAE","at":1,"method":"list","use":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","list":{"batch_id":"AAAAAAAAAAAAAAAAAAAAAA","index":4}}]}`,
		`{"records":[{"grant_id":"AAAAAAAAAAE","at":1,"method":"qr","use":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}],"records":[]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var enroll wire.EnrollComputer
		if err := api.Decode(body, &enroll); err == nil && len(enroll.Token.Secret) != 16 && enroll.Token.Secret != nil {
			t.Errorf("a token of %d bytes", len(enroll.Token.Secret))
		}
		var code wire.UseDeskCode
		_ = api.Decode(body, &code)
		var sync wire.SyncComputer
		if api.Decode(body, &sync) == nil {
			lines, err := readJournal(sync.Journal)
			for _, l := range lines {
				if l.Seq == 0 || l.Seq > maxSeq || !goodTime(l.At) || l.sum.IsZero() || l.Kind == wire.JournalSignIn && !l.Method.Valid() {
					t.Errorf("accepted %+v", l)
				}
			}
			if err != nil && (lines != nil || authn.CodeOf(err) != "bad_journal") {
				t.Errorf("refused with %v", err)
			}
			for _, raw := range sync.Batches {
				_, _, _ = wire.PeekBatch(raw)
			}
		}
		var records wire.OfflineSync
		if api.Decode(body, &records) == nil {
			notes, err := readRecords(records.Records)
			for _, n := range notes {
				if !goodTime(n.At) || n.use.String() != n.Use || n.List != nil && n.List.Index < 0 {
					t.Errorf("accepted %+v", n)
				}
			}
			if err != nil && authn.CodeOf(err) != "bad_record" {
				t.Errorf("refused with %v", err)
			}
		}
	})
}
