package device

import (
	"context"
	"errors"
	"net/http"

	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/store"
	"avow/internal/wire"
)

var errReceipt = authn.Fail(authn.Unauthorized, "bad_receipt", "The receipt cannot be verified.")

// wipe answers GET /v1/wipe, also to a device that was removed: that is the one that asks.
func (s *Service) wipe(w http.ResponseWriter, r *http.Request) error {
	d, err := s.proof.EvenRemoved(w, r)
	if err != nil {
		return err
	}
	if d.Wipe.State != authn.WipeRequested && d.Wipe.State != authn.WipeDelivered {
		return authn.ErrWipeUnknown
	}
	if d.Wipe.State == authn.WipeRequested {
		if d, err = s.deliver(r.Context(), d.ID); err != nil {
			return err
		}
	}
	return api.Write(w, http.StatusOK, wire.WipeAnswer{Command: d.Wipe.Command})
}

// deliver notes that a device has the command. What is noted is that it was handed to the network: only a receipt says that it was obeyed.
func (s *Service) deliver(ctx context.Context, id authn.DeviceID) (delivered authn.Device, err error) {
	c := Change{Actor: "device:" + string(id), IP: api.ClientIP(ctx), At: s.site.Now()}
	err = s.change(ctx, id, func(tx store.Tx, d authn.Device, _ authn.User) error {
		delivered = d.DeliverWipe(c.At)
		if delivered.Wipe == d.Wipe {
			return nil
		}
		err := tx.UpdateDevice(id, func(d authn.Device) (authn.Device, error) { return d.DeliverWipe(c.At), nil })
		if err != nil {
			return err
		}
		return tx.AppendAudit(c.record("device.wipe_delivered", d))
	})
	return delivered, err
}

// receipt answers POST /v1/wipe/receipt. It has no proof of its own: the device's keys are gone when it comes, and the receipt was signed before.
func (s *Service) receipt(w http.ResponseWriter, r *http.Request) error {
	if err := s.limits.Take(api.ClientIP(r.Context()), s.site.Now()); err != nil {
		return err
	}
	body, err := api.Body(w, r)
	if err != nil {
		return err
	}
	var c wire.WipeReceiptCommand
	if err := api.Decode(body, &c); err != nil {
		return err
	}
	id, err := wire.PeekWipeReceipt(c.Receipt)
	if err != nil {
		return errReceipt.Because(err)
	}
	d, err := s.signer(r.Context(), id)
	if err != nil {
		return err
	}
	got, err := wire.VerifyWipeReceipt(c.Receipt, d.Keys.Device, s.site.Issuer, d.ID)
	if err != nil {
		return errReceipt.Because(err)
	}
	if err := s.confirm(r.Context(), d.ID, got, c.Receipt); err != nil {
		return err
	}
	return api.Write(w, http.StatusOK, struct{}{})
}

// signer finds the device of a receipt, or one that nobody has, whose receipts never verify.
func (s *Service) signer(ctx context.Context, id authn.DeviceID) (d authn.Device, err error) {
	err = s.site.Store.View(ctx, func(r store.Reader) (err error) {
		d, err = r.Device(id)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return authn.Device{ID: id, Keys: authn.DeviceKeys{Device: s.nobody}}, nil
	}
	return d, err
}

func (s *Service) confirm(ctx context.Context, id authn.DeviceID, got wire.WipeReceipt, raw string) error {
	c := Change{Actor: "device:" + string(id), IP: api.ClientIP(ctx), At: s.site.Now(), Facts: map[string]string{"left": string(got.Left)}}
	return s.change(ctx, id, func(tx store.Tx, d authn.Device, u authn.User) error {
		if got.Counter == 0 {
			return s.erased(tx, d, u, raw, c)
		}
		if d.Wipe.State != authn.WipeNone && got.CommandHash != wire.HashText(d.Wipe.Command) {
			return authn.ErrWipeUnknown
		}
		next, err := d.ConfirmWipe(got.Counter, got.Scope, got.Left, raw, c.At)
		if err != nil || next.Wipe == d.Wipe {
			return err
		}
		err = tx.UpdateDevice(id, func(d authn.Device) (authn.Device, error) {
			return d.ConfirmWipe(got.Counter, got.Scope, got.Left, raw, c.At)
		})
		if err != nil {
			return err
		}
		return tx.AppendAudit(c.record("device.wipe_confirmed", d))
	})
}

// erased takes the word of a device whose user has erased the app.
func (s *Service) erased(tx store.Tx, d authn.Device, u authn.User, raw string, c Change) error {
	if err := End(tx, u, d, c); err != nil {
		return err
	}
	next := d.Erase(raw, c.At)
	if next.Wipe == d.Wipe {
		return nil
	}
	err := tx.UpdateDevice(d.ID, func(d authn.Device) (authn.Device, error) { return d.Erase(raw, c.At), nil })
	if err != nil {
		return err
	}
	return tx.AppendAudit(c.record("device.erased", d))
}
