// Package ledger keeps the audit log honest: it verifies what was added, signs checkpoints of the log's tree (wire.Checkpoint), hands them to a second
// place, and verifies the whole log. The tree itself is written by the store in the transaction of each record. The package holds no secret and decides
// about nobody; it stops signing when the log is not the one that it signed before. Standards: RFC 6962 (tree), C2SP tlog-checkpoint and signed-note.
package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"avow/internal/authn"
	"avow/internal/server/proof"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/wire"
)

// When a checkpoint is signed: so long after the last one, or after so many records.
const (
	Every   = time.Minute
	Records = 100
)

const (
	mailEvery = 24 * time.Hour
	page      = 1000
)

// Options say where checkpoints go beside the database.
type Options struct {
	File string   // appended to and synced; "" for none
	Mail []string // one mail a day to each
}

// Service signs checkpoints. It is safe for concurrent use.
type Service struct {
	site  *site.Site
	proof *proof.Checker
	mail  []string

	mu      sync.Mutex
	file    file
	last    wire.Checkpoint // what was signed last, by the database and the file at first, then by memory
	note    string          // the same, as it was signed
	started bool            // the database and the file were looked at
	looked  time.Time       // when the last checkpoint was signed or tried
	alarmed time.Time       // when the administrators were told last
}

// New makes the service. It reads nothing yet.
func New(s *site.Site, c *proof.Checker, o Options) *Service {
	return &Service{site: s, proof: c, mail: o.Mail, file: file{path: o.File}}
}

// Step signs a checkpoint when it is time for one. The server calls it each second; an error is tried again a minute later.
func (s *Service) Step(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var size int64
	err := s.site.Store.View(ctx, func(r store.Reader) (err error) {
		size, err = r.LedgerSize()
		return err
	})
	if err != nil {
		return err
	}
	if size == 0 {
		return nil
	}
	now := s.site.Now()
	waited := now.Sub(s.looked) >= Every
	if !waited && (size-s.last.Size < Records || !s.started) {
		return nil
	}
	if s.started && waited && size == s.last.Size && s.file.written == size {
		return nil
	}
	s.looked = now
	_, err = s.sign(ctx, false)
	return s.alarm(ctx, err)
}

// Signed is what became of a checkpoint.
type Signed struct {
	wire.Checkpoint
	Note   string
	Filed  bool
	Mailed int
}

// Sign signs a checkpoint now and mails it if it is asked to.
func (s *Service) Sign(ctx context.Context, mail bool) (Signed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.sign(ctx, mail)
	return c, s.alarm(ctx, err)
}

// sign verifies what is new, signs, stores and hands on. A log that was changed before its last checkpoint, or whose new records are not those of the tree,
// is not signed: what was signed once must go on being true.
func (s *Service) sign(ctx context.Context, mail bool) (Signed, error) {
	if err := s.start(ctx); err != nil {
		return Signed{}, err
	}
	var next wire.Checkpoint
	err := s.site.Store.View(ctx, func(r store.Reader) (err error) {
		next, err = s.grown(r)
		return err
	})
	if err != nil {
		return Signed{}, err
	}
	out := Signed{Checkpoint: next, Note: s.note}
	if next != s.last || mail {
		if out, err = s.keep(ctx, next, mail); err != nil {
			return Signed{}, err
		}
	}
	if s.file.path == "" {
		s.file.written = next.Size
		return out, nil
	}
	if s.file.written < next.Size {
		if err := s.file.append(out.Note); err != nil {
			return out, fmt.Errorf("write the checkpoint to %s: %w", s.file.path, err)
		}
		s.file.written = next.Size
	}
	out.Filed = true
	return out, nil
}

// keep signs a checkpoint and stores it, with its mails.
func (s *Service) keep(ctx context.Context, c wire.Checkpoint, mail bool) (Signed, error) {
	now := s.site.Now()
	text, err := c.Sign(s.site.Identity)
	if err != nil {
		return Signed{}, err
	}
	out := Signed{Checkpoint: c, Note: text}
	err = s.site.Store.Update(ctx, func(tx store.Tx) (err error) {
		if err := tx.PutCheckpoint(authn.Checkpoint{Size: c.Size, At: now, Note: text}); err != nil {
			return err
		}
		out.Mailed, err = s.post(tx, text, c.Size, mail, now)
		return err
	})
	if err != nil {
		return Signed{}, err
	}
	s.last, s.note, s.looked = c, text, now
	return out, nil
}

