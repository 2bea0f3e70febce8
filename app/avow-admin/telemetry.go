package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"avow/internal/authn"
	"avow/internal/wire"
)

func (a *app) telemetryCommands() *cobra.Command {
	return group("telemetry", "Usage reports of apps whose users have said yes", a.telemetryShow())
}

func (a *app) telemetryShow() *cobra.Command {
	return &cobra.Command{
		Use: "show", Short: "Show what the reports add up to, by week", Args: cobra.NoArgs,
		Long: `show prints, for each week, version and kind of system, how many reports there were, and how many of them had each counter in which range. A counter
that a report did not have happened not at all. The server keeps nothing else of a report.
` + exitCodes,
		RunE: func(cmd *cobra.Command, _ []string) error {
			admin, err := a.admin()
			if err != nil {
				return err
			}
			t, err := admin.Telemetry(cmd.Context())
			if err != nil {
				return err
			}
			none := "There are no reports yet."
			if t.Policy == authn.TelemetryOff {
				none = "This server takes no reports."
			}
			return a.print(cmd, t, none, telemetryRows(t.Sums))
		},
	}
}

// telemetryRows has a row a counter, with the ranges beside each other.
func telemetryRows(sums []wire.TelemetrySum) (rows [][]field) {
	type line struct {
		week, app string
		family    authn.AppFamily
		counter   authn.Counter
	}
	var order []line
	counts := map[line]map[authn.Bucket]int64{}
	for _, s := range sums {
		l := line{s.Week, s.App, s.Family, s.Counter}
		if counts[l] == nil {
			counts[l] = map[authn.Bucket]int64{}
			order = append(order, l)
		}
		counts[l][s.Times] += s.Reports
	}
	for _, l := range order {
		row := []field{{"week", l.week}, {"app", l.app}, {"family", string(l.family)}, {"counter", string(l.counter)}}
		if l.counter == "" {
			row[3].value = "(reports)"
		}
		total := int64(0)
		for _, n := range counts[l] {
			total += n
		}
		row = append(row, field{"reports", strconv.FormatInt(total, 10)})
		for _, b := range authn.Buckets {
			n := ""
			if c := counts[l][b]; c > 0 {
				n = strconv.FormatInt(c, 10)
			}
			row = append(row, field{string(b), n})
		}
		rows = append(rows, row)
	}
	return rows
}

// debugLogFields are those of a list; the text is not among them.
func debugLogFields(l wire.DebugLogEntry) []field {
	return []field{
		{"id", string(l.ID)},
		{"user_name", l.UserName},
		{"device", l.Name},
		{"at", stamp(l.At)},
		{"until", stamp(l.Until)},
		{"bytes", strconv.Itoa(l.Bytes)},
		{"note", l.Note},
	}
}

func (a *app) deviceLogs() *cobra.Command {
	return &cobra.Command{
		Use: "logs [LOGIN]", Short: "List the debug logs that a user has sent, or all", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			admin, err := a.admin()
			if err != nil {
				return err
			}
			logs, err := admin.DebugLogs(cmd.Context(), optional(args))
			if err != nil {
				return err
			}
			rows := make([][]field, 0, len(logs))
			for _, l := range logs {
				rows = append(rows, debugLogFields(l))
			}
			return a.print(cmd, wire.DebugLogList{Logs: logs}, "There are no debug logs. A user sends one from the app: Settings, Debug log, Send to the service desk.", rows)
		},
	}
}

func (a *app) deviceLog() *cobra.Command {
	return &cobra.Command{
		Use: "log ID", Short: "Print a debug log that a user has sent; the audit log tells of it", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			admin, err := a.admin()
			if err != nil {
				return err
			}
			l, err := admin.DebugLog(cmd.Context(), authn.DebugLogID(args[0]))
			if err != nil {
				return err
			}
			if a.json {
				return printJSON(cmd.OutOrStdout(), l)
			}
			for line := range strings.Lines(l.Log) {
				if _, err := fmt.Fprintln(cmd.OutOrStdout(), authn.CleanText(line, 4000)); err != nil {
					return err
				}
			}
			return nil
		},
	}
}
