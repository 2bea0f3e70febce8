package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"avow/app/avow-admin/bulk"
	"avow/internal/authn"
	"avow/internal/cli"
	"avow/internal/client"
	"avow/internal/wire"
)

// Endings of the files beside a file of users.
const (
	progressEnding = bulk.JournalEnding
	reportEnding   = ".avow-report.csv"
)

// shownFailures is how many rows that failed are printed; the report has all.
const shownFailures = 20

// bulkFlags are those of session add --from.
type bulkFlags struct{ from, report string }

func (b *bulkFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&b.from, "from", "", "make a session for each row of a CSV file with a column UserName")
	cmd.Flags().StringVar(&b.report, "report", "", "where --from writes what became of each row, and the PINs (default: FILE"+reportEnding+")")
}

// summary is what is printed of a run.
type summary struct {
	Rows       int
	Made       int
	MadeBefore int
	Failed     int
	NotReached int
	Report     string
	Failures   []failure
}

// failure is a row for which nothing was made.
type failure struct{ UserName, Code, Reason string }

// bulkAdd makes a session for each row of a file.
func (a *app) bulkAdd(cmd *cobra.Command, b bulkFlags, usual wire.AddSession) error {
	data, err := os.ReadFile(b.from)
	if err != nil {
		return cli.Usage{Text: fmt.Sprintf("%s cannot be read: %v", b.from, errors.Unwrap(err))}
	}
	rows, unused, err := bulk.Parse(data, usual)
	if err != nil {
		return badFile(cmd.ErrOrStderr(), b.from, err)
	}
	if len(unused) > 0 {
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "avow-admin: not used of %s: %s\n", b.from, strings.Join(unused, ", "))
	}
	c, err := a.open()
	if err != nil {
		return err
	}
	admin := client.NewAdmin(c, a.options)
	defer admin.Close()
	journal, err := bulk.OpenJournal(b.from + progressEnding)
	if err != nil {
		return err
	}
	meter := &bulk.Meter{W: cmd.ErrOrStderr(), Screen: terminal(cmd.ErrOrStderr()), Now: time.Now}
	run := bulk.Run{Server: admin, Issuer: c.Server.Issuer, Admin: c.Name, Rows: rows, Journal: journal, Progress: meter.Show}
	meter.Begin()
	results, stopped := run.Do(cmd.Context())
	meter.End()
	if err := journal.Close(); err != nil {
		return err
	}
	s := summarize(results, cmp.Or(b.report, b.from+reportEnding))
	if stopped != nil && s.Made+s.Failed == 0 {
		return stopped // nothing to tell
	}
	if err := bulk.WriteReport(s.Report, results, sentence); err != nil {
		return fmt.Errorf("the report cannot be written, though what was made is kept in %s, so run the same again: %w", b.from+progressEnding, err)
	}
	if err := a.printSummary(cmd, s); err != nil {
		return err
	}
	switch {
	case stopped != nil:
		return stoppedRun{stopped}
	case s.Failed > 0:
		return fmt.Errorf("%d of %d were not made: correct what the report says, and run the same again for them", s.Failed, s.Rows)
	case s.Made == 0:
		_, err = fmt.Fprintf(cmd.ErrOrStderr(), "avow-admin: all were made before; to make them once more, remove %s\n", b.from+progressEnding)
	}
	return err
}

// stoppedRun is the end of a run that has more to do.
type stoppedRun struct{ error }

// Unwrap gives what stopped it.
func (s stoppedRun) Unwrap() error { return s.error }

// badFile prints all that is wrong with a file.
func badFile(stderr io.Writer, path string, err error) error {
	var faults bulk.Faults
	if !errors.As(err, &faults) {
		return err
	}
	for i, f := range faults[:len(faults)-1] {
		if i == shownFailures {
			_, _ = fmt.Fprintf(stderr, "avow-admin: %s: and %d more\n", path, len(faults)-i-1)
			break
		}
		_, _ = fmt.Fprintf(stderr, "avow-admin: %s: %s\n", path, f)
	}
	return cli.Usage{Text: fmt.Sprintf("%s: %s; nothing was made", path, faults[len(faults)-1])}
}

func summarize(results []bulk.Result, report string) summary {
	s := summary{Rows: len(results), Report: report, Failures: []failure{}}
	for _, r := range results {
		switch r.State {
		case bulk.StateMade:
			s.Made++
		case bulk.StateBefore:
			s.MadeBefore++
		case bulk.StateOpen:
			s.NotReached++
		case bulk.StateFailed:
			s.Failed++
			s.Failures = append(s.Failures, failure{r.Command.UserName, authn.CodeOf(r.Err), sentence(r.Err)})
		}
	}
	return s
}

func (a *app) printSummary(cmd *cobra.Command, s summary) error {
	w := cmd.OutOrStdout()
	if a.json {
		return printJSON(w, s)
	}
	err := list(w, []field{
		{"Rows", strconv.Itoa(s.Rows)},
		{"Made", strconv.Itoa(s.Made)},
		{"MadeBefore", strconv.Itoa(s.MadeBefore)},
		{"Failed", strconv.Itoa(s.Failed)},
		{"NotReached", strconv.Itoa(s.NotReached)},
		{"Report", s.Report},
	})
	if err != nil || len(s.Failures) == 0 {
		return err
	}
	var rows [][]field
	for _, f := range s.Failures[:min(len(s.Failures), shownFailures)] {
		rows = append(rows, []field{{"user_name", f.UserName}, {"reason", f.Reason}})
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	if err := table(w, rows); err != nil || len(s.Failures) <= shownFailures {
		return err
	}
	_, err = fmt.Fprintf(w, "and %d more in %s\n", len(s.Failures)-shownFailures, s.Report)
	return err
}
