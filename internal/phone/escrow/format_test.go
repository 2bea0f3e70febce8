package escrow

import (
	"bytes"
	"os"
	"testing"
)

// Whatever is read would have been written, byte for byte.
func FuzzParse(f *testing.F) {
	golden, err := os.ReadFile("testdata/v1.json")
	if err != nil {
		f.Fatal(err)
	}
	golden = bytes.TrimSpace(golden)
	f.Add(golden)
	f.Add(bytes.Replace(golden, []byte(`"v":1`), []byte(`"v":2`), 1))
	f.Add(bytes.Replace(golden, []byte(`"deleted":true`), []byte(`"deleted":false`), 1))
	f.Add([]byte(`{"v":1,"user":"u_AQIDBAUGBwgJCgsMDQ4PEA","generation":1,"account":{"id":"a","at":0,"body":{}},"codes":[],"devices":[]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		doc, err := parse(text)
		if err != nil {
			return
		}
		again, err := marshal(doc)
		if err != nil || !bytes.Equal(again, text) {
			t.Errorf("%q comes back as %q, %v", text, again, err)
		}
		m, err := Merge(doc, doc)
		if err != nil {
			t.Fatal(err)
		}
		if same, err := marshal(m); err != nil || !bytes.Equal(same, text) {
			t.Errorf("%q merged with itself is %q, %v", text, same, err)
		}
	})
}
