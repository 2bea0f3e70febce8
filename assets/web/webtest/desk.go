package webtest

import (
	"time"

	"avow/assets/web"
)

func deskPages(signed func(string, web.Name, web.Section, web.Role, string, any, bool)) {
	add := func(title string, p web.DeskPage) {
		signed(title, web.Desk, "", web.ServiceDesk, "/desk/u_anna", p, p.Person == nil && p.Found == nil)
	}
	live := web.Live{State: "open", Events: "/desk/u_anna/events"}
	person := &web.DeskPerson{
		Person: anna, First: "Anna", Facts: "Grid planning, Lund", State: web.UserConnected, Devices: devices(false)[:2], LastYes: at(-time.Minute),
		PasswordAt: day(2026, 1, 12, 8), Mail: "a•••@lundenergy.example", Phone: "•• 45 67", HasPhone: true, Restore: restoreOn(),
	}
	acts := web.DeskActs{Hours: 24, Computers: []web.Choice{{Value: "c_42", Text: "LAPTOP-42"}, {Value: "c_17", Text: "LAPTOP-17"}}, Reason: "Case 20931: new phone after a repair"}
	check := web.CallerCheck{ID: "k_1", State: web.CheckOpen, Way: web.ByDevice, Number: "482913", Left: 96 * time.Second, Lifetime: 2 * time.Minute}
	page := web.DeskPage{Query: "anna.lind", Person: person, Acts: acts}

	add("desk start", web.DeskPage{})
	add("desk nothing found", web.DeskPage{Query: "nobody"})
	add("desk found", web.DeskPage{Query: "a", Found: []web.DeskHit{
		{Person: anna, Facts: "Grid planning, Lund", State: web.UserConnected}, {Person: wilma, State: web.UserNoPhone}, {Person: karin, State: web.UserIsBlocked}, {Person: erik, State: web.UserWaiting},
	}})
	add("desk choose", page)
	page.Live, page.Check = live, check
	add("desk number", page)
	page.Check.Way, page.Check.SentTo, page.Check.Tries, page.Check.Wrong = web.ByTextCode, "•• 45 67", 2, web.Wrong{"code": "Not this code."}
	add("desk code", page)
	page.Check = web.CallerCheck{ID: "k_2", State: web.CheckOpen, Way: web.ByHerManager, Manager: johan, Number: "771204", Left: 20 * time.Second, Lifetime: 2 * time.Minute}
	add("desk manager", page)
	page.Live = web.Live{}
	page.Check = web.CallerCheck{ID: "k_1", State: web.CheckPassed, Way: web.ByDevice, PassedAt: at(0), Until: at(15 * time.Minute)}
	add("desk passed", page)
	page.Acts.Wrong = web.Wrong{"": "Nothing was done.", "reason": "Say why.", "how": "There is no mail address.", "computer": "There is no code left.", "device": "Choose one."}
	add("desk passed wrong", page)
	page.Acts.Wrong = nil
	restoring := *person
	restoring.Restore = restoreUnderWay()
	restoring.Restore.AllowedUntil = time.Time{}
	page.Person = &restoring
	page.Acts.Wrong = web.Wrong{"restore": "This restore is over."}
	add("desk restoring", page)
	blocked := *person
	blocked.State, blocked.BlockedAt, blocked.BlockedBy = web.UserIsBlocked, at(-50*time.Hour), "maja.berg"
	blocked.Restore = web.Restore{State: web.RestoreIsBlocked, Policy: web.RestoreAllowed, BlockedAt: at(-time.Hour), Locked: true}
	page.Person = &blocked
	page.Acts.Wrong = web.Wrong{"lost": "There is no mail address.", "restore": "It is blocked."}
	add("desk restore blocked", page)
	page.Person, page.Acts.Wrong = person, nil
	page.Check = web.CallerCheck{ID: "k_1", State: web.CheckFailed, Way: web.ByDevice, Login: "nobody", Wrong: web.Wrong{"": "The phone can't be asked now.", "manager": "There is no such user."}}
	add("desk failed", page)
	page.Check = web.CallerCheck{State: web.CheckExpired}
	page.Person = &web.DeskPerson{Person: wilma, First: long, State: web.UserIsBlocked, Restore: web.Restore{State: web.RestoreOff, Policy: web.RestoreForbidden}}
	page.Acts = web.DeskActs{Hours: 24}
	add("desk long", page)
	page.Check = web.CallerCheck{State: web.CheckPassed}
	add("desk passed nothing", page)

	rows := []web.DebugLogRow{
		{ID: "l_1", Person: anna, Device: "Anna's phone", App: "avow 0.1.0", OS: "Android 16", At: at(-time.Hour), Until: day(2026, 3, 15, 8), KB: 42, Note: "No request came this morning"},
		{ID: "l_2", Person: wilma, Device: long, App: "avow 0.1.0", OS: "Linux", At: at(-50 * time.Hour), Until: day(2026, 3, 13, 8), KB: 1},
	}
	withLogs := *person
	withLogs.Logs = rows[:1]
	add("desk logs", web.DeskPage{Query: "anna.lind", Person: &withLogs, Acts: web.DeskActs{Hours: 24}})
	signed("debug logs", web.DebugLogs, "", web.ServiceDesk, "/debug-logs", web.DebugLogsPage{Rows: rows}, false)
	signed("debug logs none", web.DebugLogs, "", web.ServiceDesk, "/debug-logs", web.DebugLogsPage{}, false)
	signed("debug log", web.DebugLog, "", web.ServiceDesk, "/debug-logs/l_1", web.DebugLogPage{
		Row: rows[0], Lines: 2, Text: "2026-11-26T09:00:00.000Z WARN the server can't be reached err=unreachable at=sync.go:120\n2026-11-26T09:00:05.000Z INFO <script>alert(1)</script>\n",
	}, false)

	signed("offline code", web.OfflineCode, "", web.ServiceDesk, "/desk/u_anna/offline-code", web.OfflineCodePage{
		Person: anna, Computer: "LAPTOP-42", Code: "4821 9930", Left: 110 * time.Second, Lifetime: 2 * time.Minute, Remains: 7, Back: "/desk/u_anna",
	}, false)
	signed("one-time code", web.OneTimeCode, "", web.ServiceDesk, "/desk/u_anna/restore-code", web.OneTimeCodePage{
		Person: anna, Phone: restoreUnderWay().Open[0], Code: "4821 9930", Left: 590 * time.Second, Lifetime: 10 * time.Minute, Back: "/desk/u_anna",
	}, false)
}

