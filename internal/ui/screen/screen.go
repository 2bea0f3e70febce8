// Package screen lays out the app's screens: each takes a view of package model and puts it together from widgets. It decides nothing and has no
// words of its own. A screen is made anew when what it shows changes in kind, and brought up to date when only numbers tick.
package screen

import (
	"io"
	"time"

	"fyne.io/fyne/v2"

	"avow/internal/ui/model"
	"avow/internal/ui/style"
	"avow/internal/ui/widgets"
)

// Frame is where a screen stands.
type Frame struct {
	Canvas fyne.Canvas
	Top    float32 // kept free for the system
	Bottom float32
	Scan   float32 // height over the tab bar that the round button takes; 0 without one
	Small  bool    // a phone under 700 px: keys are smaller, the ring too
	Wide   bool    // a desktop's window
	Keys   bool    // there are keys to type with
	Guard  *widgets.Guard
	Now    func() time.Time
	Files  Files
}

// Files is what a screen needs of the desktop or phone to get at pictures and texts.
type Files interface {
	// ChoosePicture lets the person choose a picture and hands it to the app.
	ChoosePicture()
	// Paste hands the clipboard's text, or picture where the system gives it, to the app.
	Paste()
	// ChooseFile lets the person choose an export of another app and hands it to the app.
	ChooseFile()
	// Copy puts a text on the clipboard.
	Copy(text string)
	// OpenURL hands a telephone number, a mail address or a page to the system.
	OpenURL(address string)
	// CopySecret puts a code on the clipboard, marked so that histories of the clipboard keep out of it, where the system knows such a mark.
	CopySecret(text string)
	// Uncopy clears the clipboard if that text is still on it.
	Uncopy(text string)
	// Save lets the person choose where to save a text.
	Save(name, text string)
	// SaveFile lets the person choose where to save something that is no text; saved is called once it is there.
	SaveFile(name string, data []byte, saved func())
	// SaveChecked lets the person choose where to save what write writes, reads that back for check, and tells done the name under which it lies there,
	// or what went wrong. Nothing is told when the person changes her mind.
	SaveChecked(name string, write func(io.Writer) error, check func(io.Reader) error, done func(name string, err error))
}

// Screen is one screen as it stands.
type Screen struct {
	Object fyne.CanvasObject
	// Names are the things that can be tapped or typed into, by a name that is the same in every language.
	Names map[string]fyne.CanvasObject
	// Update brings ticking numbers up to date; nil when there are none.
	Update func()
	// Fault says what went wrong, and is to be seen at once; nil when nothing did.
	Fault fyne.CanvasObject
	// Shown is called once the screen is on the canvas.
	Shown func()
	// Rune and Key get what is typed when nothing has the focus.
	Rune func(rune)
	Key  func(*fyne.KeyEvent)
	// Close ends what the screen began.
	Close func()
}

func newScreen() *Screen { return &Screen{Names: map[string]fyne.CanvasObject{}} }

// name makes an object findable and returns it.
func name[T fyne.CanvasObject](s *Screen, name string, o T) T {
	s.Names[name] = o
	return o
}

// page keeps a body away from the edges of a phone and in the middle of a wide window. The foot, with the act, stays where it is while the
// body scrolls, if it has to; nil for none. What is spare is left out where there is no room for it. refit is for words in the body that have changed.
func (f Frame) page(body, foot fyne.CanvasObject, spare ...fyne.CanvasObject) (page fyne.CanvasObject, refit func()) {
	const side = style.SpaceScreenMargin
	bottom := f.Bottom + style.SpaceAboveMainButton
	if foot == nil {
		page, refit = widgets.NewPage(widgets.Inset(f.Top, side, bottom, side, body), nil, spare...)
	} else {
		page, refit = widgets.NewPage(widgets.Inset(f.Top, side, style.Space2, side, body), widgets.Inset(style.Space1, side, bottom, side, foot), spare...)
	}
	if f.Wide {
		page = widgets.Middle(style.SizeRequestMaxWidth, page)
	}
	return page, refit
}

