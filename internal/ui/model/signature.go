package model

import "fmt"

// Signature changes when the screen of a page has to be made anew. What only ticks or turns, the time left, a busy button, what is
// typed, is not in it: for that a screen has its Update.
func (a *App) Signature(p Page) string {
	return fmt.Sprintf("%s|%+v", a.printer().Language(), a.structure(p))
}

func (a *App) structure(p Page) any {
	switch p {
	case PageHome:
		v := a.Home()
		v.Busy = ""
		for i := range v.Requests {
			v.Requests[i].Left, v.Requests[i].Part = "", 0
		}
		last, computers, restore := v.Last, v.Computers, v.Restore
		v.Last, v.Computers, v.Restore = nil, nil, nil
		return []any{v, pointed(last), pointed(computers), pointed(restore)}
	case PageComputers:
		return a.Computers()
	case PageOfflineCode, PageListCode:
		v := a.Offline()
		v.Left, v.Part, v.Urgent, v.Below = "", 0, false, ""
		shown := v.Code != ""
		v.Code, v.Hint = "", "" // Turn stands for them: a signature outlives what is hidden
		return []any{v, shown}
	case PageRequest:
		v, _ := a.Request()
		return []any{v.ID, v.Facts, v.Match, v.More, v.Shows}
	case PageActivity:
		v := a.Activity()
		proof := v.Proof
		v.Proof = nil
		return []any{v, pointed(proof)}
	case PageEntry:
		return a.Entry()
	case PageSupport:
		return a.SupportView()
	case PageScan:
		v := a.Scan()
		return []any{v.Typing, v.Camera, v.UseParts}
	case PageConnect:
		v := a.Connect()
		v.Busy = ""
		return v
	case PageProof:
		v := a.Proof()
		return []any{v.Kind, v.Title, v.Host, v.Account}
	case PageChoosePIN, PageChangePIN, PageResetPIN, PageLock, PageAskPIN:
		v := a.PIN()
		return []any{v.Initials, v.Name, v.Below, v.Biometric, v.Forgot, v.Alerts, v.Blocked}
	case PageLockRules, PageLockAfter, PageClearAfter:
		return a.LockRules()
	case PageNotifications:
		v := a.Notifications()
		v.Busy = ""
		return v
	case PageSettings, PageLanguage, PageTextSize:
		return a.SettingsView()
	case PageDebugLog, PageSendLog:
		return a.logStructure(p)
	case PageAbout:
		return a.SettingsView()
	case PageLicence:
		return a.Licence().Title
	case PageTelemetry, PagePrivacy, PageReport:
		return a.privacyStructure(p)
	case PageWelcome:
		return a.Welcome()
	case PageResult:
		return a.ResultView()
	case PageCodes, PageCodesSort, PageCodesTrash, PageCodeAdd, PageCodeNew, PageCodeEdit, PageCodeQR:
		return a.codesStructure(p)
	case PageImport, PageImportPassword, PageImportPlan, PageExport, PageExportSeal, PageExportPlain, PageExportReady, PageExportQR:
		return a.transferStructure(p)
	case PageError:
		v := a.Failure()
		away := v.Away
		v.Away = nil
		return []any{v, pointed(away)}
	case PageWords:
		return a.CheckWords()
	case PageConnected:
		return a.ConnectedView()
	}
	return a.restoreStructure(p)
}

// restoreStructure is structure for the pages of restore, devices and a new phone. A code that is shown is not in it: a signature outlives what is hidden.
func (a *App) restoreStructure(p Page) any {
	switch p {
	case PageRestoreOffer, PageRestoreWhy:
		return a.RestoreWhy()
	case PageRestore:
		v := a.RestorePage()
		v.Busy = ""
		return v
	case PageRestoreCode:
		v := a.RestoreCode()
		v.Groups = nil
		return v
	case PageRestoreNoted:
		v := a.RestoreNoted()
		return []any{v.Number, v.Step}
	case PageRestoreReady:
		return a.RestoreReady()
	case PageRestoreType:
		v := a.RestoreType()
		return []any{v.Title, v.Text, v.Scan}
	case PageRestoreDrill:
		return a.RestoreDrill()
	case PageRestoreConfirm:
		return a.RestoreConfirm()
	case PageRestoreDigits:
		v := a.RestoreDigits()
		return []any{v.Title, v.Text, v.Resend, v.Left != ""}
	case PageRestoreWait:
		v := a.RestoreWait()
		if len(v.Facts) > 1 {
			v.Facts = v.Facts[:1] // the time left ticks
		}
		return v
	case PageRestored:
		return a.Restored()
	case PageOldDevices:
		return a.OldDevices()
	case PageColleagues:
		v := a.Colleagues()
		v.Wrong = ""
		return v
	case PageNoCode:
		return a.NoCode()
	case PageDevices:
		v := a.Devices()
		this := v.This
		v.This = nil
		return []any{v, pointed(this)}
	case PageNewPhone:
		v := a.NewPhone()
		v.Left, v.Part, v.Urgent = "", 0, false
		shown := v.QR != ""
		v.QR = ""
		return []any{v, shown}
	case PageJoiner:
		v := a.Joiner()
		v.Busy = ""
		return v
	case PageJoin:
		return a.Join()
	case PageJoinWords:
		return a.JoinWords()
	case PageForgot:
		return a.Forgot()
	case PageErased:
		return a.Erased()
	}
	return nil
}

// pointed is what a pointer leads to, so that it is printed.
func pointed[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

// Choices are the person's settings.
func (a *App) Choices() Choices { return a.cfg.Settings.Get() }

// codesStructure is structure for the codes of other services. Rows, what is searched, and keys are not in it.
func (a *App) codesStructure(p Page) any {
	switch p {
	case PageCodes:
		v := a.Codes()
		return []any{v.Groups, v.Exportable, v.Empty != "" && v.Text == ""}
	case PageCodesSort:
		v := a.Sort()
		return []any{v.Order, v.Count == 0}
	case PageCodesTrash:
		return a.Trash().Count == 0
	case PageCodeNew:
		return a.NewCode()
	case PageCodeQR:
		v := a.CodeQR()
		return []any{v.Title, v.Turn, v.QR != ""}
	}
	v := a.Form()
	return []any{v.Edit, v.More, v.Form.Kind, v.Form.Method, v.Known}
}

// transferStructure is structure for import and export.
func (a *App) transferStructure(p Page) any {
	switch p {
	case PageImport:
		return a.ImportStart()
	case PageImportPassword:
		return a.ImportPassword().Title
	case PageImportPlan:
		return a.Plan()
	case PageExport:
		return a.ExportStart()
	case PageExportSeal:
		return a.Seal().Go
	case PageExportPlain:
		return a.Plain().Go
	}
	v := a.Ready()
	v.QR = "" // At stands for it
	return v
}
