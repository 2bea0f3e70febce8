// Package act is the page behind the link in a security mail: it says what happened and what can be done about it, and does that when somebody presses its one button. It
// works without signing in: the code in the link is what proves that somebody reads the mail. Programs that open links in mails change nothing: GET never does, and the
// first POST only shows. Routes: GET /act, POST /act (shows), POST /act/block (does).
package act

import (
	"net/http"

	mailtext "avow/assets/mail"
	"avow/assets/web"
	"avow/internal/authn"
	"avow/internal/server/portal/page"
	"avow/internal/server/reaction"
)

// Service is the page.
type Service struct {
	*page.Set
	reaction *reaction.Service
}

// New makes the page.
func New(set *page.Set, r *reaction.Service) *Service { return &Service{Set: set, reaction: r} }

// Routes registers it.
func (s *Service) Routes(mux *http.ServeMux) {
	mux.Handle("GET /act", s.Handle(s.ask))
	mux.Handle("POST /act", s.Handle(s.show))
	mux.Handle("POST /act/block", s.Handle(s.block))
}

// ask takes the code; the script finds it behind the # of the address.
func (s *Service) ask(a page.Request) error {
	return s.Render(a, http.StatusOK, web.ActCode, s.Frame(a, a.T("web.act.code_title"), web.CodeForm{}))
}

func (s *Service) show(a page.Request) error {
	code := a.R.PostFormValue("code")
	seen, err := s.reaction.See(a.R.Context(), code)
	if err != nil {
		return s.refuse(a, err)
	}
	return s.tell(a, code, seen)
}

func (s *Service) block(a page.Request) error {
	code := a.R.PostFormValue("code")
	seen, err := s.reaction.React(a.R.Context(), code)
	if err != nil {
		return s.refuse(a, err)
	}
	return s.tell(a, code, seen)
}

func (s *Service) tell(a page.Request, code string, seen reaction.Seen) error {
	c := web.ActPage{
		Code: code, Device: seen.Reaction == authn.ReactionBlockDevice, Done: seen.Done, At: page.Local(seen.Notice.At),
		Happened: mailtext.Happened(a.Printer, seen.Notice, s.Site.Organisation),
	}
	for _, f := range mailtext.Facts(a.Printer, seen.Notice) {
		c.Facts = append(c.Facts, web.Fact{Name: f.Label, Value: f.Value})
	}
	title := a.T("web.act.title")
	if seen.Done {
		title = a.T("web.act.done_title")
	}
	f := s.Frame(a, title, c)
	f.Path, f.Person = "/act", seen.User.Name
	return s.Render(a, http.StatusOK, web.Act, f)
}

// refuse says why a code opens nothing.
func (s *Service) refuse(a page.Request, err error) error {
	switch authn.CodeOf(err) {
	case reaction.ErrUnknown.Code, reaction.ErrNothing.Code:
		f := s.Frame(a, a.T("web.act.code_title"), web.CodeForm{Wrong: a.T("web.act.code_wrong")})
		f.Path = "/act"
		return s.Render(a, http.StatusUnprocessableEntity, web.ActCode, f)
	case reaction.ErrOld.Code:
		return s.Message(a, http.StatusGone, a.T("web.act.old_title"), web.OneMessage{Tone: web.Warn, Icon: "history", Text: a.T("web.act.old_text")})
	}
	return err
}