// New makes the screen of a page.
func New(p model.Page, a *model.App, f Frame) *Screen {
	switch p {
	case model.PageWelcome:
		return Welcome(a, f)
	case model.PageChoosePIN, model.PageChangePIN, model.PageResetPIN, model.PageLock, model.PageAskPIN:
		return PIN(p, a, f)
	case model.PageScan:
		return Scan(a, f)
	case model.PageConnect:
		return Connect(a, f)
	case model.PageProof:
		return Proof(a, f)
	case model.PageWords:
		return CheckWords(a, f)
	case model.PageConnected:
		return Connected(a, f)
	case model.PageRequest:
		return Request(a, f)
	case model.PageResult:
		return Result(a, f)
	case model.PageTrouble:
		return Trouble(a, f)
	case model.PageError:
		return Failure(a, f)
	case model.PageComputers:
		return Computers(a, f)
	case model.PageOfflineCode, model.PageListCode:
		return OfflineCode(a, f)
	case model.PageSettings:
		return Settings(a, f)
	case model.PageLockRules:
		return LockRules(a, f)
	case model.PageLockAfter:
		return LockAfter(a, f)
	case model.PageClearAfter:
		return ClearAfter(a, f)
	case model.PageNotifications:
		return Notifications(a, f)
	case model.PageLanguage:
		return Language(a, f)
	case model.PageTextSize:
		return TextSize(a, f)
	case model.PageRestoreOffer, model.PageRestoreWhy:
		return RestoreWhy(a, f)
	case model.PageRestore:
		return RestorePage(a, f)
	case model.PageRestoreCode:
		return RestoreCode(a, f)
	case model.PageRestoreSpelled:
		return RestoreSpelled(a, f)
	case model.PageRestoreNoted:
		return RestoreNoted(a, f)
	case model.PageRestoreReady:
		return RestoreReady(a, f)
	case model.PageRestoreType:
		return RestoreType(a, f)
	case model.PageRestoreDrill:
		return RestoreDrill(a, f)
	case model.PageRestoreFrom:
		return RestoreFrom(a, f)
	case model.PageRestoreConfirm:
		return RestoreConfirm(a, f)
	case model.PageRestoreDigits:
		return RestoreDigits(a, f)
	case model.PageRestoreWait:
		return RestoreWait(a, f)
	case model.PageRestored:
		return Restored(a, f)
	case model.PageOldDevices:
		return OldDevices(a, f)
	case model.PageColleagues:
		return Colleagues(a, f)
	case model.PageNoCode:
		return NoCode(a, f)
	case model.PageDevices:
		return Devices(a, f)
	case model.PageNewPhone:
		return NewPhone(a, f)
	case model.PageJoiner:
		return Joiner(a, f)
	case model.PageJoin:
		return Join(a, f)
	case model.PageJoinWords:
		return JoinWords(a, f)
	case model.PageForgot:
		return Forgot(a, f)
	case model.PageErased:
		return Erased(a, f)
	case model.PageCodes:
		return Codes(a, f)
	case model.PageCodesSort:
		return CodesSort(a, f)
	case model.PageCodesTrash:
		return CodesTrash(a, f)
	case model.PageCodeNew:
		return CodeNew(a, f)
	case model.PageCodeAdd, model.PageCodeEdit:
		return CodeForm(a, f)
	case model.PageCodeQR:
		return CodeQR(a, f)
	case model.PageImport:
		return Import(a, f)
	case model.PageImportPassword:
		return ImportPassword(a, f)
	case model.PageImportPlan:
		return ImportPlan(a, f)
	case model.PageExport:
		return Export(a, f)
	case model.PageExportSeal:
		return ExportSeal(a, f)
	case model.PageExportPlain:
		return ExportPlain(a, f)
	case model.PageExportReady:
		return ExportReady(a, f)
	case model.PageExportQR:
		return ExportQR(a, f)
	case model.PageActivity:
		return Activity(a, f)
	case model.PageEntry:
		return Entry(a, f)
	case model.PageSupport:
		return Support(a, f)
	case model.PageAbout:
		return About(a, f)
	case model.PageDebugLog:
		return DebugLog(a, f)
	case model.PageSendLog:
		return SendLog(a, f)
	case model.PageTelemetry:
		return AskTelemetry(a, f)
	case model.PagePrivacy:
		return Privacy(a, f)
	case model.PageReport:
		return Report(a, f)
	case model.PageLicences:
		return Licences(a, f)
	case model.PageLicence:
		return Licence(a, f)
	case model.PageHelp:
		return Help(a, f)
	}
	return Home(a, f)
}

// tone maps how a state feels to how a widget shows it.
func tone(t model.Tone) widgets.Tone {
	switch t {
	case model.Good:
		return widgets.Good
	case model.Wait:
		return widgets.Warn
	case model.Bad:
		return widgets.Bad
	}
	return widgets.Quiet
}

// Beside stands two screens beside each other, each at most so wide. What can be found on the second has its name with "codes-" before it where the first
// has that name, too; keys go to the first.
func Beside(first, second *Screen, most float32) *Screen {
	s := &Screen{Object: widgets.Halves(0, widgets.Middle(most, first.Object), widgets.Middle(most, second.Object)), Names: first.Names, Rune: first.Rune, Key: first.Key}
	for called, o := range second.Names {
		if _, taken := s.Names[called]; taken {
			called = "codes-" + called
		}
		s.Names[called] = o
	}
	both := func(a, b func()) func() {
		return func() {
			if a != nil {
				a()
			}
			if b != nil {
				b()
			}
		}
	}
	s.Update, s.Shown, s.Close = both(first.Update, second.Update), both(first.Shown, second.Shown), both(first.Close, second.Close)
	return s
}
