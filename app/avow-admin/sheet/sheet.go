// Package sheet reads and writes the CSV of spreadsheets: RFC 4180, and what Excel and its like make of it - a byte order mark, semicolons, lines of empty
// cells. It knows nothing of what stands in the cells.
package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Row is one line of cells. Line is where it begins in the file.
type Row struct {
	Line  int
	Cells []string
}

// Read reads a whole sheet: the names in its first line, and the rows below it that are not empty. Cells have no blanks around them, and each row
// has as many as there are names.
func Read(data []byte) (names []string, rows []Row, err error) {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return nil, nil, errors.New("the file is UTF-16: save it as CSV UTF-8")
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(data) {
		return nil, nil, errors.New("the file is not UTF-8: save it as CSV UTF-8")
	}
	in := csv.NewReader(bytes.NewReader(data))
	in.Comma, in.FieldsPerRecord = separator(data), -1
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			return nil, nil, fmt.Errorf("line %d is not CSV: %w", bad.StartLine, bad.Err)
		}
		if err != nil {
			return nil, nil, err
		}
		line, _ := in.FieldPos(0)
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case strings.Join(cells, "") == "":
		case names == nil:
			names = cells
		default:
			if len(cells) > len(names) && strings.Join(cells[len(names):], "") != "" {
				return nil, nil, fmt.Errorf("line %d has %d cells and the first line %d names", line, len(cells), len(names))
			}
			row := Row{line, make([]string, len(names))}
			copy(row.Cells, cells)
			rows = append(rows, row)
		}
	}
	if names == nil {
		return nil, nil, errors.New("the file is empty")
	}
	return names, rows, nil
}

// separator is a semicolon where the first line has more of them than commas: spreadsheets write them where a comma stands in numbers.
func separator(data []byte) rune {
	first, _, _ := bytes.Cut(bytes.TrimLeft(data, "\r\n"), []byte("\n"))
	if bytes.Count(first, []byte(";")) > bytes.Count(first, []byte(",")) {
		return ';'
	}
	return ','
}

// Write writes RFC 4180. A spreadsheet takes a cell that begins with one of some signs for a formula, which could carry the sheet elsewhere; an apostrophe in
// front makes it text (OWASP, CSV injection).
func Write(w io.Writer, rows [][]string) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			if cells[i] = cell; cell != "" && strings.Contains("=+-@\t\r\n", cell[:1]) {
				cells[i] = "'" + cell
			}
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
