package bulk

import (
	"bytes"
	"time"

	"avow/app/avow-admin/sheet"
	"avow/internal/atomicfile"
)

// WriteReport writes what became of each row as CSV, for its owner only, since it may have PINs. reason makes a line of an error. A PIN is written with a blank in its
// middle: a spreadsheet would take the zeros off a number.
func WriteReport(path string, results []Result, reason func(error) string) error {
	rows := [][]string{{"UserName", "Result", "Reason", "ExpiresAt", "PIN"}}
	for _, r := range results {
		row := []string{r.Command.UserName, string(r.State), "", "", ""}
		switch {
		case r.Err != nil:
			row[2] = reason(r.Err)
		case r.Found:
			row[2] = "The answer was lost; the session was found on the server."
		}
		if !r.Made.Expires.IsZero() {
			row[3] = r.Made.Expires.UTC().Format(time.RFC3339)
		}
		if pin := r.Made.PIN; len(pin) == 8 {
			row[4] = pin[:4] + " " + pin[4:]
		} else {
			row[4] = pin
		}
		rows = append(rows, row)
	}
	var b bytes.Buffer
	if err := sheet.Write(&b, rows); err != nil {
		return err
	}
	return atomicfile.Write(path, b.Bytes())
}
