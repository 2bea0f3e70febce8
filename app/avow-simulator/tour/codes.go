package tour

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"

	"fyne.io/fyne/v2"

	"avow/internal/key"
	"avow/internal/otp"
	"avow/internal/phone/transfer"
	"avow/internal/qr"
	"avow/internal/testenv/camera"
	"avow/internal/ui/model"
)

// filePassword protects the files of this part.
const filePassword = "correct horse battery"

// codes adds a code of another service by the camera, brings more from another app, uses one, deletes one, and takes all of them out.
func (t *tour) codes() error {
	for _, s := range []struct {
		what string
		do   func() error
	}{
		{"Codes: the camera sees the QR of another service; add it?", t.scanService},
		{"a protected file of another app: its password, then what is in it", t.importFile},
		{"tap a code: it is on the clipboard", t.copyCode},
		{"delete it; it lies in the trash, and comes back", t.trashCode},
		{"export all into a protected file; it is read back where it lies", t.exportCodes},
	} {
		if err := t.do(s.what, s.do); err != nil {
			return err
		}
	}
	return nil
}

func (t *tour) scanService() error {
	t.model.GoTo(model.PageCodes)
	if err := errors.Join(t.page(model.PageCodes), t.shot("codes-empty"), t.tap("scan"), t.page(model.PageScan)); err != nil {
		return err
	}
	code, err := qr.Encode("otpauth://totp/GitHub:anna-lind?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=GitHub", qr.LevelM)
	if err != nil {
		return err
	}
	frame := camera.HandHeld.Frame(code.Image(8), image.Rectangle{}, image.Pt(720, 1280), 7)
	if err := t.await("the question", func() bool { t.phone.Camera.Show(frame); return t.shell.Page() == model.PageCodeNew }); err != nil {
		return err
	}
	return errors.Join(t.page(model.PageCodeNew), t.shot("code-new"), t.tap("add"), t.page(model.PageCodes), t.await("its row", func() bool { return t.model.Codes().Count == 1 }))
}

// otherApp is what another app exports: nobody's keys.
func otherApp(ctx context.Context) ([]byte, error) {
	var items []transfer.Item
	for i, x := range []struct{ issuer, account, group string }{
		{"Lund VPN", "anna.lind", "Work"},
		{"AWS", "lundenergy-prod", "Servers"},
		{"Nextcloud", "anna", "Private"},
		{"Steam", "annalind", "Private"},
		{"Fastmail", "anna@lind.example", "Private"},
		{"Hetzner", "K1029384", "Servers"},
	} {
		c := otp.Code{
			Kind: otp.TOTP, Issuer: x.issuer, Account: x.account, Secret: bytes.Repeat([]byte{byte('A' + i)}, 20), Algorithm: otp.SHA1, Digits: 6, Period: 30,
		}
		if x.issuer == "Steam" {
			c.Kind, c.Digits = otp.Steam, otp.SteamDigits
		}
		items = append(items, transfer.Item{Code: c, Groups: []string{x.group}})
	}
	x, err := transfer.MakeExport(ctx, transfer.Aegis, items, transfer.ExportOptions{Passphrase: key.Secret(filePassword)})
	if err != nil {
		return nil, err
	}
	defer x.Wipe()
	var b bytes.Buffer
	_, err = x.WriteTo(&b)
	return b.Bytes(), err
}

func (t *tour) importFile() error {
	data, err := otherApp(t.ctx)
	if err != nil {
		return err
	}
	t.files.open = data
	t.model.OpenImport()
	if err := errors.Join(t.page(model.PageImport), t.shot("import"), t.tap("choose"), t.page(model.PageImportPassword)); err != nil {
		return err
	}
	if err := errors.Join(t.write("password", filePassword), t.shot("import-password"), t.tap("open"), t.page(model.PageImportPlan), t.shot("import-plan")); err != nil {
		return err
	}
	if n := t.model.Codes().Count; n != 1 {
		return fmt.Errorf("there are %d codes before anything was confirmed", n)
	}
	return errors.Join(t.tap("import"), t.page(model.PageCodes), t.await("the codes", func() bool { return t.model.Codes().Count == 7 }), t.shot("codes"))
}

// row is the i-th row of the list that is shown.
func (t *tour) row(i int) (o fyne.CanvasObject, err error) {
	list, ok := t.shell.Find("list").(interface{ Row(int) fyne.CanvasObject })
	if ok {
		o = list.Row(i)
	}
	if o == nil {
		return nil, fmt.Errorf("there is no row %d on page %s", i, t.shell.Page())
	}
	return o, nil
}

func (t *tour) copyCode() error {
	o, err := t.row(0)
	if err != nil {
		return err
	}
	t.files.clipboard = ""
	if err := tapAt(t.win, o); err != nil {
		return err
	}
	if len(t.files.clipboard) != 6 {
		return fmt.Errorf("on the clipboard is %q", t.files.clipboard)
	}
	return errors.Join(t.await("the words below it", func() bool { return t.model.CodeRow(0).Copied != "" }), t.shot("codes-copied"))
}

func (t *tour) trashCode() error {
	first := t.model.CodeRow(0).ID
	count := func(n int) func() bool {
		return func() bool { return t.model.Codes().Count == n && t.model.Busy() == "" }
	}
	t.model.TrashCode(first)
	if err := errors.Join(t.await("the row to go", count(6)), t.shot("codes-undo")); err != nil {
		return err
	}
	t.model.OpenTrash()
	if err := errors.Join(t.page(model.PageCodesTrash), t.shot("trash")); err != nil {
		return err
	}
	t.model.UntrashCode(first)
	if err := errors.Join(t.await("the row to come back", count(7)), t.back(model.PageCodes)); err != nil {
		return err
	}
	if v, err := t.phone.CodeView(first); err != nil || !v.Trashed.IsZero() {
		return errors.Join(errors.New("the code is not back"), err)
	}
	return nil
}

func (t *tour) exportCodes() error {
	t.model.OpenExport()
	if err := errors.Join(t.page(model.PageExport), t.shot("export"), t.tap("form-2"), t.page(model.PageExportSeal)); err != nil {
		return err
	}
	if err := errors.Join(t.write("first", filePassword), t.write("second", filePassword), t.shot("export-password"), t.tap("export"), t.verified(model.PageExportReady)); err != nil {
		return err
	}
	if err := errors.Join(t.tap("save"), t.await("that it was read back", func() bool { return t.model.Ready().Saved }), t.page(model.PageExportReady), t.shot("exported")); err != nil {
		return err
	}
	if bytes.Contains(t.files.saved, []byte("GitHub")) {
		return errors.New("the file can be read without its password")
	}
	if err := errors.Join(t.tap("done"), t.page(model.PageCodes)); err != nil {
		return err
	}
	t.model.GoTo(model.PageHome)
	return t.page(model.PageHome)
}
