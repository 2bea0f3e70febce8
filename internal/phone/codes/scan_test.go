package codes

import (
	"encoding/json"
	"reflect"
	"testing"
)

var lines = []string{
	`{"id":"code/ABCDEFGHIJKLMNOP","at":1790000000000,"body":{"issuer":"GitHub","account":"anna","secret":"GEZDGNBVGY3TQOJQ","place":1048576,"added":1790000000}}`,
	`{"id":"code/ABCDEFGHIJKLMNOP","at":0,"body":{"kind":"hotp","secret":"GEZDGNBVGY3TQOJQ","algorithm":"SHA256","digits":8,"counter":9,"name":"Büro","note":"n","groups":["a","b"],"pinned":true,"trashed":5},"uses":3,"used_at":7}`,
	`{"id":"code/ABCDEFGHIJKLMNOP","at":1,"body":{"kind":"motp","secret":"GEZDGNBV","pin":"1234"}}`,
	`{"id":"code/ABCDEFGHIJKLMNOP","at":1,"deleted":true}`,
	`{"id":"code/ABCDEFGHIJKLMNOP","at":1,"body":{"secret":"GEZDGNBVGY3TQOJQ","name":"a\"b"}}`,
	`{"id":"code/ABCDEFGHIJKLMNOP","at":01,"body":{"secret":"GEZDGNBVGY3TQOJQ"}}`,
	`{"id":"code/ABCDEFGHIJKLMNOP","at":1,"body":{"secret":"GEZDGNBVGY3TQOJQ",}}`,
	`{"id":"code/ABCDEFGHIJKLMNOP","at":1,"body":{,"secret":"GEZDGNBVGY3TQOJQ"}}`,
	`{"id":"code/ABCDEFGHIJKLMNOP","at":1,"body":{"secret":"GEZDGNBVGY3TQOJ1"}}`,
	`{"id":"code/ABCDEFGHIJKLMNOP","at":1,"body":{"secret":""}}`,
	`{"id":"code/ABCDEFGHIJKLMNOP","at":1,"body":{"secret":"GEZDGNBVGY3TQOJQ"}} `,
	`{"id":"","at":0,"body":{"secret":"GEZDGNBVGY3TQOJQ"}}`,
	"{\"id\":\"\xd1\",\"at\":0,\"deleted\":true}",
	`{"id":"code/ABCDEFGHIJKLMNOP","at":9223372036854775808,"body":{"secret":"GEZDGNBVGY3TQOJQ"}}`,
}

// What is read by hand is what encoding/json reads, and what it does not read is left to that.
func checkScan(t *testing.T, line []byte) (fast bool) {
	t.Helper()
	s, v, place, ok := scanStored(line)
	if !ok {
		return false
	}
	var want Stored
	if err := json.Unmarshal(line, &want); err != nil {
		t.Fatalf("%s: taken, but %v", line, err)
	}
	if !reflect.DeepEqual(s, want) {
		t.Fatalf("%s: read as %+v", line, s.ID)
	}
	if s.Deleted {
		return true
	}
	e, err := decode(want)
	if err != nil {
		t.Fatalf("%s: taken, but %v", line, err)
	}
	if got := e.view(); !reflect.DeepEqual(got, v) || place != e.Place {
		t.Fatalf("%s: read as %+v, want %+v", line, v, got)
	}
	return true
}

func TestScanReadsWhatJSONReads(t *testing.T) {
	for i, line := range lines {
		if got := checkScan(t, []byte(line)); got != (i < 4) {
			t.Errorf("%s: read by hand: %v", line, got)
		}
	}
}

func FuzzScan(f *testing.F) {
	for _, line := range lines {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) { checkScan(t, line) })
}
