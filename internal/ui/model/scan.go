package model

import (
	"context"
	"errors"
	"image"
	"io"
	"strings"
	"time"

	"avow/assets/translations"
	"avow/internal/authn"
	"avow/internal/phone"
	"avow/internal/phone/platform"
	"avow/internal/phone/scanner"
	"avow/internal/qr"
	"avow/internal/wire"
)

// scanState is the scanner while it is open.
type scanState struct {
	forRequest authn.RequestID // scan instead of typing the number
	hint       string
	typing     bool
	frame      image.Image
	stop       func()
	blind      bool      // the camera cannot be had
	foreign    time.Time // when a code was seen that is none of ours
}

// foreignFor is how long it is said that a code is none of ours, once the camera sees something else.
const foreignFor = 2 * time.Second

// ScanView is the page of the scanner.
type ScanView struct {
	Title         string
	Above         string
	Hint          string      // what it sees while it looks
	Wrong         bool        // the hint says that something cannot be used
	Frame         image.Image // the camera's; nil without one
	Typing        bool        // the field for a link is open
	Camera        bool        // there is one
	Displays      bool        // the screen can be looked at
	WithoutCamera string      // what to do when there is none
	Parts         string      // "2 of 3 scanned", of an export over several QR codes
	UseParts      string      // the button that goes on with those
}

// Scan is the view of PageScan.
func (a *App) Scan() ScanView {
	a.mu.Lock()
	defer a.mu.Unlock()
	v := ScanView{
		Title: a.print.T("app.scan.title"), Above: a.print.T("app.scan.above"), Hint: a.scan.hint, Frame: a.scan.frame, Typing: a.scan.typing,
	}
	v.Camera, v.WithoutCamera = a.cfg.Camera != nil && !a.scan.blind, a.print.T("app.scan.without_camera")
	v.Displays = a.cfg.Displays != nil && !a.blindDisplays
	switch a.tab {
	case PageComputers:
		v.Above = a.print.T("app.scan.above_computer")
	case PageCodes:
		v.Above = a.print.T("app.scan.above_code")
	}
	if a.scan.forRequest != "" {
		v.WithoutCamera = a.print.T("app.scan.without_camera_request")
		v.Above = a.print.T("app.scan.above_request")
	}
	if len(a.parts) > 0 {
		v.Parts = a.print.T("app.scan.parts", "Have", a.partsHave, "Total", a.partsOf)
		v.UseParts = a.print.T("app.scan.use_parts", "Have", a.partsHave, "Total", a.partsOf)
		if v.Hint == "" {
			v.Hint = v.Parts
		}
	}
	if a.fault != nil {
		v.Hint, v.Wrong = a.fault.Sentence, true
	}
	return v
}

// OpenScan opens the scanner, and the camera if there is one.
func (a *App) OpenScan() { a.openScan("") }

// ScanInstead opens the scanner to answer a request by the code on the screen that asks.
func (a *App) ScanInstead(id authn.RequestID) { a.openScan(id) }

func (a *App) openScan(id authn.RequestID) {
	a.change(func() {
		if a.top() != PageScan {
			a.stack = append(a.stack, PageScan)
		}
		a.endCamera()
		a.fault, a.scan = nil, scanState{forRequest: id}
	})
	a.startCamera()
}

// CloseScan leaves the scanner.
func (a *App) CloseScan() { a.change(func() { a.popIf(PageScan) }) }

// startCamera looks until something was read that can be used, or the scanner is closed. What cannot be used is said, and the camera looks on.
func (a *App) startCamera() {
	if a.cfg.Camera == nil {
		return
	}
	ctx, stop := context.WithCancel(a.ctx)
	a.change(func() { a.scan.stop = stop })
	a.cfg.Go(func() {
		a.camera.Lock() // the one before is let go first, or the system calls it busy
		defer a.camera.Unlock()
		frames, err := a.cfg.Camera.Start(ctx)
		if err != nil {
			a.cameraFault(ctx, err)
			return
		}
		shown := a.shown(ctx, frames)
		defer func() {
			for range frames { // they end when the camera was let go
			}
		}()
		for ctx.Err() == nil {
			found, err := scanner.WatchAll(ctx, shown, func(why error) { a.sees(ctx, why) })
			if err != nil {
				a.cameraFault(ctx, err)
				return
			}
			a.foundAll(found)
		}
	})
}

