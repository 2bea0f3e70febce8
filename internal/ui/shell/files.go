package shell

import (
	"io"
	"net/url"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"

	"avow/internal/ui/model"
)

// files are the dialogs and the clipboard of a window.
type files struct {
	app     fyne.App
	win     fyne.Window
	model   *model.App
	picture func() (io.ReadCloser, error) // nil: pictures on the clipboard can't be had
	secret  func(text string) bool        // nil: nothing on the clipboard can be marked
}

// ChoosePicture opens the system's choice of files.
func (f *files) ChoosePicture() {
	d := dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
		switch {
		case err != nil:
			f.model.NoPicture(err)
		case r != nil: // nil: the person changed her mind
			f.model.Picture(r)
		}
	}, f.win)
	d.SetFilter(storage.NewExtensionFileFilter([]string{".png", ".jpg", ".jpeg", ".gif", ".webp"}))
	d.Show()
}

// Paste hands over the text on the clipboard, or the picture.
func (f *files) Paste() {
	text := f.app.Clipboard().Content()
	if text != "" || f.picture == nil {
		f.model.Text(text)
		return
	}
	go func() { // another program is asked for it
		if r, err := f.picture(); err == nil {
			f.model.Picture(r)
		} else {
			f.model.Text("")
		}
	}()
}

// ChooseFile opens the system's choice of files, of any kind: an export is known by its content.
func (f *files) ChooseFile() {
	dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
		switch {
		case err != nil:
			f.model.NoImport(err)
		case r != nil:
			f.model.ImportFile(r)
		}
	}, f.win).Show()
}

// CopySecret puts a code on the clipboard, marked as one where that can be done.
func (f *files) CopySecret(text string) {
	if f.secret == nil || !f.secret(text) {
		f.Copy(text)
	}
}

// Copy puts a text on the clipboard.
func (f *files) Copy(text string) { f.app.Clipboard().SetContent(text) }

// OpenURL hands an address to the system; one that is none is not worth a word.
func (f *files) OpenURL(address string) {
	u, err := url.Parse(address)
	if err == nil {
		err = f.app.OpenURL(u)
	}
	if err != nil {
		dialog.ShowError(err, f.win)
	}
}

// Uncopy clears the clipboard, unless something else was copied meanwhile.
func (f *files) Uncopy(text string) {
	if c := f.app.Clipboard(); c.Content() == text {
		c.SetContent("")
	}
}

// SaveChecked lets the person choose where something goes, and reads it back from there.
func (f *files) SaveChecked(name string, write func(io.Writer) error, check func(io.Reader) error, done func(string, error)) {
	d := dialog.NewFileSave(func(w fyne.URIWriteCloser, err error) {
		if err == nil && w == nil {
			return
		}
		if err == nil {
			err = write(w)
			if closed := w.Close(); err == nil {
				err = closed
			}
		}
		if err != nil {
			done("", err)
			return
		}
		r, err := storage.Reader(w.URI())
		if err == nil {
			err = check(r)
			_ = r.Close()
		}
		done(w.URI().Name(), err)
	}, f.win)
	d.SetFileName(name)
	d.Show()
}

// Save lets the person choose where a text goes.
func (f *files) Save(name, text string) {
	d := dialog.NewFileSave(func(w fyne.URIWriteCloser, err error) {
		if err != nil || w == nil {
			return
		}
		_, err = io.WriteString(w, text)
		if closed := w.Close(); err == nil {
			err = closed
		}
		if err != nil {
			dialog.ShowError(err, f.win)
		}
	}, f.win)
	d.SetFileName(name)
	d.Show()
}

// SaveFile lets the person choose where data goes.
func (f *files) SaveFile(name string, data []byte, saved func()) {
	d := dialog.NewFileSave(func(w fyne.URIWriteCloser, err error) {
		if err != nil || w == nil {
			return
		}
		_, err = w.Write(data)
		if closed := w.Close(); err == nil {
			err = closed
		}
		if err != nil {
			dialog.ShowError(err, f.win)
			return
		}
		saved()
	}, f.win)
	d.SetFileName(name)
	d.Show()
}

func openFile(m *model.App, uri fyne.URI) {
	r, err := storage.Reader(uri)
	if err != nil {
		m.NoImport(err)
		return
	}
	m.ImportFile(r)
}

func openPicture(m *model.App, uri fyne.URI) {
	r, err := storage.Reader(uri)
	if err != nil {
		m.NoPicture(err)
		return
	}
	m.Picture(r)
}
