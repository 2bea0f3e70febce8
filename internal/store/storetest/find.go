package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/store"
)

func findSessions(t *testing.T, s store.Store) {
	people(t, s)
	update(t, s, func(tx store.Tx) error {
		var errs []error
		for i, d := range []authn.Device{
			{ID: "d_waits", State: authn.DevicePending, Registration: "s_waits"},
			{ID: "d_active", State: authn.DeviceActive, ConfirmedAt: noon, Registration: "s_done"},
			{ID: "d_gone", State: authn.DeviceRevoked, ConfirmedAt: noon, Registration: "s_gone"},
			{ID: "d_old", State: authn.DeviceActive, ConfirmedAt: noon, Registration: "s_forgotten"},
			{ID: "d_refused", State: authn.DeviceRevoked, Registration: "s_refused"},
		} {
			d.User, d.CreatedAt = "u_a", noon.Add(time.Duration(i))
			errs = append(errs, tx.CreateDevice(d))
		}
		for i, v := range []authn.RegistrationSession{
			{ID: "s_active", State: authn.SessionActive, ExpiresAt: noon.Add(1)},
			{ID: "s_expired", State: authn.SessionActive, ExpiresAt: noon},
			{ID: "s_waits", State: authn.SessionConsumed, Device: "d_waits"},
			{ID: "s_done", State: authn.SessionConsumed, Device: "d_active"},
			{ID: "s_gone", State: authn.SessionConsumed, Device: "d_gone"},
			{ID: "s_refused", State: authn.SessionConsumed, Device: "d_refused"},
			{ID: "s_revoked", State: authn.SessionRevoked, ExpiresAt: noon.Add(1)},
			{ID: "s_claimed", State: authn.SessionClaimed, ExpiresAt: noon.Add(1), User: "u_b"},
		} {
			if v.User == "" {
				v.User = "u_a"
			}
			v.CreatedAt = noon.Add(time.Duration(i))
			errs = append(errs, tx.CreateRegistrationSession(v))
		}
		return errors.Join(errs...)
	})
	all := store.SessionCounts{All: 8, Open: 3, Done: 2, Ended: 3}
	for _, c := range []struct {
		name   string
		q      store.SessionQuery
		want   []string
		counts store.SessionCounts
	}{
		{"first page", store.SessionQuery{Limit: 2}, []string{"s_claimed", "s_revoked"}, all},
		{"last page", store.SessionQuery{Limit: 5, Offset: 6}, []string{"s_expired", "s_active"}, all},
		{"past the end", store.SessionQuery{Limit: 5, Offset: 8}, nil, all},
		{"open", store.SessionQuery{Limit: 9, Filter: store.OpenSessions}, []string{"s_claimed", "s_waits", "s_active"}, all},
		{"done", store.SessionQuery{Limit: 9, Filter: store.DoneSessions}, []string{"s_gone", "s_done"}, all},
		{"ended", store.SessionQuery{Limit: 9, Filter: store.EndedSessions}, []string{"s_revoked", "s_refused", "s_expired"}, all},
		{"of a user", store.SessionQuery{Limit: 9, Text: " BO "}, []string{"s_claimed"}, store.SessionCounts{All: 1, Open: 1}},
		{"of a user, and done", store.SessionQuery{Limit: 9, Text: "anna", Filter: store.DoneSessions}, []string{"s_gone", "s_done"}, store.SessionCounts{All: 7, Open: 2, Done: 2, Ended: 3}},
		{"counts alone", store.SessionQuery{}, nil, all},
		{"of nobody", store.SessionQuery{Limit: 9, Text: "eva"}, nil, store.SessionCounts{}},
	} {
		c.q.Now = noon
		view(t, s, func(r store.Reader) error {
			page, counts, err := r.FindRegistrationSessions(c.q)
			diff(t, c.name, names(page, func(v authn.RegistrationSession) string { return string(v.ID) }), c.want)
			diff(t, c.name+": counts", counts, c.counts)
			return err
		})
	}
}

func findDevices(t *testing.T, s store.Store) {
	people(t, s)
	update(t, s, func(tx store.Tx) error {
		var errs []error
		for i, d := range []authn.Device{
			{User: "u_a", Info: authn.DeviceInfo{Name: "Work", Model: "Pixel 8"}},
			{User: "u_b", Info: authn.DeviceInfo{Name: "Anna's old", Model: "iPhone"}, State: authn.DeviceRevoked},
			{User: "u_b", Info: authn.DeviceInfo{Name: "Home"}},
		} {
			d.ID, d.CreatedAt = authn.DeviceID(fmt.Sprint("d_", i)), noon.Add(time.Duration(i))
			errs = append(errs, tx.CreateDevice(d))
		}
		return errors.Join(errs...)
	})
	for _, c := range []struct {
		name  string
		q     store.DeviceQuery
		want  []string
		total int
	}{
		{"all, newest first", store.DeviceQuery{Limit: 9}, []string{"d_2", "d_1", "d_0"}, 3},
		{"second page", store.DeviceQuery{Limit: 2, Offset: 2}, []string{"d_0"}, 3},
		{"by user or name", store.DeviceQuery{Limit: 9, Text: " ANNA"}, []string{"d_1", "d_0"}, 2},
		{"by model", store.DeviceQuery{Limit: 9, Text: "pixel"}, []string{"d_0"}, 1},
		{"nothing", store.DeviceQuery{Limit: 9, Text: "%"}, nil, 0},
	} {
		view(t, s, func(r store.Reader) error {
			page, total, err := r.FindDevices(c.q)
			diff(t, c.name, names(page, func(d authn.Device) string { return string(d.ID) }), c.want)
			diff(t, c.name+": total", total, c.total)
			return err
		})
	}
}

func findMessages(t *testing.T, s store.Store) {
	update(t, s, func(tx store.Tx) error {
		var errs []error
		for i, state := range []authn.MessageState{authn.MessageQueued, authn.MessageSending, authn.MessageSent, authn.MessageFailed, authn.MessageUnclear} {
			errs = append(errs, tx.CreateMessage(authn.Message{ID: authn.MessageID(fmt.Sprint("m_", i)), State: state, CreatedAt: noon.Add(time.Duration(i))}))
		}
		return errors.Join(errs...)
	})
	for _, c := range []struct {
		q    store.MessageQuery
		want []string
	}{
		{store.MessageQuery{Limit: 2}, []string{"m_4", "m_3"}},
		{store.MessageQuery{Limit: 2, Offset: 4}, []string{"m_0"}},
		{store.MessageQuery{Limit: 9, Filter: store.WaitingMessages}, []string{"m_1", "m_0"}},
		{store.MessageQuery{Limit: 9, Filter: store.FailedMessages}, []string{"m_4", "m_3"}},
	} {
		view(t, s, func(r store.Reader) error {
			page, counts, err := r.FindMessages(c.q)
			diff(t, fmt.Sprintf("%+v", c.q), names(page, func(m authn.Message) string { return string(m.ID) }), c.want)
			diff(t, "counts", counts, store.MessageCounts{All: 5, Waiting: 2, Failed: 2})
			return err
		})
	}
}
