package reaction

import (
	"errors"
	"net/http"

	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/store"
	"avow/internal/wire"
)

var (
	errCommand = authn.Fail(authn.Invalid, "bad_command", "The command cannot be verified. Update the app and try again.")
	errUsed    = authn.Fail(authn.Conflict, "statement_used", "This was done already. Look at the devices again.")
)

// Routes registers the phone's route.
func (s *Service) Routes(mux *http.ServeMux) {
	mux.Handle("POST /v1/notices/{id}/react", api.Handle(s.site.Log, s.react))
}

// react answers a device that shows a notice. The device that the notice is about is not told of it, and another user's notice does not exist. To block a restore
// works with the device key, also while the device is on probation: refusing must always be possible. To block a device is a command as of POST /v1/devices/command,
// signed by the approval key of a device that may give it.
func (s *Service) react(w http.ResponseWriter, r *http.Request) error {
	me, body, err := s.proof.Device(w, r)
	if err != nil {
		return err
	}
	var c wire.NoticeReaction
	if err := api.Decode(body, &c); err != nil {
		return err
	}
	if err := me.MayApprove(); err != nil { // a pending one may be a stranger's
		return err
	}
	v, err := s.seen(r.Context(), authn.NoticeID(r.PathValue("id")))
	if errors.Is(err, ErrUnknown) || err == nil && (v.User.ID != me.User || v.Notice.Cause == me.ID) {
		return authn.ErrNoticeUnknown
	}
	if err != nil {
		return err
	}
	if v.Reaction == authn.ReactionBlockDevice {
		if err := s.command(r, me, v, c.Statement); err != nil {
			return err
		}
	}
	if !v.Done {
		if err := s.do(r.Context(), v, "device:"+string(me.ID), "not me, says another device"); err != nil {
			return err
		}
	}
	return api.Write(w, http.StatusOK, struct{}{})
}

// command checks and uses up what the device says about the one that caused the notice.
func (s *Service) command(r *http.Request, me authn.Device, v Seen, statement string) error {
	now := s.site.Now()
	if err := me.MayManage(now); err != nil {
		return err
	}
	cmd, err := wire.VerifyDeviceCommand(statement, me.Keys.Approval, s.site.Issuer, me.ID)
	if err != nil {
		return errCommand.Because(err)
	}
	if cmd.Act != wire.ActBlock || cmd.Device != v.Notice.Cause {
		return errCommand
	}
	return s.site.Store.Update(r.Context(), func(tx store.Tx) error {
		mine, err := tx.Device(me.ID) // as of now: it may have been removed while this one waited
		if err != nil {
			return err
		}
		if err := mine.MayManage(now); err != nil {
			return err
		}
		err = tx.UseStatement(me.ID, cmd.ID, now)
		if errors.Is(err, store.ErrExists) {
			return errUsed
		}
		return err
	})
}
