package wire

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"avow/internal/authn"
)

// LogRecord is a record of the audit log with what proves it.
type LogRecord struct {
	Number  int64       `json:"number"`
	At      time.Time   `json:"at"`
	Actor   string      `json:"actor"`
	Action  string      `json:"action"`
	Subject string      `json:"subject"`
	IP      string      `json:"ip,omitempty"`
	Reason  string      `json:"reason,omitempty"`
	Facts   [][2]string `json:"facts,omitempty"` // by name
	Salt    []byte      `json:"salt"`
	Leaf    []byte      `json:"leaf,omitempty"` // the hash that the tree has
	Damaged bool        `json:"damaged,omitempty"`
}

// NewLogRecord writes a record for the network.
func NewLogRecord(e authn.LedgerEntry) LogRecord {
	r := LogRecord{
		Number: e.Number, At: e.At, Actor: e.Actor, Action: e.Action, Subject: e.Subject, IP: e.IP, Reason: e.Reason, Salt: e.Salt, Damaged: e.Damaged,
	}
	for _, name := range slices.Sorted(maps.Keys(e.Facts)) {
		r.Facts = append(r.Facts, [2]string{name, e.Facts[name]})
	}
	if !e.Leaf.IsZero() {
		r.Leaf = e.Leaf[:]
	}
	return r
}

// Entry reads it back. It verifies nothing; LedgerCheck does.
func (r LogRecord) Entry() (authn.LedgerEntry, error) {
	e := authn.LedgerEntry{
		AuditRecord: authn.AuditRecord{At: r.At, Actor: r.Actor, Action: r.Action, Subject: r.Subject, IP: r.IP, Reason: r.Reason},
		Number:      r.Number, Salt: r.Salt, Damaged: r.Damaged,
	}
	for _, f := range r.Facts {
		if e.Facts == nil {
			e.Facts = map[string]string{}
		}
		if _, twice := e.Facts[f[0]]; twice {
			e.Damaged = true
		}
		e.Facts[f[0]] = f[1]
	}
	if len(r.Leaf) != 0 && len(r.Leaf) != len(e.Leaf) {
		return e, fmt.Errorf("the hash of record %d has %d bytes", r.Number, len(r.Leaf))
	}
	copy(e.Leaf[:], r.Leaf)
	return e, nil
}

// LogPage answers GET /v1/admin/log/records: up to MaxPage records whose numbers are ?from= and higher. Fewer say that there are no more.
type LogPage struct {
	Size    int64       `json:"size"` // how many records the tree has
	Records []LogRecord `json:"records"`
}

// CheckpointPage answers GET /v1/admin/log/checkpoints: up to MaxPage signed notes for more records than ?after=, the smallest first. Fewer say that there are no more.
type CheckpointPage struct {
	Notes []string `json:"notes"`
}

// SignCheckpoint has a checkpoint signed now (POST /v1/admin/log/checkpoint).
type SignCheckpoint struct {
	Mail   bool   `json:"mail"` // mail it at once, too
	Reason string `json:"reason"`
}

// SignedCheckpoint answers it.
type SignedCheckpoint struct {
	Note   string `json:"note"`
	Size   int64  `json:"size"`
	Filed  bool   `json:"filed"`  // it stands in the server's file of checkpoints
	Mailed int    `json:"mailed"` // how many mails are on their way
}
