package bulk

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/wire"
)

// Server is what a run needs of the administrator's way to the server.
type Server interface {
	AddSession(ctx context.Context, c wire.AddSession) (wire.AddedSession, error)
	Sessions(ctx context.Context, login string) ([]wire.AdminSession, error)
	Time(ctx context.Context) (time.Time, error)
}

var _ Server = (*client.Admin)(nil)

// Run makes the sessions of a file. Set the fields, then call Do once.
type Run struct {
	Server  Server
	Issuer  string // of the server
	Admin   string // the administrator's name, as sessions carry it
	Rows    []Row
	Journal *Journal

	// Progress is called after each step, from one goroutine.
	Progress func(Progress)
	// Wait waits between two tries of a row; nil waits by the clock.
	Wait func(ctx context.Context, d time.Duration) error
}

// How a run goes about it.
const (
	parallel = 4  // requests at a time
	ahead    = 64 // rows that the journal says may be asked for, with one fsync
	maxTries = 8  // of one row: a minute and a half without an answer
	firstGap = 500 * time.Millisecond
	maxGap   = 30 * time.Second
	margin   = 2 * time.Second // the server tells its time in whole seconds
)

// Progress is how far a run is.
type Progress struct {
	Total, Before, Made, Failed int
	Waiting                     error // why nothing goes on just now; nil when it does
}

// Left is how many rows have no result yet.
func (p Progress) Left() int { return p.Total - p.Before - p.Made - p.Failed }

// ErrPINLost is the reason of a row whose session is there, but whose PIN was in an answer that never came.
var ErrPINLost = authn.Fail(authn.Conflict, "pin_lost", "A session was made, but its PIN was lost with the server's answer. Make another by force.")

// Result is what became of a row.
type Result struct {
	Row
	State State
	Made  Made  // of StateMade and StateBefore
	Found bool  // made, though its answer was lost: it was found on the server
	Err   error // of StateFailed
}

// State is how a row ended.
type State string

// The states.
const (
	StateMade   State = "made"
	StateBefore State = "made before" // by an earlier run of the same file
	StateFailed State = "failed"
	StateOpen   State = "not reached" // the run was stopped before
)

// Do makes what is not made yet and returns a result for each row, also when it was stopped: then err says by what, and the same run goes on later. The end of ctx
// stops it once the requests that are under way are answered.
func (r *Run) Do(ctx context.Context) ([]Result, error) {
	results := make([]Result, len(r.Rows))
	progress := Progress{Total: len(r.Rows)}
	var open []int
	for i, row := range r.Rows {
		results[i] = Result{Row: row, State: StateOpen}
		if made, ok := r.Journal.made[row.key()]; ok {
			results[i].State, results[i].Made = StateBefore, made
			progress.Before++
		} else {
			open = append(open, i)
		}
	}
	if len(open) == 0 {
		return results, nil
	}
	now, err := r.Server.Time(ctx)
	if err != nil {
		return results, err
	}
	if err := r.Journal.begin(r.Issuer, r.Admin); err != nil {
		return results, err
	}
	err = r.work(ctx, now, open, results, &progress)
	return results, err
}

// job is a row on its way.
type job struct {
	index int
	row   Row
	since time.Time // what was made since then may be this row's
	lost  bool      // it was asked for before, and nobody knows the answer
	noPIN bool      // an earlier run has lost the PIN of its session
}

// answer is what a worker says of a job, or, with a note, why it waits.
type answer struct {
	job
	Result
	stop error // stops the whole run; the row is as it was
	note error
}

// work hands the open rows to the workers, a stretch at a time, and keeps what they say.
func (r *Run) work(parent context.Context, now time.Time, open []int, results []Result, p *Progress) (stop error) {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	begun := time.Now()
	jobs, answers := make(chan job), make(chan answer, parallel)
	defer close(jobs)
	for range parallel {
		go func() {
			for j := range jobs {
				answers <- r.do(ctx, j, answers)
			}
		}()
	}
	var queue []job
	running := 0
	for {
		stopped := ctx.Err() != nil || stop != nil
		if len(queue) == 0 && len(open) > 0 && !stopped {
			n := min(ahead, len(open))
			var err error
			if queue, err = r.queue(open[:n], now.Add(time.Since(begun)-margin)); err != nil {
				stop = err
				continue
			}
			open = open[n:]
		}
		if running == 0 && (stopped || len(queue) == 0) {
			break
		}
		var next job
		out := jobs
		if len(queue) == 0 || stopped {
			out = nil // nothing to hand out: that case never happens
		} else {
			next = queue[0]
		}
		select {
		case out <- next:
			queue, running = queue[1:], running+1
		case a := <-answers:
			ended, err := r.keep(a, answers, results, p)
			running -= ended
			if err != nil && stop == nil {
				stop = err
				cancel(err)
			}
		}
	}
	if stop == nil && len(queue)+len(open) > 0 {
		stop = client.ErrCancelled.Because(parent.Err())
	}
	return stop
}

// queue makes jobs of rows. The journal says so first: after a crash it is known which of them the server may have.
func (r *Run) queue(open []int, now time.Time) ([]job, error) {
	jobs := make([]job, 0, len(open))
	var users []string
	for _, i := range open {
		row := r.Rows[i]
		since, lost := r.Journal.tried[row.key()]
		if !lost {
			since = now
			users = append(users, row.Command.UserName)
		}
		jobs = append(jobs, job{index: i, row: row, since: since, lost: lost, noPIN: r.Journal.noPIN[row.key()]})
	}
	if len(users) == 0 {
		return jobs, nil
	}
	return jobs, r.Journal.add(entry{Try: &tried{At: now, Users: users}})
}

