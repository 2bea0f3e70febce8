package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"avow/internal/authn"
	"avow/internal/store"
)

const (
	actor     = "directory"
	batchSize = 200 // users in one transaction
	fewGone   = 10  // so many may vanish in one day without anybody being asked
)

var errManyGone = authn.Fail(authn.Conflict, "directory_vanished", "More than half of the users are no longer found in the directory, so nobody was disabled. Check base_dn, filter and the rights of bind_dn. If they really left: avow-admin directory sync --full --vanished.")

// Sync reads the directory and brings the store in step. Each batch is one transaction and can be repeated: a read that is
// broken off is begun again and finds what it has done. The error is a sentence for administrators.
func (s *Service) Sync(ctx context.Context, o Order) (Run, error) {
	s.reading.Lock()
	defer s.reading.Unlock()
	s.mu.Lock()
	s.status.Running, s.status.NextAt = true, time.Time{}
	s.mu.Unlock()
	r := &reading{Service: s, run: Run{StartedAt: s.site.Now()}, seen: map[string]bool{}}
	err := r.do(ctx, o)
	s.ended(ctx, r, err)
	return r.run, err
}

// ended keeps for administrators how it went.
func (s *Service) ended(ctx context.Context, r *reading, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := &s.status
	st.Running = false
	st.Runs++
	st.Notes = r.notes
	if err == nil {
		st.Last, st.FullAt, st.Problem, st.ProblemSince = r.run, r.kept.FullAt, "", time.Time{}
		return
	}
	if ctx.Err() != nil {
		return // the server stops
	}
	if st.Problem == "" {
		st.ProblemSince = s.site.Now()
	}
	st.Problem = authn.AsError(err).Message
	s.site.Log.WarnContext(ctx, "directory", "problem", st.Problem, "err", err)
}

// reading is one read on its way.
type reading struct {
	*Service
	run    Run
	kept   kept
	seen   map[string]bool // ids of a full read
	blind  bool            // an entry came without an id, so that nobody can be said to be missing
	notes  []string
	newest time.Time
}

func (r *reading) do(ctx context.Context, o Order) (err error) {
	if r.kept, err = r.load(ctx); err != nil {
		return err
	}
	scope, now := r.cfg.scope(), r.run.StartedAt
	age := now.Sub(r.kept.FullAt)
	r.run.Full = o.Full || r.kept.Scope != scope || r.kept.Cursor.IsZero() || age >= fullEvery || age < 0
	since := r.kept.Cursor.Add(-overlap)
	if r.run.Full {
		since = time.Time{}
	} else {
		r.newest = r.kept.Cursor
	}
	if err := r.cfg.Read(ctx, since, func(p Page) error { return r.take(ctx, p) }); err != nil {
		return err
	}
	if r.run.Full {
		if err := r.vanished(ctx, o.Vanished); err != nil {
			return err
		}
		r.kept.FullAt = now
	}
	r.kept.Scope = scope
	r.kept.Cursor = cursor(r.newest, now)
	r.run.EndedAt = r.site.Now()
	r.kept.Last = r.run
	return r.keep(ctx)
}

// cursor is where the next read begins: at the newest change, by the directory's clock. A time to come in one entry does not hide the changes until then,
// and a directory in which nothing changes is not read from the start again and again.
func cursor(newest, now time.Time) time.Time {
	switch early := now.Add(-clockFault); {
	case newest.After(now):
		return now
	case newest.Before(early):
		return early
	}
	return newest
}

// take brings one page into the store, in batches.
func (r *reading) take(ctx context.Context, p Page) error {
	r.run.Read += len(p.People) + len(p.Broken)
	r.run.Broken += len(p.Broken)
	for _, b := range p.Broken {
		r.note("%s was passed over: %s", b.DN, b.Why)
		r.seen[b.ID] = r.run.Full
		r.blind = r.blind || b.ID == ""
	}
	for batch := range slices.Chunk(p.People, batchSize) {
		for _, person := range batch {
			if r.run.Full {
				r.seen[person.ID] = true
			}
			if person.ChangedAt.After(r.newest) {
				r.newest = person.ChangedAt
			}
		}
		if err := r.batch(ctx, func(b *batchOf) error {
			for _, person := range batch {
				if err := b.person(person); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

func (r *reading) note(format string, args ...any) {
	if len(r.notes) < maxNotes {
		r.notes = append(r.notes, authn.CleanText(fmt.Sprintf(format, args...), 512))
	}
}

// vanished disables those whom a full read did not find.
func (r *reading) vanished(ctx context.Context, many bool) error {
	if r.blind {
		r.note("An entry has no id that can be read, so nobody was looked for who has vanished")
		return nil
	}
	var gone []authn.UserID
	active := 0
	err := r.site.Store.View(ctx, func(tx store.Reader) error {
		users, err := tx.Users()
		for _, u := range users {
			if u.Source != authn.UserDirectory || u.Status != authn.UserActive {
				continue
			}
			active++
			if !r.seen[u.DirectoryID] {
				gone = append(gone, u.ID)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	if len(gone) > fewGone && 2*len(gone) > active && !many {
		return errManyGone.Because(fmt.Errorf("%d of %d", len(gone), active))
	}
	for ids := range slices.Chunk(gone, batchSize) {
		if err := r.batch(ctx, func(b *batchOf) error {
			for _, id := range ids {
				if err := b.gone(id); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// keep writes how far the read got, in one transaction with its record. A read that changed nothing leaves no record.
func (r *reading) keep(ctx context.Context) error {
	value, err := json.Marshal(r.kept)
	if err != nil {
		return err
	}
	return r.site.Store.Update(ctx, func(tx store.Tx) error {
		if err := tx.PutSetting(authn.Setting{Name: settingState, Value: string(value), UpdatedAt: r.run.EndedAt, UpdatedBy: actor}); err != nil {
			return err
		}
		if !r.run.Full && !r.run.changed() {
			return nil
		}
		return tx.AppendAudit(authn.AuditRecord{At: r.run.EndedAt, Actor: actor, Action: "directory.sync", Subject: actor, Facts: r.run.facts()})
	})
}

// facts are the counts that are not zero.
func (r Run) facts() map[string]string {
	f := map[string]string{"full": strconv.FormatBool(r.Full)}
	for name, n := range map[string]int{
		"read": r.Read, "created": r.Created, "updated": r.Updated, "disabled": r.Disabled, "enabled": r.Enabled, "vanished": r.Vanished,
		"conflicts": r.Conflicts, "broken": r.Broken,
	} {
		if n > 0 {
			f[name] = strconv.Itoa(n)
		}
	}
	return f
}

// blocked are the users whom the directory has disabled. Only they are enabled when it takes that back: whom an administrator has
// disabled stays so.
type blocked map[authn.UserID]bool

func readBlocked(r store.Reader) (blocked, error) {
	set, err := r.Setting(settingBlocked)
	if errors.Is(err, store.ErrNotFound) {
		return blocked{}, nil
	}
	if err != nil {
		return nil, err
	}
	var ids []authn.UserID
	if err := json.Unmarshal([]byte(set.Value), &ids); err != nil {
		return nil, fmt.Errorf("setting %s: %w", settingBlocked, err)
	}
	b := make(blocked, len(ids))
	for _, id := range ids {
		b[id] = true
	}
	return b, nil
}

func (b blocked) write(tx store.Tx, now time.Time) error {
	ids := make([]authn.UserID, 0, len(b))
	for id := range b {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	value, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	return tx.PutSetting(authn.Setting{Name: settingBlocked, Value: string(value), UpdatedAt: now, UpdatedBy: actor})
}
