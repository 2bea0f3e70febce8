package webtest

import (
	"time"

	"avow/assets/web"
)

func restoreOn() web.Restore {
	return web.Restore{State: web.RestoreOn, Policy: web.RestoreAutomatic, CodeAt: day(2026, 1, 12, 8), ProvenAt: day(2026, 2, 9, 8)}
}

// restoreUnderWay has one of each that can be open.
func restoreUnderWay() web.Restore {
	r := web.Restore{State: web.RestoreOn, Policy: web.RestoreLimited, CodeAt: day(2026, 1, 12, 8), AllowedUntil: at(20 * time.Hour)}
	r.Open = []web.RestoreRow{
		{ID: "x_1", State: web.RestoreProved, Name: "Pixel 9", Facts: "Google Pixel 9 · Android 16", Place: "192.0.2.14", At: at(-4 * time.Minute), DeskCode: true},
		{ID: "x_2", State: web.RestoreHeld, Name: long, Facts: long, Place: "2001:db8:85a3:1319:8a2e:370:7348:1234", At: at(-26 * time.Hour), Until: at(22 * time.Hour)},
		{ID: "x_3", State: web.RestoreAsking, Colleagues: true, Name: "Fairphone 6", Facts: "Fairphone 6 · Android 16", Place: "192.0.2.14", At: at(-time.Hour), Needed: 2, Approved: 1},
	}
	return r
}

// wiped has a device in each state of a wipe.
func wiped() (rows []web.DeviceRow) {
	for i, s := range []web.WipeState{web.WipeRequested, web.WipeDelivered, web.WipeConfirmed, web.WipeSealed, web.WipeNeverSeen} {
		d := devices(false)[0]
		d.ID, d.State, d.Wipe, d.WipeAt = "d_"+string(s), web.DeviceRevoked, s, at(-time.Duration(i*i*26)*time.Hour)
		rows = append(rows, d)
	}
	d := devices(false)[0]
	d.Origin, d.Probation = "portal.device.by_duplicate", at(22*time.Hour)
	return append(rows, d)
}