// keep writes an answer, and those that came meanwhile, to the journal, then tells of it. It returns how many jobs have ended.
func (r *Run) keep(first answer, more <-chan answer, results []Result, p *Progress) (ended int, stop error) {
	batch := []answer{first}
	for len(batch) < ahead {
		select {
		case a := <-more:
			batch = append(batch, a)
			continue
		default:
		}
		break
	}
	var lines []entry
	for _, a := range batch {
		switch {
		case a.note != nil:
			p.Waiting = a.note
			continue
		case a.stop != nil:
			stop = a.stop
		case a.State == StateMade:
			lines = append(lines, entry{Made: &a.Made})
		default:
			lines = append(lines, entry{Failed: a.row.Command.UserName, NoPIN: errors.Is(a.Err, ErrPINLost)})
		}
		ended++
	}
	if len(lines) > 0 {
		if err := r.Journal.add(lines...); err != nil {
			return ended, err
		}
	}
	for _, a := range batch {
		if a.note != nil || a.stop != nil {
			continue
		}
		results[a.index] = a.Result
		p.Waiting = nil
		if a.State == StateMade {
			p.Made++
		} else {
			p.Failed++
		}
	}
	if r.Progress != nil {
		r.Progress(*p)
	}
	return ended, stop
}

// do makes the session of one row. A request that was sent is awaited also when ctx ends.
func (r *Run) do(ctx context.Context, j job, notes chan<- answer) answer {
	a := answer{job: j, Result: Result{Row: j.row}}
	sent := context.WithoutCancel(ctx) // the client has a limit of its own
	for try := 1; ; try++ {
		if err := ctx.Err(); err != nil {
			a.stop = stopOf(ctx)
			return a
		}
		err := r.once(sent, &a)
		if err == nil {
			return a
		}
		e := authn.AsError(err)
		switch {
		case fatal(err):
			a.stop = err
			return a
		case !passing(e):
			a.State, a.Err = StateFailed, err
			return a
		case try == maxTries:
			a.stop = err
			return a
		}
		a.lost = true
		notes <- answer{note: err}
		if err := r.wait(ctx, gap(try, e.RetryAfter)); err != nil {
			a.stop = stopOf(ctx)
			return a
		}
	}
}

// stopOf is why a run stops; the rows in its hands are as they were.
func stopOf(ctx context.Context) error { return client.ErrCancelled.Because(context.Cause(ctx)) }

// once asks once. Where an answer was lost it looks first whether the session is there.
func (r *Run) once(ctx context.Context, a *answer) error {
	if a.lost {
		if found, err := r.find(ctx, a); found || err != nil {
			return err
		}
	}
	s, err := r.Server.AddSession(ctx, a.row.Command)
	if authn.CodeOf(err) == "session_open" && a.lost { // a request that was slow, and came to the server after the look
		if found, err := r.find(ctx, a); found || err != nil {
			return err
		}
	}
	if authn.CodeOf(err) == "session_open" && a.noPIN {
		return ErrPINLost
	}
	if err != nil {
		return err
	}
	a.State = StateMade
	a.Made = Made{User: a.row.Command.UserName, Session: s.ID, At: s.CreatedAt, Expires: s.ExpiresAt, PIN: s.PIN}
	return nil
}

// find looks for a session that an earlier request of this row has made: sent, by an administrator who runs this, since the row was first asked for.
func (r *Run) find(ctx context.Context, a *answer) (bool, error) {
	sessions, err := r.Server.Sessions(ctx, a.row.Command.UserName)
	if err != nil {
		return false, err
	}
	for _, s := range sessions {
		if !s.Sent || !(s.CreatedByUserName == r.Admin || r.Journal.admins[s.CreatedByUserName]) || s.CreatedAt.Before(a.since) {
			continue
		}
		if s.SecondProof == authn.ProofPIN {
			return false, ErrPINLost
		}
		a.State, a.Found = StateMade, true
		a.Made = Made{User: a.row.Command.UserName, Session: s.ID, At: s.CreatedAt, Expires: s.ExpiresAt}
		return true, nil
	}
	return false, nil
}

// fatal says whether an error would be the same for every row.
func fatal(err error) bool {
	if errors.Is(err, client.ErrUntrusted) || errors.Is(err, client.ErrPinMismatch) || errors.Is(err, client.ErrPlainHTTP) {
		return true
	}
	switch authn.CodeOf(err) {
	case "not_an_administrator", "not_allowed", "bad_issuer", "reason_missing":
		return true
	}
	return false
}

// passing says whether the same may work a little later.
func passing(e *authn.Error) bool {
	return e.Kind == authn.Unavailable || e.Kind == authn.TooMany || e.Kind == authn.Internal
}

// gap is how long to wait after a number of tries: as long as the server says, else twice as long each time, a little by chance so that four do not
// come back together.
func gap(try int, said time.Duration) time.Duration {
	d := min(firstGap<<(try-1), maxGap)
	d += time.Duration(rand.Int64N(int64(d) / 4))
	return max(d, said)
}

func (r *Run) wait(ctx context.Context, d time.Duration) error {
	if r.Wait != nil {
		return r.Wait(ctx, d)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return fmt.Errorf("wait: %w", ctx.Err())
	case <-t.C:
		return nil
	}
}
