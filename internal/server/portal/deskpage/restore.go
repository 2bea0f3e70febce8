package deskpage

import (
	"net/http"

	"avow/assets/web"
	"avow/internal/authn"
	"avow/internal/server/portal/signin"
)

// restoreCode shows the one-time code of a restore, and the phone that waits for it: whoever calls must have that in the hand.
func (s *Service) restoreCode(v signin.Visitor) error {
	return s.act(v, func(user authn.UserID, reason string) error {
		u, err := s.user(v)
		if err != nil {
			return err
		}
		given, err := s.desk.RestoreCode(v.Context(), v.Person, user, authn.RestoreID(v.R.PostFormValue("restore")), reason)
		if err != nil {
			return err
		}
		left := given.Until.Sub(s.Site.Now())
		c := web.OneTimeCodePage{
			Person: personOf(u), Phone: signin.RestoreRow(given.Restore), Code: grouped(given.Digits), Left: left, Lifetime: left, Back: "/desk/" + string(u.ID),
		}
		f := s.signin.FrameOf(v, v.T("servicedesk.title"), "", c)
		f.Path = c.Back
		return s.Render(v.Request, http.StatusOK, web.OneTimeCode, f)
	})
}

func (s *Service) allowRestore(v signin.Visitor) error {
	return s.sure(v, web.AllowRestore, web.RestoreWasAllowed, func(user authn.UserID, reason string) error {
		return s.desk.AllowRestore(v.Context(), v.Person, user, reason)
	})
}

func (s *Service) unblockRestore(v signin.Visitor) error {
	return s.sure(v, web.UnblockRestore, web.RestoreWasUnblocked, func(user authn.UserID, reason string) error {
		return s.desk.UnblockRestore(v.Context(), v.Person, user, reason)
	})
}

func (s *Service) blockRestore(v signin.Visitor) error {
	return s.sure(v, web.BlockRestore, web.RestoreWasBlocked, func(user authn.UserID, reason string) error {
		return s.desk.BlockRestore(v.Context(), v.Person, user, reason)
	})
}

// sure asks once more, then does it.
func (s *Service) sure(v signin.Visitor, kind web.ConfirmKind, done web.NoticeKind, do func(user authn.UserID, reason string) error) error {
	return s.act(v, func(user authn.UserID, reason string) error {
		u, err := s.user(v)
		if err != nil {
			return err
		}
		if v.R.PostFormValue("sure") == "" {
			return s.ask(v, kind, "", u, reason)
		}
		if err := do(user, reason); err != nil {
			return err
		}
		return v.Done("/desk/"+string(user), done, u.Name)
	})
}
