package administration

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/portal/signin"
	"avow/internal/store"
)

const (
	maxExport    = 100_000 // records
	exportChunk  = 1000    // read at a time, so that no reader holds the database for long
	writeTimeout = 30 * time.Second
)

// recordWriter writes records one after the other.
type recordWriter interface {
	write(store.AuditEntry) error
	flush() error // after each chunk
	end() error
}

// format is a way to hand out the log.
type format struct {
	name, media string
	start       func(io.Writer) (recordWriter, error)
}

var (
	asCSV  = format{"csv", "text/csv; charset=utf-8", newCSV}
	asJSON = format{"json", "application/json", newJSON}
)

// export hands out what the filter finds, the newest first, at most maxExport records. That somebody took the log away stands in the log, before anything is given.
func (s *Service) export(as format) func(signin.Visitor) error {
	return func(v signin.Visitor) error {
		f := filterOf(v)
		f.Limit, f.Before = exportChunk, 0
		err := s.Site.Store.Update(v.Context(), func(tx store.Tx) error {
			return tx.AppendAudit(authn.AuditRecord{
				At: s.Site.Now(), Actor: v.Actor(), Action: "audit.export", Subject: "audit", IP: api.ClientIP(v.Context()),
				Facts: map[string]string{"format": as.name, "q": f.Text, "actor": f.Actor, "action": f.Action, "from": f.from, "to": f.to},
			})
		})
		if err != nil {
			return err
		}
		v.W.Header().Set("Content-Type", as.media)
		v.W.Header().Set("Content-Disposition", `attachment; filename="avow-log-`+s.Site.Now().Local().Format(dayForm)+"."+as.name+`"`)
		if err := s.stream(v, f, as); err != nil { // the answer has begun: all that can be said is that it ends
			s.Site.Log.WarnContext(v.Context(), "export of the log", "err", err)
			panic(http.ErrAbortHandler) // or half a file would look whole
		}
		return nil
	}
}

func (s *Service) stream(v signin.Visitor, f filter, as format) error {
	out, err := as.start(v.W)
	if err != nil {
		return err
	}
	c := http.NewResponseController(v.W)
	for n := 0; n < maxExport; n += exportChunk {
		var entries []store.AuditEntry
		err := s.Site.Store.View(v.Context(), func(r store.Reader) (err error) {
			entries, f.Before, err = r.FindAudit(f.AuditQuery)
			return err
		})
		if err != nil {
			return err
		}
		_ = c.SetWriteDeadline(time.Now().Add(writeTimeout)) // a recorder in a test has none
		for _, e := range entries {
			if err := out.write(e); err != nil {
				return err
			}
		}
		if err := out.flush(); err != nil {
			return err
		}
		if f.Before == 0 {
			break
		}
	}
	return out.end()
}

type csvWriter struct{ w *csv.Writer }

func newCSV(w io.Writer) (recordWriter, error) {
	c := csv.NewWriter(w)
	c.UseCRLF = true // RFC 4180
	return csvWriter{c}, c.Write([]string{"number", "at", "actor", "action", "subject", "ip", "reason", "facts"})
}

func (c csvWriter) write(e store.AuditEntry) error {
	facts := ""
	if len(e.Facts) > 0 {
		b, err := json.Marshal(e.Facts) // sorted by name
		if err != nil {
			return err
		}
		facts = string(b)
	}
	row := []string{strconv.FormatInt(e.Number, 10), e.At.UTC().Format(time.RFC3339Nano), e.Actor, e.Action, e.Subject, e.IP, e.Reason, facts}
	for i, cell := range row {
		row[i] = harmless(cell)
	}
	return c.w.Write(row)
}

// harmless keeps spreadsheets from taking a text of somebody else for a formula (OWASP, CSV injection): also one behind a separator that some of them split at.
func harmless(cell string) string {
	cell = strings.NewReplacer("\r", " ", "\n", " ", "\t", " ").Replace(cell)
	if trimmed := strings.TrimLeft(cell, " \u00a0\ufeff"); trimmed != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(trimmed)[0]) {
		return "'" + cell
	}
	return cell
}

func (c csvWriter) flush() error { c.w.Flush(); return c.w.Error() }
func (c csvWriter) end() error   { return c.flush() }

type jsonWriter struct {
	w    io.Writer
	more bool
}

func newJSON(w io.Writer) (recordWriter, error) {
	_, err := io.WriteString(w, "[")
	return &jsonWriter{w: w}, err
}

// exported is a record of the log as JSON.
type exported struct {
	Number  int64             `json:"number"`
	At      time.Time         `json:"at"`
	Actor   string            `json:"actor"`
	Action  string            `json:"action"`
	Subject string            `json:"subject"`
	IP      string            `json:"ip,omitempty"`
	Reason  string            `json:"reason,omitempty"`
	Facts   map[string]string `json:"facts,omitempty"`
}

func (j *jsonWriter) write(e store.AuditEntry) error {
	b, err := json.Marshal(exported{e.Number, e.At.UTC(), e.Actor, e.Action, e.Subject, e.IP, e.Reason, e.Facts})
	if err != nil {
		return err
	}
	separator := ",\n"
	if !j.more {
		separator, j.more = "\n", true
	}
	_, err = fmt.Fprintf(j.w, "%s%s", separator, b)
	return err
}

func (j *jsonWriter) flush() error { return nil }

func (j *jsonWriter) end() error {
	_, err := io.WriteString(j.w, "\n]\n")
	return err
}
