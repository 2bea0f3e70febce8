package shell_test

import (
	"os"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"avow/internal/ui/model"
	"avow/internal/ui/model/modeltest"
	"avow/internal/ui/shell"
	"avow/internal/ui/widgets"
)

func TestMain(m *testing.M) {
	for k, v := range map[string]string{"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent", "LANG": "C", "LC_ALL": "C"} {
		if err := os.Setenv(k, v); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// keys, the pointer, and what is typed in a field that has the keys for itself are uses of the window; that a second has passed is none.
func TestUseOfTheWindow(t *testing.T) {
	settings, err := modeltest.Settings(t.TempDir(), model.Choices{Appearance: model.Light, Language: "en"})
	if err != nil {
		t.Fatal(err)
	}
	used := 0
	app, win := test.NewTempApp(t), test.NewTempWindow(t, nil)
	s := shell.New(app, win, shell.Options{Do: func(f func()) { f() }, Tick: -1, Used: func() { used++ }})
	m := model.New(model.Config{Core: modeltest.NewCore(modeltest.Open()), Settings: settings, Changed: s.Changed, Go: func(f func()) { f() }})
	t.Cleanup(m.Close)
	t.Cleanup(s.Close)
	s.Show(m)
	win.Resize(fyne.NewSize(390, 844))
	is := func(what string, want bool) {
		t.Helper()
		if got := used > 0; got != want {
			t.Errorf("%s: used %v, want %v", what, got, want)
		}
		used = 0
	}
	used = 0
	s.Changed()
	is("a second", false)
	win.Canvas().OnTypedRune()('1')
	is("a letter", true)
	win.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyUp})
	is("a key", true)
	below := win.Canvas().Content().(*fyne.Container).Objects[0]
	if below.Size() != win.Canvas().Content().Size() || below.(desktop.Cursorable).Cursor() != desktop.DefaultCursor {
		t.Errorf("what feels the pointer is of %v", below.Size())
	}
	is("the pointer", true)
	m.Open(model.PageDebugLog)
	used = 0
	field := s.Find("filter").(*widgets.Field)
	win.Canvas().Focus(field.Focusable())
	s.Changed()
	is("a field that was entered", true)
	s.Changed()
	is("another second", false)
	test.Type(field.Focusable(), "a")
	s.Changed()
	is("a letter in the field", true)
	win.Canvas().Unfocus()
	s.Changed()
	is("a field that was left", false)
}