// start reads, once, what was signed before, from the database and the file; the larger counts.
func (s *Service) start(ctx context.Context) error {
	if s.started {
		return nil
	}
	var kept authn.Checkpoint
	err := s.site.Store.View(ctx, func(r store.Reader) (err error) {
		kept, err = r.LastCheckpoint()
		return err
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	var last wire.Checkpoint
	if err == nil {
		if last, err = s.parse(kept.Note); err != nil {
			return fmt.Errorf("the last checkpoint in the database: %w", err)
		}
	}
	s.note = kept.Note
	list, notes, err := s.file.read(s.parse)
	if err != nil {
		return err
	}
	for i, c := range list {
		s.file.written = max(s.file.written, c.Size)
		if c.Size > last.Size {
			last, s.note = c, notes[i]
		}
	}
	s.last, s.started = last, true
	return nil
}

func (s *Service) parse(note string) (wire.Checkpoint, error) {
	return wire.ParseCheckpoint(note, s.site.Host, s.site.Identity.Key())
}

// grown verifies that the tree is the one of the last checkpoint with records behind it, and says how it is now.
func (s *Service) grown(r store.Reader) (wire.Checkpoint, error) {
	size, err := r.LedgerSize()
	if err != nil {
		return wire.Checkpoint{}, err
	}
	if size < s.last.Size {
		return wire.Checkpoint{}, &wire.LedgerFault{First: size + 1, Last: s.last.Size, What: fmt.Sprintf(
			"The audit log is wrong: record %d is missing: a checkpoint was signed for %d records.", size+1, s.last.Size)}
	}
	if s.last.Size > 0 {
		old, err := root(r, s.last.Size)
		if err != nil {
			return wire.Checkpoint{}, err
		}
		if old != s.last.Root {
			return wire.Checkpoint{}, &wire.LedgerFault{First: 1, Last: s.last.Size, What: fmt.Sprintf(
				"The audit log is wrong: its first %d records are not those that the last checkpoint was signed for.", s.last.Size)}
		}
	}
	if err := s.sameRecords(r, s.last.Size, size); err != nil {
		return wire.Checkpoint{}, err
	}
	now, err := root(r, size)
	return wire.Checkpoint{Origin: s.site.Host, Size: size, Root: now}, err
}

// sameRecords verifies the records behind a place against their leaves.
func (s *Service) sameRecords(r store.Reader, after, size int64) error {
	for after < size {
		list, err := r.LedgerEntries(after+1, page)
		if err != nil {
			return err
		}
		for _, e := range list {
			if e.Number > size {
				break
			}
			if err := wire.CheckEntry(e, after+1); err != nil {
				return err
			}
			after++
		}
		if len(list) < page && after < size {
			return wire.Missing(after+1, size)
		}
	}
	return nil
}

// root is the tree's at a size, by its stored hashes.
func root(r store.Reader, size int64) (authn.Hash, error) {
	h, err := tlog.TreeHash(size, tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		list := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			row, err := r.LedgerHashes(index, 1)
			if err != nil {
				return nil, err
			}
			if len(row) != 1 || row[0].Index != index {
				return nil, wire.LostHash(index)
			}
			list[i] = tlog.Hash(row[0].Hash)
		}
		return list, nil
	}))
	return authn.Hash(h), err
}

// Check verifies the whole log, against the checkpoints in the file too, and tells the administrators of a fault. The server calls it once a day.
func (s *Service) Check(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	further, _, err := s.file.read(s.parse)
	if err == nil {
		_, err = Verify(ctx, s.site.Store, s.site.Host, s.site.Identity.Key(), further)
	}
	var f *wire.LedgerFault
	if errors.As(err, &f) && f.Unsigned { // a server that has just begun
		return nil
	}
	return s.alarm(ctx, err)
}

// alarm tells the administrators, once a day, of a log that was changed. It returns the error.
func (s *Service) alarm(ctx context.Context, err error) error {
	var f *wire.LedgerFault
	now := s.site.Now()
	if !errors.As(err, &f) || !s.alarmed.IsZero() && now.Sub(s.alarmed) < mailEvery {
		return err
	}
	s.alarmed = now
	return errors.Join(err, s.site.Store.Update(ctx, func(tx store.Tx) error {
		return s.site.NotifyAdmins(tx, authn.NoticeLedgerBroken, "", map[string]string{"record": f.Records()}, now)
	}))
}
