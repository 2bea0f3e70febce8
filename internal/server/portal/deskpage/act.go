package deskpage

import (
	"context"
	"net/http"
	"slices"

	"avow/assets/translations"
	"avow/assets/web"
	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/desk"
	"avow/internal/server/people"
	"avow/internal/server/portal/page"
	"avow/internal/server/portal/signin"
	"avow/internal/server/registration"
	"avow/internal/server/session"
)

var ways = map[string]desk.Begin{
	string(web.ByDevice):     {Method: authn.CheckDevice},
	string(web.ByMailCode):   {Method: authn.CheckCode, Channel: authn.ChannelMail},
	string(web.ByTextCode):   {Method: authn.CheckCode, Channel: authn.ChannelText},
	string(web.ByHerManager): {Method: authn.CheckManager},
}

// sentences are what is said at the form, by the code of the error. Others become a page.
var sentences = map[string]struct {
	field string
	text  translations.Message
}{
	"own_account":         {"", "servicedesk.wrong.own_account"},
	"higher_role":         {"", "servicedesk.wrong.higher_role"},
	"no_device":           {"", "servicedesk.wrong.no_device"},
	"user_disabled":       {"", "servicedesk.wrong.blocked"},
	"too_many_open":       {"", "servicedesk.wrong.later"},
	"too_many_requests":   {"", "servicedesk.wrong.later"},
	"muted":               {"", "servicedesk.wrong.later"},
	"no_mail":             {"", "servicedesk.wrong.no_mail"},
	"no_phone":            {"", "servicedesk.wrong.no_phone"},
	"manager_unknown":     {"manager", "servicedesk.wrong.manager_unknown"},
	"manager_self":        {"manager", "servicedesk.wrong.manager_self"},
	"check_wrong":         {"code", "servicedesk.wrong.code"},
	"check_over":          {"", "servicedesk.wrong.over"},
	"check_needed":        {"", "servicedesk.wrong.needed"},
	"second_admin_needed": {"", "servicedesk.wrong.second_needed"},
	"restore_unknown":     {"restore", "servicedesk.wrong.restore"},
	"restore_state":       {"restore", "servicedesk.wrong.restore"},
	"restore_expired":     {"restore", "servicedesk.wrong.restore"},
	"restore_failed":      {"restore", "servicedesk.wrong.restore"},
	"restore_blocked":     {"restore", "servicedesk.wrong.restore"},
	"restore_over":        {"restore", "servicedesk.wrong.restore"},
	"otp_resends":         {"restore", "servicedesk.wrong.restore_codes"},
	"too_many_devices":    {"how", "servicedesk.wrong.too_many_devices"},
	"no_other_channel":    {"how", "servicedesk.wrong.no_other_channel"},
	"no_password":         {"how", "servicedesk.wrong.no_password"},
	"no_desk_codes":       {"computer", "servicedesk.wrong.no_codes"},
	"never_signed_in":     {"computer", "servicedesk.wrong.never_there"},
	"desk_grant_over":     {"computer", "servicedesk.wrong.grant_over"},
	"desk_grant_ended":    {"computer", "servicedesk.wrong.grant_over"},
	"computer_stolen":     {"computer", "servicedesk.wrong.stolen"},
}

// said turns an error into the sentence at its field; false when it is none of those.
func said(v signin.Visitor, err error) (web.Wrong, bool) {
	s, ok := sentences[authn.CodeOf(err)]
	if !ok {
		return nil, false
	}
	return web.Wrong{s.field: v.T(s.text)}, true
}

// check begins a check of the caller.
func (s *Service) check(v signin.Visitor) error {
	b, ok := ways[v.R.PostFormValue("way")]
	if !ok {
		return page.ErrStale
	}
	b.User, b.Manager = authn.UserID(v.R.PathValue("id")), authn.CleanText(v.R.PostFormValue("manager"), 128)
	_, err := s.desk.Start(v.Context(), v.Person, b)
	if w, ok := said(v, err); ok {
		return s.show(v, http.StatusUnprocessableEntity, wrongs{check: w, login: b.Manager})
	}
	return s.back(v, err)
}

// back shows the person again after a form that was taken.
func (s *Service) back(v signin.Visitor, err error) error {
	if err == nil {
		v.Redirect("/desk/" + v.R.PathValue("id"))
	}
	return err
}

func (s *Service) code(v signin.Visitor) error {
	err := s.desk.Code(v.Context(), v.Person, authn.CallerCheckID(v.R.PostFormValue("check")), v.R.PostFormValue("code"))
	if w, ok := said(v, err); ok {
		return s.show(v, http.StatusUnprocessableEntity, wrongs{check: w})
	}
	return s.back(v, err)
}

func (s *Service) stop(v signin.Visitor) error {
	if err := s.desk.Stop(v.Context(), v.Person, authn.UserID(v.R.PathValue("id"))); err != nil {
		return err
	}
	return v.Done("/desk/"+v.R.PathValue("id"), web.CheckStopped, "")
}

// act reads the reason, which there must be, and shows what went wrong at the form.
func (s *Service) act(v signin.Visitor, do func(user authn.UserID, reason string) error) error {
	reason := authn.CleanText(v.R.PostFormValue("reason"), 256)
	if reason == "" {
		return s.show(v, http.StatusUnprocessableEntity, wrongs{act: web.Wrong{"reason": v.T("servicedesk.wrong.reason")}})
	}
	err := do(authn.UserID(v.R.PathValue("id")), reason)
	if w, ok := said(v, err); ok {
		return s.show(v, http.StatusUnprocessableEntity, wrongs{act: w, reason: reason})
	}
	return err
}

