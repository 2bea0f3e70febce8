package web

import "time"

// MePage is what a user sees of her own account. GET /me.
//
//	POST /me/connect                 leads to the page that shows a QR for another phone (Connect)
//	GET  /me/devices/ID/remove       Confirm RemoveOwnDevice; POST
//	GET  /me/devices/ID/wipe         Confirm WipeOwnDevice; POST: scope (account | everything)
//	GET  /me/devices/ID/not-mine     Confirm NotMyDevice; POST
//	GET  /me/restores/ID/block       Confirm BlockOwnRestore; POST
//	GET  /me/backup                  Confirm FirstBackupCodes or NewBackupCodes; POST shows them (BackupCodesPage)
//	GET  /me/backup/noted            BackupCodeForm CodeToNote; POST
//	GET  /me/backup/connect          BackupCodeForm CodeToConnect; POST leads to the page that shows a QR
type MePage struct {
	Login, Mail, Phone string
	PasswordAt         time.Time
	PasswordEnds       time.Time   // a warning from 14 days before
	Pending            []DeviceRow // wait for "is this your phone?": above the others, as a slip
	Devices            []DeviceRow // what she connected, This first
	Gone               []DeviceRow // removed ones that are to be wiped
	Restore            Restore
	SignIns            []SignInRow
	MayConnect         bool
	Backup             Backup
	ByCode             bool // signed in with a backup code: less is possible
	ConnectsByCode     bool // and yet a phone can be connected, with a second code
}

// EndsSoon says whether the page warns that the password ends.
func (m MePage) EndsSoon(now time.Time) bool {
	return !m.PasswordEnds.IsZero() && m.PasswordEnds.Sub(now) < 14*24*time.Hour
}
