package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"avow/internal/authn"
	"avow/internal/cli"
	"avow/internal/wire"
)

// record is a registration session as scripts know it: these names, in this order, in text, JSON and CSV alike. They do not change.
type record struct {
	UserName                  string
	CreatedByUserName         string
	CreatedAt                 time.Time
	ExpiresAt                 time.Time
	Status                    string
	NotificationSent          bool
	NotificationSentTimestamp *time.Time // null until the mail server, or the gateway, has taken the message
}

// secrets of a new session, this once.
type secrets struct {
	Link string `json:",omitempty"`
	Page string `json:",omitempty"`
	PIN  string `json:",omitempty"`
}

func recordOf(s wire.AdminSession) record {
	r := record{
		UserName: s.UserName, CreatedByUserName: s.CreatedByUserName, CreatedAt: second(s.CreatedAt), ExpiresAt: second(s.ExpiresAt), Status: s.Status,
	}
	if !s.NotifiedAt.IsZero() {
		at := second(s.NotifiedAt)
		r.NotificationSent, r.NotificationSentTimestamp = true, &at
	}
	return r
}

// second is a time as all three ways print it.
func second(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// fields are the record's values with their names; when says how a time is written.
func (r record) fields(when func(time.Time) string) []field {
	var sent time.Time
	if r.NotificationSentTimestamp != nil {
		sent = *r.NotificationSentTimestamp
	}
	return []field{
		{"UserName", r.UserName},
		{"CreatedByUserName", r.CreatedByUserName},
		{"CreatedAt", when(r.CreatedAt)},
		{"ExpiresAt", when(r.ExpiresAt)},
		{"Status", r.Status},
		{"NotificationSent", yesNo(r.NotificationSent)},
		{"NotificationSentTimestamp", when(sent)},
	}
}

// yesNo is how PowerShell writes a truth.
func yesNo(b bool) string {
	if b {
		return "True"
	}
	return "False"
}

// rfc3339 is for programs; empty for no time.
func rfc3339(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// format is how the records of a command are printed: text, --json or --csv.
type format struct{ csv, table bool }

func (f *format) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.csv, "csv", false, "print CSV")
}

// check says which of the ways cannot go together.
func (f *format) check(a *app) error {
	if n := count(a.json, f.csv, f.table); n > 1 {
		return cli.Usage{Text: "choose one of --json, --csv and --table"}
	}
	return nil
}

func count(these ...bool) (n int) {
	for _, b := range these {
		if b {
			n++
		}
	}
	return n
}

// printRecord prints one session. What is shown once follows in text and JSON; CSV goes into spreadsheets and never has it.
func (a *app) printRecord(w io.Writer, f format, s wire.AdminSession, once secrets) error {
	r := recordOf(s)
	switch {
	case a.json:
		return printJSON(w, struct {
			record
			secrets
		}{r, once})
	case f.csv:
		return printCSV(w, []record{r})
	}
	if err := list(w, r.fields(stamp)); err != nil {
		return err
	}
	var extra []field
	if once.Link != "" {
		extra = append(extra, field{"Link", once.Link}, field{"Page", once.Page})
	}
	if once.PIN != "" {
		extra = append(extra, field{"PIN", once.PIN})
	}
	if len(extra) == 0 {
		return nil
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	if err := list(w, extra); err != nil || once.PIN == "" {
		return err
	}
	_, err := fmt.Fprintf(w, "Tell %s the PIN by voice, once you know who it is. It is not shown again and stands in no message.\n", clean(r.UserName))
	return err
}

// printRecords prints many, with a blank line between two in text.
func (a *app) printRecords(w io.Writer, f format, sessions []wire.AdminSession, none string) error {
	records := make([]record, 0, len(sessions))
	for _, s := range sessions {
		records = append(records, recordOf(s))
	}
	switch {
	case a.json:
		return printJSON(w, records)
	case f.csv:
		return printCSV(w, records)
	case len(records) == 0:
		_, err := fmt.Fprintln(w, none)
		return err
	case f.table:
		rows := make([][]field, 0, len(sessions))
		for _, s := range sessions {
			rows = append(rows, tableRow(s))
		}
		return table(w, rows)
	}
	for i, r := range records {
		if i > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		if err := list(w, r.fields(stamp)); err != nil {
			return err
		}
	}
	return nil
}

// tableRow is a session in one line. It has what the record has no room for: how its message stands, and the phone.
func tableRow(s wire.AdminSession) []field {
	device := ""
	if s.Device != nil {
		device = s.Device.Name + ", " + s.Device.Model
	}
	kind := "shown"
	if s.Sent {
		kind = "sent"
	}
	return []field{
		{"user_name", s.UserName},
		{"status", s.Status},
		{"kind", kind},
		{"second_proof", string(s.SecondProof)},
		{"message", string(s.Notification)},
		{"created_by", s.CreatedByUserName},
		{"created_at", stamp(s.CreatedAt)},
		{"expires_at", stamp(s.ExpiresAt)},
		{"device", device},
	}
}

// list writes fields one below the other, as PowerShell's Format-List does.
func list(w io.Writer, fields []field) error {
	width := 0
	for _, f := range fields {
		width = max(width, len(f.name))
	}
	for _, f := range fields {
		if _, err := fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("%-*s : %s", width, f.name, authn.CleanText(f.value, 512)), " ")); err != nil {
			return err
		}
	}
	return nil
}

func printCSV(w io.Writer, records []record) error {
	rows := make([][]string, 1, len(records)+1)
	for _, f := range (record{}).fields(rfc3339) {
		rows[0] = append(rows[0], f.name)
	}
	for _, r := range records {
		var row []string
		for _, f := range r.fields(rfc3339) {
			row = append(row, f.value)
		}
		rows = append(rows, row)
	}
	return writeCSV(w, rows)
}

// writeCSV writes RFC 4180. A spreadsheet takes a cell that begins with one of these signs for a formula, which could send the sheet elsewhere; an
// apostrophe in front makes it text.
func writeCSV(w io.Writer, rows [][]string) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	for _, row := range rows {
		for i, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
				row[i] = "'" + cell
			}
		}
	}
	return out.WriteAll(rows)
}
