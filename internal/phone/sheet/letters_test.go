package sheet

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"avow/assets/translations"
)

// The fonts of the sheet have every letter of every language.
func TestLetters(t *testing.T) {
	d := newDrawing(translations.New("en"), time.Time{})
	for _, l := range translations.Languages() {
		for _, part := range []string{"sheet", "time"} {
			b, err := os.ReadFile(filepath.Join("..", "..", "..", "assets", "translations", part+"."+l.Tag+".json"))
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(b)) {
				if clean := d.clean(strings.TrimSpace(line)); strings.ContainsRune(clean, '□') {
					t.Errorf("%s: %s", l.Tag, clean)
				}
			}
		}
	}
}
