package sqlite

import "avow/internal/authn"

const deviceColumns = `id, created_at, user_id, ` + deviceChanges

const deviceChanges columns = `name, model, os, app, device_key, approval_key, exchange_key, class, state, registration_id, created_by, created_ip,
	confirmed_at, last_seen_at, revoked_at, uv_policy, origin, from_device, probation_until, wipe_state, wipe_scope, wipe_counter, wipe_command,
	wipe_requested_at, wipe_requested_by, wipe_delivered_at, wipe_confirmed_at, wipe_left, wipe_receipt`

func deviceDest(d *authn.Device) []any {
	return []any{
		(*string)(&d.ID), (*nanos)(&d.CreatedAt), (*string)(&d.User),
		&d.Info.Name, &d.Info.Model, &d.Info.OS, &d.Info.App,
		(*point)(&d.Keys.Device), (*point)(&d.Keys.Approval), (*point)(&d.Keys.Exchange),
		(*string)(&d.Class), (*string)(&d.State), (*string)(&d.Registration), &d.CreatedBy, &d.CreatedIP,
		(*nanos)(&d.ConfirmedAt), (*nanos)(&d.LastSeenAt), (*nanos)(&d.RevokedAt), (*string)(&d.Verifies),
		(*string)(&d.Origin), (*string)(&d.From), (*nanos)(&d.ProbationUntil),
		(*string)(&d.Wipe.State), (*string)(&d.Wipe.Scope), &d.Wipe.Counter, &d.Wipe.Command,
		(*nanos)(&d.Wipe.RequestedAt), &d.Wipe.RequestedBy, (*nanos)(&d.Wipe.DeliveredAt), (*nanos)(&d.Wipe.ConfirmedAt),
		(*string)(&d.Wipe.Left), &d.Wipe.Receipt,
	}
}

func deviceValues(d authn.Device) []any {
	return []any{
		d.Info.Name, d.Info.Model, d.Info.OS, d.Info.App,
		pointed(d.Keys.Device), pointed(d.Keys.Approval), pointed(d.Keys.Exchange),
		string(d.Class), string(d.State), string(d.Registration), d.CreatedBy, d.CreatedIP,
		at(d.ConfirmedAt), at(d.LastSeenAt), at(d.RevokedAt), string(d.Verifies),
		string(d.Origin), string(d.From), at(d.ProbationUntil),
		string(d.Wipe.State), string(d.Wipe.Scope), int64(d.Wipe.Counter), d.Wipe.Command,
		at(d.Wipe.RequestedAt), d.Wipe.RequestedBy, at(d.Wipe.DeliveredAt), at(d.Wipe.ConfirmedAt),
		string(d.Wipe.Left), d.Wipe.Receipt,
	}
}

var (
	qDevice       = prepared(deviceColumns.read(`devices WHERE id = ?`))
	qDevicesOf    = prepared(deviceColumns.read(`devices WHERE user_id = ? ORDER BY created_at, seq`))
	qDevices      = prepared(deviceColumns.read(`devices ORDER BY created_at, seq`))
	qCreateDevice = prepared(deviceColumns.insert(`devices`))
	qUpdateDevice = prepared(deviceChanges.update(`devices`, `id = ? AND state = ?`))
)

// Device implements store.Reader.
func (r reader) Device(id authn.DeviceID) (authn.Device, error) {
	return one(r.turn, qDevice, deviceDest, string(id))
}

// DevicesOf implements store.Reader.
func (r reader) DevicesOf(user authn.UserID) ([]authn.Device, error) {
	return many(r.turn, qDevicesOf, deviceDest, string(user))
}

// Devices implements store.Reader.
func (r reader) Devices() ([]authn.Device, error) { return many(r.turn, qDevices, deviceDest) }

// CreateDevice implements store.Tx.
func (t *tx) CreateDevice(d authn.Device) error {
	return t.changeOne(qCreateDevice, append([]any{string(d.ID), at(d.CreatedAt), string(d.User)}, deviceValues(d)...)...)
}

// UpdateDevice implements store.Tx. The state is asked for in SQL too: a revoked device stays revoked whatever was read before.
func (t *tx) UpdateDevice(id authn.DeviceID, fn func(authn.Device) (authn.Device, error)) error {
	return update(func() (authn.Device, error) { return t.Device(id) }, fn, func(old, next authn.Device) error {
		return t.changeOne(qUpdateDevice, append(deviceValues(next), string(id), string(old.State))...)
	})
}