func (a *App) cameraFault(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	a.change(func() { a.scan.blind = true })
	if !errors.Is(err, platform.ErrNoCamera) {
		a.scanFault(err)
	}
}

// sees says what the camera sees, in place of what it saw a while ago.
func (a *App) sees(ctx context.Context, why error) {
	a.change(func() {
		if ctx.Err() != nil {
			return
		}
		a.scan.hint = a.hintOf(why)
		if a.fault != nil && a.cfg.Now().Sub(a.scan.foreign) > foreignFor {
			a.fault = nil
		}
	})
}

// shown passes frames on and keeps the newest for the screen.
func (a *App) shown(ctx context.Context, frames <-chan image.Image) <-chan image.Image {
	out := make(chan image.Image)
	go func() {
		defer close(out)
		for img := range frames {
			a.change(func() {
				if ctx.Err() == nil { // else the scanner was closed, and perhaps opened again
					a.scan.frame = img
				}
			})
			select {
			case out <- img:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// endCamera stops the camera; mu must be held.
func (a *App) endCamera() {
	if a.scan.stop != nil {
		a.scan.stop()
	}
	a.scan.stop, a.scan.frame = nil, nil
}

// hintOf says what the scanner sees; mu must be held.
func (a *App) hintOf(err error) string {
	var nf *qr.NotFoundError
	if !errors.As(err, &nf) {
		return ""
	}
	switch nf.Hint {
	case qr.HintTooFar:
		return a.print.T("app.scan.too_far")
	case qr.HintBlurred:
		return a.print.T("app.scan.blurred")
	case qr.HintTooDark:
		return a.print.T("app.scan.too_dark")
	case qr.HintOutside:
		return a.print.T("app.scan.outside")
	case qr.HintGlare:
		return a.print.T("app.scan.glare")
	case qr.HintUnreadable:
		return a.print.T("app.scan.unreadable")
	}
	return ""
}

// Picture reads a picture from a file or the clipboard and closes it.
func (a *App) Picture(r io.ReadCloser) {
	var found []scanner.Content
	begun := a.do(laneOther, a.T("app.busy.reading"), func(ctx context.Context) error {
		defer func() { _ = r.Close() }()
		var err error
		found, err = scanner.PictureAll(ctx, r)
		return err
	}, func(err error) {
		if err != nil {
			a.scanFault(err)
			return
		}
		a.foundAll(found)
	})
	if !begun {
		_ = r.Close()
	}
}

// ScanDisplays reads what stands on the computer's displays.
func (a *App) ScanDisplays() {
	if a.cfg.Displays == nil {
		return
	}
	var found []scanner.Content
	a.do(laneOther, a.T("app.busy.reading"), func(ctx context.Context) error {
		shots, err := a.cfg.Displays.Shots(ctx, image.Rectangle{})
		if err != nil {
			return err
		}
		var why error
		for _, shot := range shots {
			contents, err := scanner.ImageAll(ctx, shot)
			if err != nil {
				why = err
			}
			found = append(found, contents...)
		}
		if len(found) == 0 {
			return why
		}
		return nil
	}, func(err error) {
		switch {
		case errors.Is(err, platform.ErrNoScreen):
			a.change(func() { a.blindDisplays = true })
			a.scanFault(err)
		case err != nil:
			a.scanFault(err)
		default:
			a.foundAll(found)
		}
	})
}

// NoPicture says that a picture could not be opened.
func (a *App) NoPicture(err error) { a.scanFault(err) }

// Typing opens the field for a link.
func (a *App) Typing() { a.change(func() { a.scan.typing, a.fault = true, nil }) }

// Pastes tells whether what is on the clipboard can be of use on a page.
func Pastes(p Page) bool {
	return p == PageScan || p == PageProof || p == PageRestoreType || p == PageRestoreDigits
}

// Text takes a link that was pasted, typed or handed over by the system; where a code is asked for, also that.
func (a *App) Text(text string) {
	if a.pastedProof(text) || a.pastedCode(text) || a.pastedDigits(text) {
		return
	}
	if strings.TrimSpace(text) == "" {
		a.notThis("app.scan.empty")
		return
	}
	if a.pastedLinks(text) {
		return
	}
	a.found(scanner.Classify(text))
}

func (a *App) scanFault(err error) {
	a.change(func() {
		f := a.faultOf(err)
		if hint := a.hintOf(err); hint != "" {
			f.Sentence = hint
		}
		a.fault = &f
		a.showScan()
	})
}

// showScan has the scanner on top, where what was read is spoken of; mu must be held.
func (a *App) showScan() {
	if a.top() != PageScan {
		a.stack = append(a.stack, PageScan)
	}
}

// foundAll acts on what was read in one picture: several codes of other services are taken together, as if their links were pasted; else ours
// goes first, since other codes only stand beside it.
func (a *App) foundAll(found []scanner.Content) {
	if len(found) == 0 {
		return
	}
	of := found[0]
	var links []string
	for _, c := range found {
		switch c.Kind {
		case scanner.OTPAuth, scanner.Migration, scanner.Steam:
			links = append(links, c.Text)
		}
		if c.Link != nil && of.Link == nil {
			of = c
		}
	}
	if len(links) > 1 && of.Link == nil {
		a.Text(strings.Join(links, "\n"))
		return
	}
	a.found(of)
}

// found acts on what was read.
func (a *App) found(c scanner.Content) {
	switch link := c.Link.(type) {
	case wire.RegistrationLink:
		if a.answering("app.scan.not_the_request") {
			return
		}
		a.change(a.endCamera)
		a.invite(link)
	case wire.ApprovalLink:
		a.approveByCode(link)
	case wire.OfflineLink:
		if a.answering("app.scan.not_the_request_offline") {
			return
		}
		a.askOffline(link)
	case wire.DuplicateLink:
		if a.answering("app.scan.not_the_request") {
			return
		}
		a.askJoin(link)
	case wire.RestoreLink:
		if a.answering("app.scan.not_the_request") {
			return
		}
		a.scannedSheet(link)
	case wire.ComputerLink:
		a.notThis("app.scan.for_a_computer", "Command", "avow-login enroll")
	default:
		if c.Kind == scanner.OTPAuth || c.Kind == scanner.Migration || c.Kind == scanner.Steam {
			a.scannedCode(c)
			return
		}
		a.notThis(wordsFor(c.Kind))
	}
}

// answering reports whether a request waits for the code on the screen that asks, for which this one is not; it says so then.
func (a *App) answering(why translations.Message) bool {
	a.mu.Lock()
	asked := a.scan.forRequest != ""
	a.mu.Unlock()
	if asked {
		a.notThis(why)
	}
	return asked
}

func wordsFor(k scanner.Kind) translations.Message {
	switch k {
	case scanner.Damaged:
		return "app.scan.damaged"
	case scanner.Wifi:
		return "app.scan.wifi"
	case scanner.Contact:
		return "app.scan.contact"
	case scanner.URL:
		return "app.scan.url"
	}
	return "app.scan.text"
}

// notThis says why what was read cannot be used here; the camera looks on.
func (a *App) notThis(why translations.Message, args ...any) {
	a.change(func() {
		a.fault = &Fault{Title: a.print.T("app.fault.title"), Sentence: a.print.T(why, args...)}
		a.scan.foreign = a.cfg.Now()
		a.showScan()
	})
}

// approveByCode answers the request whose code was scanned: the code takes the place of the number. Whoever looked at the request and then
// scanned has said Yes; whoever comes with a code first is shown what it is about, and says Yes or No then (threat T3).
func (a *App) approveByCode(link wire.ApprovalLink) {
	r, err := a.cfg.Core.ByHandle(link)
	if err != nil {
		a.notThis("app.scan.no_request")
		return
	}
	var asked bool
	a.change(func() {
		asked = a.scan.forRequest == r.ID
		a.popIf(PageScan)
		delete(a.later, r.ID)
		a.request = requestState{id: r.ID, handle: link.Handle}
	})
	if asked {
		a.approve(r, phone.Match{Handle: link.Handle})
	}
}
