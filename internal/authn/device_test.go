package authn

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDeviceRights_R012_R032(t *testing.T) {
	tests := []struct {
		state           DeviceState
		usable, approve string
	}{
		{DevicePending, "", "device_pending"},
		{DeviceActive, "", ""},
		{DeviceRevoked, "device_revoked", "device_revoked"},
		{"no such state", "device_revoked", "device_revoked"},
	}
	for _, tt := range tests {
		d := Device{State: tt.state}
		if got := CodeOf(d.Usable()); got != tt.usable {
			t.Errorf("%s: Usable gives %q, want %q", tt.state, got, tt.usable)
		}
		if got := CodeOf(d.MayApprove()); got != tt.approve {
			t.Errorf("%s: MayApprove gives %q, want %q", tt.state, got, tt.approve)
		}
	}
}

// TestRevokedForEver: whatever happens to a device in whatever order, after Revoke it approves nothing.
func TestRevokedForEver_R032(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Device{State: DevicePending}
		now, revokedAt := t0, time.Time{}
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "seconds")) * time.Second)
			if rapid.Bool().Draw(t, "confirm") {
				next, err := d.Confirm(now)
				if (err == nil) == !revokedAt.IsZero() {
					t.Fatalf("confirm of a %s device: %v", d.State, err)
				}
				d = next
			} else {
				if revokedAt.IsZero() {
					revokedAt = now
				}
				d = d.Revoke(now)
			}
			if !revokedAt.IsZero() && (d.MayApprove() == nil || d.Usable() == nil || !d.RevokedAt.Equal(revokedAt)) {
				t.Fatalf("a device revoked at %v is %+v", revokedAt, d)
			}
		}
	})
}

func TestDeviceInfoClean(t *testing.T) {
	got := DeviceInfo{Name: "Anna\u202e<b>", Model: "Pixel\n8", OS: "Android\x1b16", App: "1.0.0\r\n"}.Clean()
	want := DeviceInfo{Name: "Annab", Model: "Pixel 8", OS: "Android 16", App: "1.0.0"}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := (DeviceInfo{Name: "\u200b"}).Clean().Name; got != "Unnamed device" {
		t.Errorf("a device without a name is called %q", got)
	}
}

func TestUserVerification(t *testing.T) {
	for v, want := range map[UserVerification][2]bool{
		UVNone: {true, false}, UVPIN: {true, true}, UVBiometric: {true, true}, UVDevice: {true, true}, "": {false, false}, "face": {false, false},
	} {
		if v.Valid() != want[0] || v.Happened() != want[1] {
			t.Errorf("%q: valid %v, happened %v", v, v.Valid(), v.Happened())
		}
	}
}