func signIns() []web.SignInRow {
	return []web.SignInRow{
		{ID: "w_1", Agent: "Firefox, Windows", Place: "Lund, 192.0.2.14", Since: at(-2 * time.Hour), SeenAt: at(0), Current: true},
		{ID: "w_2", Agent: "Chrome, Android", Place: "2001:db8:85a3:1319:8a2e:370:7348:1234", Since: day(2026, 3, 1, 8), SeenAt: at(-25 * time.Hour)},
	}
}

func mePages(signed func(string, web.Name, web.Section, web.Role, string, any, bool)) {
	me := web.MePage{
		Login: "anna.lind", Mail: "anna.lind@lundenergy.example", Phone: "+46 70 123 45 67", PasswordAt: day(2026, 1, 12, 8), PasswordEnds: day(2026, 3, 12, 8),
		Devices: devices(true), SignIns: signIns(), MayConnect: true, Restore: restoreOn(),
		Backup: web.Backup{State: web.BackupLeft, Left: 7, MadeAt: day(2026, 1, 12, 8)},
	}
	signed("me", web.Me, "", web.NoRole, "/me", me, false)
	me.Restore, me.Gone = restoreUnderWay(), wiped()[:5]
	me.Devices = append(me.Devices, wiped()[5])
	me.Backup = web.Backup{State: web.BackupUnnoted, MadeAt: at(-time.Hour)}
	signed("me restoring", web.Me, "", web.NoRole, "/me", me, false)
	me.Restore, me.Gone = web.Restore{State: web.RestoreIsBlocked, Policy: web.RestoreAllowed, BlockedAt: at(-time.Hour), BlockedBy: "Kim Olsson"}, nil
	me.Pending = devices(false)[2:3]
	me.PasswordEnds = time.Time{}
	me.Backup = web.Backup{State: web.BackupOver, MadeAt: day(2025, 1, 12, 8)}
	signed("me pending", web.Me, "", web.NoRole, "/me", me, false)
	byCode := web.MePage{
		Login: "anna.lind", Devices: devices(true)[:1], SignIns: signIns(), ByCode: true, Restore: restoreOn(), Backup: web.Backup{State: web.BackupLeft, Left: 6, MadeAt: day(2026, 1, 12, 8)},
	}
	byCode.SignIns[0].ByCode = true
	signed("me by backup code", web.Me, "", web.NoRole, "/me", byCode, false)
	byCode.ConnectsByCode = true
	signed("me by backup code connects", web.Me, "", web.NoRole, "/me", byCode, false)
	mine := web.BackupCodesPage{Login: "anna.lind", MadeAt: day(2026, 3, 3, 10), Codes: []string{
		"0-4H7K-9MPD-2XQ8V", "1-B3TN-W6YF-5RJ0C", "2-8ZGE-K1HS-7AVM4", "3-MMMM-WWWW-MWMWM", "4-1111-1111-11111", "5-Q9PD-3XNB-T6KWE", "6-C0RY-5FJH-8S2ZG", "7-AV4M-E7KQ-1D9XP",
		"8-N6TB-H3WY-4GZ0R", "9-JF58-SVCM-K2Q7A",
	}}
	signed("backup codes", web.BackupCodes, "", web.NoRole, "/me", mine, false)
	mine.Login, mine.Codes = long, mine.Codes[3:4]
	signed("backup codes long", web.BackupCodes, "", web.NoRole, "/me", mine, false)
	signed("backup noted", web.BackupCode, "", web.NoRole, "/me/backup/noted", web.BackupCodeForm{For: web.CodeToNote, Form: "f0"}, false)
	signed("backup noted wrong", web.BackupCode, "", web.NoRole, "/me/backup/noted", web.BackupCodeForm{For: web.CodeToNote, Form: "f0", Wrong: web.Wrong{"backup": "This is none of the newest ten."}}, false)
	signed("backup connect", web.BackupCode, "", web.NoRole, "/me/backup/connect", web.BackupCodeForm{For: web.CodeToConnect, Form: "f0"}, false)
	signed("me empty", web.Me, "", web.NoRole, "/me", web.MePage{Restore: web.Restore{State: web.RestoreOff, Policy: web.RestoreForbidden}, Backup: web.Backup{State: web.BackupNone}}, true)
	signed("sign-ins", web.MySignIns, "", web.Admin, "/sign-ins", web.SignIns{Rows: signIns()}, false)
	signed("sign-ins empty", web.MySignIns, "", web.NoRole, "/sign-ins", web.SignIns{}, true)
	for _, k := range []web.ConfirmKind{web.RemoveOwnDevice, web.NotMyDevice, web.EndSignIns, web.BlockOwnRestore, web.FirstBackupCodes, web.NewBackupCodes} {
		signed("confirm "+string(k), web.Question, "", web.NoRole, "/me/devices/d_1/remove", web.Confirm{Kind: k, Name: "Pixel 8", Post: "/me/devices/d_1/remove", Back: "/me"}, false)
	}
	signed("confirm wipe_own_device", web.Question, "", web.NoRole, "/me/devices/d_1/wipe", web.Confirm{
		Kind: web.WipeOwnDevice, Name: "Pixel 8", Post: "/me/devices/d_1/wipe", Back: "/me", Choices: web.WipeChoices(),
	}, false)
}
