package testenv_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/store"
	"avow/internal/testenv"
	"avow/internal/wire"
)

// handset is a phone without an app: its keys are in memory and it talks by the client only. Races and measurements use it, where a
// keystore's argon2 or a finger would hide what is looked at.
type handset struct {
	*client.Device
	id               authn.DeviceID
	user             authn.UserID
	device, approval key.Private
}

// someone is a user with handsets.
type someone struct {
	authn.User
	handsets []*handset
}

func newKey(t testing.TB) key.Private {
	t.Helper()
	k, err := key.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// populate puts users with handsets into the database directly, active already: registration is told elsewhere.
func populate(t testing.TB, st store.Store, server client.Server, opt client.Options, users, each int) []someone {
	t.Helper()
	now := time.Now()
	list := make([]someone, users)
	err := st.Update(context.Background(), func(tx store.Tx) error {
		for i := range list {
			u, err := authn.NewUser(fmt.Sprintf("user%05d", i), fmt.Sprintf("User %d", i), "", now)
			if err != nil {
				return err
			}
			if err := tx.CreateUser(u); err != nil {
				return err
			}
			list[i] = someone{User: u}
			for range each {
				h := &handset{id: authn.NewDeviceID(), user: u.ID, device: newKey(t), approval: newKey(t)}
				h.Device = client.NewDevice(server, h.id, h.device, opt)
				d := authn.Device{
					ID: h.id, User: u.ID, Info: authn.DeviceInfo{Name: "Handset", Model: "Model", OS: "OS", App: "1"},
					Keys:  authn.DeviceKeys{Device: h.device.Key(), Approval: h.approval.Key(), Exchange: newKey(t).Key()},
					Class: key.Software, State: authn.DeviceActive, CreatedAt: now, ConfirmedAt: now, LastSeenAt: now,
				}
				if err := tx.CreateDevice(d); err != nil {
					return err
				}
				list[i].handsets = append(list[i].handsets, h)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// inhabitants are people of a running Env.
func inhabitants(t testing.TB, env *testenv.Env, users, each int) []someone {
	t.Helper()
	list := populate(t, env.Site.Store, env.ClientServer(), env.ClientOptions(), users, each)
	t.Cleanup(func() {
		for _, u := range list {
			for _, h := range u.handsets {
				h.Close()
			}
		}
	})
	return list
}

// answer signs a decision about a request as it was received.
func (h *handset) answer(raw string, kind authn.DecisionKind, number string) (wire.ApprovalRequest, string, error) {
	s := h.Server()
	r, err := wire.VerifyApprovalRequest(raw, s.Identity, s.Issuer, h.id, h.user)
	if err != nil {
		return r, "", err
	}
	d := wire.Decision{
		Device: h.id, Audience: s.Issuer, ID: key.RandomID(16), IssuedAt: time.Now().Unix(), Request: r.ID,
		RequestHash: wire.HashText(raw), Kind: kind, UV: authn.UVNone, Class: key.Software,
	}
	signer := h.device
	if kind == authn.Approve {
		d.Number, d.UV, signer = number, authn.UVPIN, h.approval
	}
	jws, err := wire.SignDecision(signer, d)
	return r, jws, err
}

// decide answers a request and checks the receipt.
func (h *handset) decide(ctx context.Context, raw string, kind authn.DecisionKind, number string) (wire.DecisionAnswer, error) {
	r, jws, err := h.answer(raw, kind, number)
	if err != nil {
		return wire.DecisionAnswer{}, err
	}
	a, err := h.Decide(ctx, r.ID, jws)
	if err != nil {
		return a, err
	}
	_, err = wire.VerifyReceipt(a.Receipt, h.Server().Identity, raw, jws)
	return a, err
}
