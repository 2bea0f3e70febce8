package ledger

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"

	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/proof"
	"avow/internal/store"
	"avow/internal/wire"
)

// Routes registers the newest checkpoint for everybody, and what administrators need to verify the log themselves.
func (s *Service) Routes(mux *http.ServeMux) {
	mux.Handle("GET /v1/log/checkpoint", api.Handle(s.site.Log, s.newest))
	mux.Handle("GET /v1/admin/log/records", s.admin(authn.MayAudit, s.records))
	mux.Handle("GET /v1/admin/log/checkpoints", s.admin(authn.MayAudit, s.checkpoints))
	mux.Handle("POST /v1/admin/log/checkpoint", s.admin(authn.MayAudit, s.signNow))
}

// call is a request of an administrator who may make it.
type call struct {
	*http.Request
	admin authn.Admin
	body  []byte
}

func (s *Service) admin(needs authn.Permission, h func(call) (any, error)) http.Handler {
	return api.Handle(s.site.Log, func(w http.ResponseWriter, r *http.Request) error {
		a, body, err := s.proof.Admin(w, r)
		if errors.Is(err, proof.ErrProof) {
			return errNotAdmin.Because(err)
		}
		if err != nil {
			return err
		}
		if err := a.May(needs); err != nil {
			return err
		}
		answer, err := h(call{r, a, body})
		if err != nil {
			return err
		}
		w.Header().Set("Cache-Control", "no-store")
		return api.Write(w, http.StatusOK, answer)
	})
}

var (
	errNotAdmin     = authn.Fail(authn.Unauthorized, "not_an_administrator", "The server does not know this administrator's key. Use the credential that belongs to this server.")
	errNoCheckpoint = authn.Fail(authn.NotFound, "no_checkpoint", "The server has signed no checkpoint yet. Try again in a minute.")
	errPlace        = authn.Fail(authn.Invalid, "bad_place", "The place in the audit log is not a number.")
)

// newest answers with the last checkpoint as it was signed. It says how many records there are, and nothing of what is in them.
func (s *Service) newest(w http.ResponseWriter, r *http.Request) error {
	var c authn.Checkpoint
	err := s.site.Store.View(r.Context(), func(rd store.Reader) (err error) {
		c, err = rd.LastCheckpoint()
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return errNoCheckpoint
	}
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "public, max-age="+strconv.Itoa(int(Every.Seconds())))
	h.Set("Access-Control-Allow-Origin", "*") // public and signed
	_, _ = w.Write([]byte(c.Note))
	return nil
}

// place reads a number of the query; without one it is the smallest.
func place(r *http.Request, name string) (int64, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return math.MinInt64, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, errPlace.Because(err)
	}
	return n, nil
}

func (s *Service) records(c call) (any, error) {
	from, err := place(c.Request, "from")
	if err != nil {
		return nil, err
	}
	out := wire.LogPage{Records: []wire.LogRecord{}}
	err = s.site.Store.View(c.Context(), func(r store.Reader) error {
		list, err := r.LedgerEntries(from, wire.MaxPage)
		if err != nil {
			return err
		}
		for _, e := range list {
			out.Records = append(out.Records, wire.NewLogRecord(e))
		}
		out.Size, err = r.LedgerSize()
		return err
	})
	return out, err
}

func (s *Service) checkpoints(c call) (any, error) {
	after, err := place(c.Request, "after")
	if err != nil {
		return nil, err
	}
	out := wire.CheckpointPage{Notes: []string{}}
	err = s.site.Store.View(c.Context(), func(r store.Reader) error {
		list, err := r.Checkpoints(after, wire.MaxPage)
		for _, c := range list {
			out.Notes = append(out.Notes, c.Note)
		}
		return err
	})
	return out, err
}

// signNow records who asks, so that the record is under the checkpoint.
func (s *Service) signNow(c call) (any, error) {
	var in wire.SignCheckpoint
	if err := api.Decode(c.body, &in); err != nil {
		return nil, err
	}
	reason := authn.CleanText(in.Reason, 256)
	if reason == "" {
		return nil, authn.Fail(authn.Invalid, "reason_missing", "Say why: the reason goes into the audit log.")
	}
	err := s.site.Store.Update(c.Context(), func(tx store.Tx) error {
		return tx.AppendAudit(authn.AuditRecord{
			At: s.site.Now(), Actor: "admin:" + c.admin.Name, Action: "log.checkpoint", Subject: "log", IP: api.ClientIP(c.Context()), Reason: reason,
			Facts: map[string]string{"mail": strconv.FormatBool(in.Mail)},
		})
	})
	if err != nil {
		return nil, err
	}
	signed, err := s.Sign(context.WithoutCancel(c.Context()), in.Mail)
	if err := told(err); err != nil {
		return nil, err
	}
	return wire.SignedCheckpoint{Note: signed.Note, Size: signed.Size, Filed: signed.Filed, Mailed: signed.Mailed}, nil
}

// told makes of a fault of the log an answer that says it.
func told(err error) error {
	var f *wire.LedgerFault
	if errors.As(err, &f) {
		return authn.Fail(authn.Conflict, "log_broken", f.What).Because(err)
	}
	return err
}
