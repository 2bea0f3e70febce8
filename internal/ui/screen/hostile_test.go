package screen_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"avow/internal/authn"
	"avow/internal/phone"
	"avow/internal/ui/model"
	"avow/internal/ui/model/modeltest"
)

// hostile are texts that a client, a server or another program could send to make a screen lie.
var hostile = []string{
	"invoice\u202egnp.exe", "\u2066a\u2067b\u2068c\u2069\u200e\u200f\u061c", "ad\u200bmin\u200c\u200d\ufeff\u2060", "ad\u00admin", "a\U000e0061\U000e007f",
	"ok\r\nlevel=ERROR", "\x1b[31mred\x1b[0m", "a\u009b31m", "NUL\x00 DEL\x7f", "a\u2028b\u2029c", "a\xff\xc3(", "a" + strings.Repeat("\u0301", 60),
	"\u3164\u115f\u1160\uffa0", "a\ufe0f\U000e0100", strings.Repeat("Ж", 1000), "\u202e" + strings.Repeat("long ", 200), "👨\u200d👩\u200d👧",
}

// spoil puts a text into everything of type string, which is what comes from outside; ids, states and addresses have types of their own.
func spoil(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			spoil(v.Elem(), text)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; v.Type().Field(i).IsExported() && name != "ID" && name != "Host" {
				spoil(v.Field(i), text)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			spoil(v.Index(i), text)
		}
	case reflect.Map:
		if v.Type().Elem() == reflect.TypeFor[string]() {
			for _, k := range v.MapKeys() {
				v.SetMapIndex(k, reflect.ValueOf(text))
			}
		}
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() && v.CanSet() {
			v.SetString(text)
		}
	}
}

// shown are all texts on the window.
func (g *stage) shown() []string {
	var out []string
	var walk func(o fyne.CanvasObject)
	walk = func(o fyne.CanvasObject) {
		var children []fyne.CanvasObject
		switch o := o.(type) {
		case *canvas.Text:
			out = append(out, o.Text)
		case *container.Scroll:
			children = []fyne.CanvasObject{o.Content}
		case *fyne.Container:
			children = o.Objects
		case fyne.Widget:
			children = test.WidgetRenderer(o).Objects()
		}
		for _, c := range children {
			walk(c)
		}
	}
	walk(g.win.Canvas().Content())
	if top := g.win.Canvas().Overlays().Top(); top != nil {
		walk(top)
	}
	return out
}

// whatever names and texts from outside hold, nothing unseen is drawn, no letter carries a pile of marks, and the screen stands.
func TestHostileTexts_R029(t *testing.T) {
	app := test.NewTempApp(t)
	for i, text := range hostile {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			s := modeltest.WithComputers(modeltest.Computers()...)
			s.Requests = []phone.Request{modeltest.Request("r_1", authn.MatchTap)}
			s.Accounts = append(slices.Clone(s.Accounts), modeltest.SecondAccount())
			spoil(reflect.ValueOf(&s).Elem(), text)
			g := newStageIn(t, app, small, s)
			entries := modeltest.ServiceCodes()
			for i := range entries {
				entries[i].Name = "ad\u200bmin\ufeff a" + strings.Repeat("\u0301", 20) // the vault refuses what else is in the list
			}
			look := func() {
				t.Helper()
				for _, line := range g.shown() {
					if got := authn.VisibleText(line); got != line {
						t.Errorf("page %q draws %+q", g.shell.Page(), line)
					}
					if strings.ContainsFunc(line, func(r rune) bool { return unicode.Is(unicode.Bidi_Control, r) || unicode.IsControl(r) }) {
						t.Errorf("page %q draws %+q", g.shell.Page(), line)
					}
				}
			}
			g.on(model.PageRequest)
			look()
			g.model.Later()
			g.settle()
			look()
			g.tap("accounts")
			look()
			g.model.GoTo(model.PageComputers)
			g.settle()
			look()
			withCodes(g, entries...)
			look()
		})
	}
}
