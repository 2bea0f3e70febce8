package device

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

// command answers POST /v1/devices/command: what a user does, on one of her devices, to another. It is a fact when the answer is there, whether the other device is reached or
// not.
func (s *Service) command(w http.ResponseWriter, r *http.Request) error {
	me, body, err := s.proof.Device(w, r)
	if err != nil {
		return err
	}
	var c wire.DeviceCommandCommand
	if err := api.Decode(body, &c); err != nil {
		return err
	}
	now := s.site.Now()
	if err := me.MayManage(now); err != nil {
		return err
	}
	cmd, err := wire.VerifyDeviceCommand(c.Statement, me.Keys.Approval, s.site.Issuer, me.ID)
	if err != nil {
		return errCommand.Because(err)
	}
	change := Change{Actor: "device:" + string(me.ID), IP: api.ClientIP(r.Context()), At: now, Facts: map[string]string{"user_verification": string(cmd.UV)}}
	var other authn.Device
	err = s.site.Store.Update(r.Context(), func(tx store.Tx) error {
		mine, err := tx.Device(me.ID) // as of now: it may have been removed while this one waited
		if err != nil {
			return err
		}
		if err := mine.MayManage(now); err != nil {
			return err
		}
		if err := tx.UseStatement(me.ID, cmd.ID, now); err != nil {
			if errors.Is(err, store.ErrExists) {
				return errUsed
			}
			return err
		}
		if other, err = own(tx, mine.User, cmd.Device); err != nil {
			return err
		}
		u, err := tx.User(mine.User)
		if err != nil {
			return err
		}
		if err := u.Active(); err != nil {
			return err
		}
		return s.act(tx, u, other, cmd, change)
	})
	if err != nil {
		return err
	}
	s.wake(other)
	return s.answerList(w, r.Context(), me)
}

func (s *Service) act(tx store.Tx, u authn.User, other authn.Device, cmd wire.DeviceCommand, c Change) error {
	switch cmd.Act {
	case wire.ActRemove:
		return End(tx, u, other, c)
	case wire.ActWipe:
		return s.wipeIn(tx, u, other, cmd.Scope, c)
	case wire.ActBlock:
		if err := End(tx, u, other, c); err != nil {
			return err
		}
		return s.block(tx, u, c.Actor, "", c.At)
	}
	return errCommand
}
