package transfer

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
)

// table is a CSV file (RFC 4180) with names in its first line.
type table struct {
	reader *csv.Reader
	column map[string]int
}

// sniffCSV says whether the first line of the file names all these columns.
func sniffCSV(f *file, columns ...string) bool {
	line, _, _ := bytes.Cut(f.text, []byte("\n"))
	if len(line) > 1024 {
		return false
	}
	names, err := csv.NewReader(bytes.NewReader(line)).Read()
	return err == nil && !slices.ContainsFunc(columns, func(c string) bool { return !slices.Contains(names, c) })
}

func openTable(text []byte) (table, error) {
	t := table{reader: csv.NewReader(bytes.NewReader(text)), column: map[string]int{}}
	names, err := t.reader.Read()
	if err != nil {
		return table{}, ErrDamaged
	}
	for i, name := range names {
		if _, twice := t.column[name]; twice {
			return table{}, ErrDamaged
		}
		t.column[name] = i
	}
	return t, nil
}

// rows calls each with every row; get gives a column's text, "" for one that the file has not. A row must have as many fields as the
// first line. Errors: ErrDamaged, ErrTooMany.
func (t table) rows(each func(n int, get func(column string) string)) error {
	for n := 0; ; n++ {
		row, err := t.reader.Read()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return ErrDamaged // the cause may quote the row
		case n >= MaxEntries:
			return ErrTooMany
		}
		each(n, func(column string) string {
			if i, ok := t.column[column]; ok {
				return row[i]
			}
			return ""
		})
	}
}
