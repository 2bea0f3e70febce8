package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"avow/internal/client"
	"avow/internal/wire"
)

func (a *app) restoreCommands() *cobra.Command {
	return group("restore", "Restore: who can bring an account back after a phone is lost",
		a.restoreGet(),
		a.restoreChange("allow", "Let a user restore once within 24 hours, and take a block away", `allow is for users whose policy is "limited": each restore has to be allowed
beforehand. It also takes a block and the wrong codes of the last day away. The user still needs the restore code and a one-time code.
`+exitCodes, (*client.Admin).AllowRestore),
		a.restoreChange("block", "End a restore that is under way, and let nobody begin another", `block ends every restore of the user for good, and refuses others until allow or unblock, or until
one of the user's phones makes a new restore code. Phones that are connected go on working.
`+exitCodes, (*client.Admin).BlockRestore),
		a.restoreChange("unblock", "Take a block away, and the wrong codes of the last day", `unblock takes away what somebody blocked, perhaps because a stranger has the restore code: find out first who it was. It allows nothing
beforehand.
`+exitCodes, (*client.Admin).UnblockRestore))
}

// restoreRecord is how restore stands for a user as scripts know it: these names, in this order, in text, JSON and CSV alike. They do not change.
type restoreRecord struct {
	UserName     string
	Restore      string
	Policy       string
	CodeMadeAt   *time.Time // null where restore is not set up
	ProvenAt     *time.Time // null while nobody has proved the code
	AllowedUntil *time.Time
	BlockedAt    *time.Time
	BlockedBy    string
	Locked       bool
	UnderWay     int
}

func restoreRecordOf(r wire.AdminRestore) restoreRecord {
	at := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		t = second(t)
		return &t
	}
	return restoreRecord{
		UserName: r.UserName, Restore: string(r.State), Policy: string(r.Policy), CodeMadeAt: at(r.CodeAt), ProvenAt: at(r.ProvenAt),
		AllowedUntil: at(r.AllowedUntil), BlockedAt: at(r.BlockedAt), BlockedBy: r.BlockedBy, Locked: r.Locked, UnderWay: len(r.Open),
	}
}

// fields are the record's values with their names; when says how a time is written.
func (r restoreRecord) fields(when func(time.Time) string) []field {
	at := func(t *time.Time) string {
		if t == nil {
			return when(time.Time{})
		}
		return when(*t)
	}
	return []field{
		{"UserName", r.UserName},
		{"Restore", r.Restore},
		{"Policy", r.Policy},
		{"CodeMadeAt", at(r.CodeMadeAt)},
		{"ProvenAt", at(r.ProvenAt)},
		{"AllowedUntil", at(r.AllowedUntil)},
		{"BlockedAt", at(r.BlockedAt)},
		{"BlockedBy", r.BlockedBy},
		{"Locked", yesNo(r.Locked)},
		{"UnderWay", strconv.Itoa(r.UnderWay)},
	}
}

func (a *app) restoreGet() *cobra.Command {
	var out format
	cmd := &cobra.Command{
		Use: "get [USER]", Short: "Show how restore stands for a user, or for all with the coverage", Args: cobra.MaximumNArgs(1),
		Long: `get shows for a user, or for all by login, whether restore is set up (on, off, blocked), by which policy, when the code was made and when it was last proved
right, and how many restores are under way. It never shows a code: the server has none. Without a user it ends with the coverage:
how many have set restore up, and how many of them proved their code within a year.
` + exitCodes,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := out.check(a); err != nil {
				return err
			}
			admin, err := a.admin()
			if err != nil {
				return err
			}
			all, coverage, err := admin.Restore(cmd.Context(), optional(args))
			if err != nil {
				return err
			}
			w := cmd.OutOrStdout()
			if err := a.printRestores(w, out, all); err != nil || coverage == nil || a.json || out.csv {
				return err
			}
			_, err = fmt.Fprintf(w, "\n%d of %d users have set restore up; %d proved the code within a year; %d blocked; %d under way.\n",
				coverage.On, coverage.Users, coverage.Proven, coverage.Blocked, coverage.Open)
			return err
		},
	}
	out.flags(cmd)
	cmd.Flags().BoolVar(&out.table, "table", false, "print one line a user")
	return cmd
}

// printRestores prints many, with a blank line between two in text.
func (a *app) printRestores(w io.Writer, f format, all []wire.AdminRestore) error {
	records := make([]restoreRecord, 0, len(all))
	rows := make([][]field, 0, len(all))
	cells := [][]string{nil}
	for _, field := range (restoreRecord{}).fields(rfc3339) {
		cells[0] = append(cells[0], field.name)
	}
	for _, r := range all {
		record := restoreRecordOf(r)
		records, rows = append(records, record), append(rows, record.fields(stamp))
		var row []string
		for _, field := range record.fields(rfc3339) {
			row = append(row, field.value)
		}
		cells = append(cells, row)
	}
	switch {
	case a.json:
		return printJSON(w, records)
	case f.csv:
		return writeCSV(w, cells)
	case len(rows) == 0:
		_, err := fmt.Fprintln(w, "There are no users. Add one: avow-admin user add LOGIN")
		return err
	case f.table:
		return table(w, rows)
	}
	for i, row := range rows {
		if i > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		if err := list(w, row); err != nil {
			return err
		}
	}
	return nil
}

// restoreChange is a command that changes how restore stands for one user. A reason is needed: each opens or closes an account.
func (a *app) restoreChange(use, short, long string, do func(*client.Admin, context.Context, string, string) (wire.AdminRestore, error)) *cobra.Command {
	var out format
	cmd := &cobra.Command{
		Use: use + " USER --reason WHY", Short: short, Long: long, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := out.check(a); err != nil {
				return err
			}
			reason, err := a.needReason()
			if err != nil {
				return err
			}
			admin, err := a.admin()
			if err != nil {
				return err
			}
			r, err := do(admin, cmd.Context(), args[0], reason)
			if err != nil {
				return err
			}
			w := cmd.OutOrStdout()
			if a.json {
				return printJSON(w, restoreRecordOf(r))
			}
			return a.printRestores(w, out, []wire.AdminRestore{r})
		},
	}
	out.flags(cmd)
	return cmd
}