var channels = map[string]authn.Channel{string(web.ByMail): authn.ChannelMail, string(web.ByText): authn.ChannelText}

func (s *Service) register(v signin.Visitor) error { return s.send(v, "how", s.desk.Register) }

// codeLost sends a registration that takes the place of the lost phones.
func (s *Service) codeLost(v signin.Visitor) error { return s.send(v, "lost", s.desk.CodeLost) }

type sender func(ctx context.Context, by session.Person, user authn.UserID, ch authn.Channel, reason string) (registration.Created, error)

// send sends a registration by the channel of a field, and shows what the desk may see of it.
func (s *Service) send(v signin.Visitor, field string, send sender) error {
	return s.act(v, func(user authn.UserID, reason string) error {
		ch, ok := channels[v.R.PostFormValue(field)]
		if !ok {
			return page.ErrStale
		}
		u, err := s.user(v)
		if err != nil {
			return err
		}
		made, err := send(v.Context(), v.Person, user, ch, reason)
		if err != nil {
			return err
		}
		c := web.MadeRegistration{
			Person: personOf(u), How: web.How(ch), Ends: page.Local(made.Session.ExpiresAt), To: maskMail(u.Mail), Proof: web.SecondProof(made.Session.Proof),
			PIN: grouped(made.PIN), Back: "/desk/" + string(u.ID),
		}
		if ch == authn.ChannelText {
			c.To = maskPhone(u.Phone)
		}
		f := s.signin.FrameOf(v, v.T("servicedesk.title"), "", c)
		f.Path = c.Back
		return s.Render(v.Request, http.StatusOK, web.Registered, f)
	})
}

// grouped is how eight digits are read out.
func grouped(pin string) string {
	if len(pin) != 8 {
		return pin
	}
	return pin[:4] + " " + pin[4:]
}

func (s *Service) offlineCode(v signin.Visitor) error {
	return s.act(v, func(user authn.UserID, reason string) error {
		u, err := s.user(v)
		if err != nil {
			return err
		}
		r, err := s.desk.OfflineCode(v.Context(), v.Person, user, authn.ClientID(v.R.PostFormValue("computer")), reason)
		if err != nil {
			return err
		}
		left := r.Expires.Sub(s.Site.Now())
		c := web.OfflineCodePage{
			Person: personOf(u), Computer: r.Computer.Name, Code: r.Code.Text(), Left: left, Lifetime: left, Remains: r.Left, Back: "/desk/" + string(u.ID),
		}
		f := s.signin.FrameOf(v, v.T("servicedesk.title"), "", c)
		f.Path = c.Back
		return s.Render(v.Request, http.StatusOK, web.OfflineCode, f)
	})
}

// unpair asks once more, then removes the device.
func (s *Service) unpair(v signin.Visitor) error {
	return s.act(v, func(user authn.UserID, reason string) error {
		id := v.R.PostFormValue("device")
		if v.R.PostFormValue("sure") == "" {
			u, err := s.user(v)
			if err != nil {
				return err
			}
			owned, err := s.device.List(v.Context(), user)
			if err != nil {
				return err
			}
			for _, o := range owned {
				if string(o.Device.ID) == id {
					return s.ask(v, web.RemoveDevice, o.Device.Info.Clean().Name, u, reason, web.HiddenField{Name: "device", Value: id})
				}
			}
			return page.ErrStale
		}
		d, err := s.desk.Unpair(v.Context(), v.Person, user, authn.DeviceID(id), reason)
		if err != nil {
			return err
		}
		return v.Done("/desk/"+string(user), web.DeviceRemoved, d.Info.Clean().Name)
	})
}

// ask asks before something is taken away.
func (s *Service) ask(v signin.Visitor, kind web.ConfirmKind, name string, u authn.User, reason string, fields ...web.HiddenField) error {
	back := "/desk/" + string(u.ID)
	c := web.Confirm{
		Kind: kind, Name: name, Person: u.Name, Post: v.R.URL.EscapedPath(), Back: back, Reason: reason,
		Fields: append(slices.Clone(fields), web.HiddenField{Name: "sure", Value: "yes"}),
	}
	f := s.signin.FrameOf(v, v.T(kind.Title(), "Name", name, "Person", u.Name), "", c)
	f.Path = back
	return s.Render(v.Request, http.StatusOK, web.Question, f)
}

// block blocks an account at once. It needs no check: to block too much can be mended, to block too late can not.
func (s *Service) block(v signin.Visitor) error {
	return s.act(v, func(user authn.UserID, reason string) error {
		u, err := s.user(v)
		if err != nil {
			return err
		}
		if v.R.PostFormValue("sure") == "" {
			return s.ask(v, web.BlockUser, "", u, reason)
		}
		if err := s.desk.MayTouch(v.Context(), v.Person, user); err != nil {
			return err
		}
		by := people.By{Actor: v.Actor(), Reason: reason, IP: api.ClientIP(v.Context()), User: v.User.ID}
		if _, err := s.people.SetStatus(v.Context(), user, authn.UserDisabled, by); err != nil {
			return err
		}
		return v.Done("/desk/"+string(user), web.UserBlocked, u.Name)
	})
}
