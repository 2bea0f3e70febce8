package tour

import (
	"errors"
	"fmt"
	"strings"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/ui/model"
)

// requests walks what can come between a request and its answer: practice, two at once, a server that is away, and what is left of it all.
func (t *tour) requests() error {
	if err := t.do("practice: a real question that signs in to nothing", t.practice); err != nil {
		return err
	}
	if err := t.do("two computers ask: one after the other", t.two); err != nil {
		return err
	}
	if err := t.do("a Yes that can't be sent; sent again when the server is back", t.unsent); err != nil {
		return err
	}
	return t.do("Activity: what was answered, with proofs that hold", t.activity)
}

func (t *tour) practice() error {
	t.model.Practice()
	if err := t.await("the practice", func() bool {
		v, ok := t.model.Request()
		return t.shell.Page() == model.PageRequest && ok && v.Shows != "" && t.model.Busy() == ""
	}); err != nil {
		return err
	}
	if err := t.shot("request-practice"); err != nil {
		return err
	}
	v, _ := t.model.Request()
	if err := errors.Join(t.keys(strings.ReplaceAll(v.Shows, " ", "")), t.tap("yes"), t.page(model.PageResult)); err != nil {
		return err
	}
	return errors.Join(t.shot("practice-approved"), t.done())
}

// asks has another computer than the desk's ask.
func (t *tour) asks(id authn.ClientID, name string) error {
	c, err := t.env.AddComputer(t.ctx, id, name, authn.MatchTap)
	if err != nil {
		return err
	}
	_, err = c.Authorize(t.ctx, client.Question{User: User, IP: "203.0.113.9"})
	return err
}

func (t *tour) two() error {
	if err := t.ask(authn.MatchTap); err != nil {
		return err
	}
	if err := t.asks("warehouse-3", "WAREHOUSE-3"); err != nil {
		return err
	}
	if err := t.await("the second", func() bool { v, ok := t.model.Request(); return ok && v.Queue != "" }); err != nil {
		return err
	}
	if err := errors.Join(t.shot("request-one-of-two"), t.tap("no"), t.page(model.PageResult), t.tap("done"), t.page(model.PageRequest)); err != nil {
		return err
	}
	if v, _ := t.model.Request(); v.Client != "WAREHOUSE-3" {
		return fmt.Errorf("the second is of %s", v.Client)
	}
	return errors.Join(t.tap("no"), t.page(model.PageResult), t.done(), t.refused())
}

func (t *tour) unsent() error {
	if err := errors.Join(t.asks("reception-1", "RECEPTION-1"), t.page(model.PageRequest)); err != nil { // the desk would go on without a network
		return err
	}
	if err := t.env.Stop(); err != nil {
		return err
	}
	if err := errors.Join(t.tap("yes"), t.page(model.PageError), t.shot("not-sent")); err != nil {
		return err
	}
	if err := t.env.Resume(t.ctx); err != nil {
		return err
	}
	if err := errors.Join(t.tap("retry"), t.page(model.PageResult)); err != nil {
		return err
	}
	return t.done()
}

func (t *tour) activity() error {
	t.model.OpenActivity()
	if err := t.await("the proofs", func() bool { return t.shell.Page() == model.PageActivity && t.model.Activity().Proof != nil }); err != nil {
		return err
	}
	if v := t.model.Activity(); v.Proof.Tone != model.Good {
		return fmt.Errorf("the proofs are %+v", v.Proof)
	}
	if err := errors.Join(t.shot("activity"), t.tap("entry-1"), t.page(model.PageEntry), t.shot("activity-entry")); err != nil {
		return err
	}
	t.model.GoTo(model.PageHome)
	return t.page(model.PageHome)
}
