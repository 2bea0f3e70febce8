package ledger

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"avow/internal/authn"
	"avow/internal/store"
	"avow/internal/wire"
)

// file is the second place on a disk. Only the service writes to it, and only at its end.
type file struct {
	path    string
	written int64 // how many records the newest checkpoint in it is for
}

// read returns all checkpoints in the file; one that the server did not sign is an error: the file must not be another's.
func (f *file) read(parse func(string) (wire.Checkpoint, error)) (list []wire.Checkpoint, notes []string, err error) {
	if f.path == "" {
		return nil, nil, nil
	}
	b, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read the checkpoints: %w", err)
	}
	notes = wire.FindCheckpoints(string(b))
	for _, n := range notes {
		c, err := parse(n)
		if err != nil {
			return nil, nil, fmt.Errorf("read the checkpoints in %s: %w", f.path, err)
		}
		list = append(list, c)
	}
	return list, notes, nil
}

// append writes one more, and returns when it is on the disk. A line that a crash cut off is ended first.
func (f *file) append(note string) (err error) {
	_, there := os.Lstat(f.path)
	w, err := os.OpenFile(f.path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o644) // public: a checkpoint says nothing of anybody
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	whole, err := endsWhole(w)
	if err != nil {
		return err
	}
	if !whole {
		note = "\n\n" + note
	}
	if _, err := w.WriteString(note + "\n"); err != nil {
		return err
	}
	if err := w.Sync(); err != nil || there == nil {
		return err
	}
	return syncFolder(filepath.Dir(f.path)) // the file is new: its name has to be kept too
}

// endsWhole reports whether a file is empty or ends with an empty line.
func endsWhole(f *os.File) (bool, error) {
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil || end == 0 {
		return err == nil, err
	}
	last := make([]byte, min(2, end))
	_, err = f.ReadAt(last, end-int64(len(last)))
	return string(last) == "\n\n", err
}

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// mailedSetting is when a checkpoint was mailed last, and for how many records.
const mailedSetting = "ledger.mailed"

// post queues the mails of a checkpoint, with the others of the outbox: if it is asked to, or a day after the last ones.
func (s *Service) post(tx store.Tx, note string, size int64, asked bool, now time.Time) (int, error) {
	if len(s.mail) == 0 {
		return 0, nil
	}
	was, err := tx.Setting(mailedSetting)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return 0, err
	}
	if err == nil && now.Sub(was.UpdatedAt) < mailEvery && !asked {
		return 0, nil
	}
	for _, address := range s.mail {
		err := tx.CreateNotice(authn.Notice{
			ID: authn.NewNoticeID(), Kind: authn.NoticeCheckpoint, At: now, Facts: map[string]string{"checkpoint": note},
			Mail: authn.MailQueued, MailTo: address, NextTry: now,
		})
		if err != nil {
			return 0, err
		}
	}
	return len(s.mail), tx.PutSetting(authn.Setting{Name: mailedSetting, Value: strconv.FormatInt(size, 10), UpdatedAt: now, UpdatedBy: "server"})
}
