package wire

import (
	"testing"

	"avow/internal/authn"
)

// FuzzTelemetry: what is taken holds nothing that is not on a list, whatever was sent.
func FuzzTelemetry(f *testing.F) {
	f.Add([]byte(`{"v":1,"app":"1.2.0","family":"android","counters":[{"name":"approvals","times":"6-20"}]}`))
	f.Add([]byte(`{"v":1,"app":"anna","family":"laptop-42","counters":[{"name":"x","times":"7"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var r Telemetry
		if DecodeCommand(data, &r) != nil || r.Validate() != nil {
			return
		}
		if r.Version != 1 || !r.Family.Valid() || len(r.App) > 11 || len(r.Counters) > len(authn.Counters) {
			t.Errorf("%+v was taken", r)
		}
		for _, c := range r.Counters {
			if !c.Name.Valid() || !c.Times.Valid() {
				t.Errorf("%+v was taken", c)
			}
		}
	})
}

func TestBuckets(t *testing.T) {
	for n, want := range map[int]authn.Bucket{-1: "", 0: "", 1: "1", 2: "2-5", 5: "2-5", 6: "6-20", 20: "6-20", 21: ">20", 1 << 30: ">20"} {
		if got := authn.BucketOf(n); got != want || want != "" && !got.Valid() {
			t.Errorf("%d is in %q, want %q", n, got, want)
		}
	}
}
