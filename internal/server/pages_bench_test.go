package server_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/store"
)

// bigOffice is a server of ten thousand people; half of them have a phone, all had a registration that was sent.
func bigOffice(b *testing.B) (r *rig, owner *http.Cookie) {
	r = newRig(b)
	if err := r.MountPages(b.Context()); err != nil {
		b.Fatal(err)
	}
	token := key.NewSecret(32)
	now := r.clock.Now()
	err := r.Site.Store.Update(b.Context(), func(tx store.Tx) error {
		for i := range 10_000 {
			if err := bigUser(tx, i, now); err != nil {
				return err
			}
		}
		u, err := tx.UserByLogin("user00000")
		if err != nil {
			return err
		}
		if err := tx.CreateAdmin(authn.Admin{ID: authn.NewAdminID(), Name: u.Login, Role: authn.RoleOwner, User: u.ID, CreatedAt: now}); err != nil {
			return err
		}
		return tx.CreateWebSession(authn.WebSession{
			By: authn.ByPhone,
			ID: authn.NewWebSessionID(), Token: authn.HashOf(token), User: u.ID, CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(authn.WebSessionLifetime),
		})
	})
	if err != nil {
		b.Fatal(err)
	}
	return r, &http.Cookie{Name: "__Host-avow_session", Value: base64.RawURLEncoding.EncodeToString(token)}
}

func bigUser(tx store.Tx, i int, now time.Time) error {
	u, err := authn.NewUser(fmt.Sprintf("user%05d", i), fmt.Sprintf("Person Number %d", i), fmt.Sprintf("user%05d@example.com", i), now)
	if err != nil {
		return err
	}
	if err := tx.CreateUser(u); err != nil {
		return err
	}
	secret := func(authn.RegistrationID) key.Secret { return key.NewSecret(16) }
	s, err := authn.NewSentSession(u.ID, authn.BindFirst, authn.ProofPIN, 24*time.Hour, "admin:maja", now.Add(-time.Duration(i)*time.Minute), secret)
	if err != nil {
		return err
	}
	s.Notification = authn.MessageSent
	if i%2 == 0 {
		d := authn.Device{ID: authn.NewDeviceID(), User: u.ID, Registration: s.ID, State: authn.DeviceActive, CreatedAt: now, ConfirmedAt: now, LastSeenAt: now, Info: authn.DeviceInfo{Name: "Pixel 8"}}
		if err := tx.CreateDevice(d); err != nil {
			return err
		}
		s.State, s.Device = authn.SessionConsumed, d.ID
	}
	if err := tx.CreateRegistrationSession(s); err != nil {
		return err
	}
	return tx.CreateMessage(authn.Message{
		ID: authn.NewMessageID(), Kind: authn.MessageRegistration, Channel: authn.ChannelMail, User: u.ID, Session: s.ID, To: u.Mail, CreatedAt: s.CreatedAt, State: authn.MessageSent,
	})
}

// BenchmarkUsersPage measures the administration's lists for ten thousand users, over HTTPS on loopback: 50 ms is the limit.
func BenchmarkUsersPage(b *testing.B) {
	r, cookie := bigOffice(b)
	for _, path := range []string{
		"/admin/users", "/admin/users?page=150", "/admin/users?q=number+77", "/admin/users?show=no-phone", "/admin/users?show=waiting", "/admin",
		"/admin/registrations", "/admin/registrations?state=open&page=50", "/admin/registrations?q=number+77", "/admin/devices", "/admin/devices?q=number+77", "/admin/messages", "/admin/log",
	} {
		b.Run(path, func(b *testing.B) {
			var times []time.Duration
			for b.Loop() {
				req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, r.Site.Issuer+path, nil)
				if err != nil {
					b.Fatal(err)
				}
				req.AddCookie(cookie)
				begun := time.Now()
				a, err := r.http.Do(req)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, a.Body); err != nil {
					b.Fatal(err)
				}
				_ = a.Body.Close() // read to its end
				if a.StatusCode != http.StatusOK {
					b.Fatal(a.Status)
				}
				times = append(times, time.Since(begun))
			}
			percentiles(b, times)
		})
	}
}
