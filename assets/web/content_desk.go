package web

import "time"

// DeskPage is the service desk. GET /desk?q= finds; GET /desk/ID shows a person. It never holds the QR, the link or the PIN of a registration.
//
//	POST /desk/ID/check           way (device | mail | text | manager), manager (a login, for "manager"): starts a check
//	POST /desk/ID/check/code      check (CallerCheck.ID), code: what she reads out
//	POST /desk/ID/check/stop      check: stops it; nothing follows from it
//	POST /desk/ID/registration    how (mail | text), reason: after the check. Answered with MadeRegistration
//	POST /desk/ID/offline-code    computer (ID), reason: after the check. Answered with OfflineCodePage
//	POST /desk/ID/unpair          device (ID), reason: after the check. Answered with Confirm RemoveDevice
//	POST /desk/ID/code-lost       lost (mail | text), reason: after the check. Answered with MadeRegistration
//	POST /desk/ID/restore-code    restore (ID), reason: after the check. Answered with OneTimeCodePage
//	POST /desk/ID/restore-allow   reason: after the check. Answered with Confirm AllowRestore
//	POST /desk/ID/restore-unblock reason: after the check. Answered with Confirm UnblockRestore
//	POST /desk/ID/restore-block   reason: always. Answered with Confirm BlockRestore
//	POST /desk/ID/block           reason: always. Answered with Confirm BlockUser
//
// All acts are one form with one field "reason"; the buttons say where it goes.
type DeskPage struct {
	Live   // empty, except while a check is open
	Query  string
	Found  []DeskHit // when Person is nil
	Person *DeskPerson
	Check  CallerCheck
	Acts   DeskActs
}

// DeskHit is a person that the search found.
type DeskHit struct {
	Person Person
	Facts  string
	State  UserState
}

// DeskPerson is the person who calls.
type DeskPerson struct {
	Person     Person
	First      string // name as one speaks of her: "Anna"; Name where that is not known
	Facts      string // department, place; or mail
	State      UserState
	Devices    []DeviceRow
	LastYes    time.Time
	PasswordAt time.Time
	Mail       string // shortened: "a•••@lundenergy.example"; "" when there is none
	Phone      string // shortened: "•• 45 67"; "" when there is none
	HasPhone   bool   // has a device that can answer
	Restore    Restore
	BlockedAt  time.Time // of a blocked account
	BlockedBy  string
	Logs       []DebugLogRow // that she has sent
}

// DebugLogsPage is all debug logs that users have sent. GET /debug-logs?user=ID
type DebugLogsPage struct{ Rows []DebugLogRow }

// DebugLogPage is one of them. GET /debug-logs/ID
type DebugLogPage struct {
	Row   DebugLogRow
	Lines int
	Text  string // lines, cleaned; shown as text only
}

// DebugLogRow is a debug log in a list.
type DebugLogRow struct {
	ID        string
	Person    Person
	Device    string // its name
	App, OS   string // as the device has said them
	At, Until time.Time
	KB        int
	Note      string // what she wrote to it; ""
}

// CheckState is how a check stands; the words are those of authn.CallerCheck, and "" for none.
type CheckState string

// The states of a check.
const (
	CheckNone    CheckState = ""
	CheckOpen    CheckState = "open"
	CheckPassed  CheckState = "passed"
	CheckFailed  CheckState = "failed"  // No, wrong codes
	CheckExpired CheckState = "expired" // nobody answered in time
)

// CheckWay is how a caller is checked.
type CheckWay string

// The ways.
const (
	ByDevice     CheckWay = "device"
	ByMailCode   CheckWay = "mail"
	ByTextCode   CheckWay = "text"
	ByHerManager CheckWay = "manager"
)

// CallerCheck is the check in the middle of the page.
type CallerCheck struct {
	ID       string
	State    CheckState
	Way      CheckWay
	Number   string // six digits, for ByDevice: said by the desk, typed by her
	Manager  Person // for ByHerManager
	SentTo   string // for the codes, shortened
	Tries    int    // left, of the codes
	Left     time.Duration
	Lifetime time.Duration
	PassedAt time.Time
	Until    time.Time // acts are open until then
	Login    string    // of the manager, as it was typed
	Wrong    Wrong     // code, manager, "" (can't ask now)
}

// DeskActs is what can be done after the check.
type DeskActs struct {
	Computers []Choice // she has signed in to with a network: for an offline code
	Reason    string
	Hours     int   // how long a sent registration is good
	Wrong     Wrong // reason, how, lost, restore, computer, device, ""
}

// Choice is an option of a field.
type Choice struct{ Value, Text string }

// OfflineCodePage shows a code that the desk reads out, once.
type OfflineCodePage struct {
	Person   Person
	Computer string
	Code     string // in groups: "4821 9930"
	Left     time.Duration
	Lifetime time.Duration
	Remains  int // codes after this one
	Back     string
}
