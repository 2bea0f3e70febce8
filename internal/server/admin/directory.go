package admin

import (
	"context"
	"time"

	"avow/internal/authn"
	"avow/internal/server/directory"
	"avow/internal/store"
	"avow/internal/wire"
)

// testTime is how long a test of the directory may take; the answer comes within the limit of any answer.
const testTime = 30 * time.Second

var errNoDirectory = authn.Fail(authn.Conflict, "no_directory", "This server has no directory; all its users are local. Set directory.url in avow.toml and start the server again.")

// SetDirectory gives the directory from which users come; nil when there is none. Call it before Routes.
func (s *Service) SetDirectory(d *directory.Service) { s.directory = d }

func (s *Service) directoryStatus(call) (any, error) {
	if s.directory == nil {
		return wire.DirectoryStatus{}, nil
	}
	st := s.directory.Status()
	out := wire.DirectoryStatus{
		Configured: true, Running: st.Running, Runs: st.Runs, FullAt: st.FullAt, NextAt: st.NextAt, Problem: st.Problem, ProblemSince: st.ProblemSince, Notes: st.Notes,
	}
	if r := st.Last; !r.EndedAt.IsZero() {
		out.Last = &wire.DirectoryRun{
			StartedAt: r.StartedAt, EndedAt: r.EndedAt, Full: r.Full, Read: r.Read, Created: r.Created, Updated: r.Updated,
			Disabled: r.Disabled, Enabled: r.Enabled, Vanished: r.Vanished, Conflicts: r.Conflicts, Broken: r.Broken,
		}
	}
	return out, nil
}

func (s *Service) syncDirectory(c call) (any, error) {
	var cmd wire.SyncDirectory
	if err := c.decode(&cmd, &cmd.Reason); err != nil {
		return nil, err
	}
	if s.directory == nil {
		return nil, errNoDirectory
	}
	if cmd.Vanished && !cmd.Full {
		return nil, authn.Fail(authn.Invalid, "vanished_without_full", "Who has vanished is known only after a full read. Ask for one too.")
	}
	facts := map[string]string{}
	if cmd.Full {
		facts["full"] = "true"
	}
	if cmd.Vanished {
		facts["vanished"] = "true"
	}
	if err := s.told(c, "directory.ask", cmd.Reason, facts); err != nil {
		return nil, err
	}
	return wire.SyncingDirectory{Runs: s.directory.Ask(directory.Order{Full: cmd.Full, Vanished: cmd.Vanished})}, nil
}

func (s *Service) testDirectory(c call) (any, error) {
	var cmd wire.TestDirectory
	if err := c.decode(&cmd, &cmd.Reason); err != nil {
		return nil, err
	}
	if s.directory == nil {
		return nil, errNoDirectory
	}
	if err := s.told(c, "directory.test", cmd.Reason, nil); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(c.Context(), testTime)
	defer cancel()
	n, broken, err := s.directory.Try(ctx)
	if err != nil {
		return nil, err
	}
	out := wire.TestedDirectory{Users: n}
	for _, b := range broken[:min(len(broken), 20)] {
		out.Notes = append(out.Notes, b.DN+": "+b.Why)
	}
	return out, nil
}

// told writes the record of a command that changes nothing here.
func (s *Service) told(c call, action, reason string, facts map[string]string) error {
	return s.site.Store.Update(c.Context(), func(tx store.Tx) error {
		return tx.AppendAudit(s.record(c, action, "directory", reason, facts))
	})
}
