package model

import (
	"slices"
	"strings"

	"avow/internal/otp"
	"avow/internal/phone/scanner"
	"avow/internal/phone/transfer"
)

// scannedCode acts on a code of another service, or on a part of another app's export, that was scanned or pasted.
func (a *App) scannedCode(c scanner.Content) {
	if a.answering("app.scan.not_the_request") {
		return
	}
	if c.Kind == scanner.Migration {
		a.scannedPart(c.Text)
		return
	}
	found, err := transfer.ReadParts([]string{c.Text})
	if err == nil && len(found.Unreadable) > 0 {
		err = found.Unreadable[0].Err
	}
	if err != nil || len(found.Items) == 0 {
		found.Wipe()
		a.scanFault(err)
		return
	}
	item := found.Items[0]
	a.change(func() {
		a.popIf(PageScan)
		a.forgetNewCode()
		a.newCode, a.fault = &item, nil
		a.stack = append(slices.DeleteFunc(a.stack, func(p Page) bool { return p == PageCodeNew }), PageCodeNew)
	})
}

// forgetNewCode wipes the code that was scanned; mu must be held.
func (a *App) forgetNewCode() {
	if a.newCode != nil {
		a.newCode.Code.Secret.Wipe()
	}
	a.newCode = nil
}

// scannedPart keeps a part of an export that is spread over several QR codes, until all are there.
func (a *App) scannedPart(text string) {
	alone, err := readParts([]otp.Secret{otp.Secret(text)})
	useless := err != nil || len(alone.Items) == 0 && len(alone.Missing) == 0
	alone.Wipe()
	if useless {
		a.notThis("app.scan.part_damaged")
		return
	}
	a.mu.Lock()
	parts := a.parts
	if !slices.ContainsFunc(parts, func(p otp.Secret) bool { return string(p) == text }) {
		parts = append(slices.Clone(parts), otp.Secret(text))
	}
	a.mu.Unlock()
	found, err := readParts(parts)
	if err != nil {
		a.scanFault(err)
		return
	}
	if len(found.Missing) == 0 {
		a.change(func() { a.popIf(PageScan) })
		a.planned(found, false)
		return
	}
	a.change(func() {
		a.parts, a.partsOf, a.fault = parts, found.Parts, nil
		a.partsHave = found.Parts - len(found.Missing)
		a.showScan()
	})
	found.Wipe()
}

func readParts(parts []otp.Secret) (transfer.Found, error) {
	texts := make([]string, len(parts))
	for i, p := range parts {
		texts[i] = string(p)
	}
	return transfer.ReadParts(texts)
}

// UseParts goes on with the parts that were scanned, though some are missing.
func (a *App) UseParts() {
	a.mu.Lock()
	parts := slices.Clone(a.parts)
	for i := range parts {
		parts[i] = slices.Clone(parts[i])
	}
	a.mu.Unlock()
	if len(parts) == 0 {
		return
	}
	found, err := readParts(parts)
	if err != nil {
		a.scanFault(err)
		return
	}
	a.change(func() { a.popIf(PageScan) })
	a.planned(found, false)
}

// forgetParts wipes the parts; mu must be held.
func (a *App) forgetParts() {
	for _, p := range a.parts {
		p.Wipe()
	}
	a.parts, a.partsOf, a.partsHave = nil, 0, 0
}

// pastedLinks takes several links at once, each on a line of its own, and reports whether the text was that.
func (a *App) pastedLinks(text string) bool {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	if len(lines) < 2 || slices.ContainsFunc(lines, func(l string) bool {
		k := scanner.Classify(l).Kind
		return k != scanner.OTPAuth && k != scanner.Migration && k != scanner.Steam
	}) {
		return false
	}
	if a.answering("app.scan.not_the_request") {
		return true
	}
	found, err := transfer.ReadParts(lines)
	if err != nil {
		a.scanFault(err)
		return true
	}
	a.change(func() { a.popIf(PageScan) })
	a.planned(found, false)
	return true
}
