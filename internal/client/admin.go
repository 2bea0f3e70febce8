package client

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"avow/internal/authn"
	"avow/internal/wire"
)

// Admin is the administrator's way to the server. It is safe for concurrent use. Every change carries a reason, which the server
// writes to its audit log with the administrator's name.
type Admin struct{ prover }

// NewAdmin makes the client of one administrator.
func NewAdmin(c Credential, o Options) *Admin {
	return &Admin{prover{conn: newConn(c.Server, o), signer: c.Key, kid: string(c.ID), limit: wire.MaxAnswer}}
}

func (a *Admin) post(ctx context.Context, path string, in, out any) error {
	return a.call(ctx, http.MethodPost, "/v1/admin/"+path, in, out)
}

func (a *Admin) list(ctx context.Context, path, login string, out any) error {
	query := ""
	if login != "" {
		query = url.Values{"user_name": {login}}.Encode()
	}
	return a.prove(ctx, http.MethodGet, "/v1/admin/"+path, query, nil, out, a.kid)
}

// Time asks the server for its time, in whole seconds, and finds out on the way whether it takes this administrator.
func (a *Admin) Time(ctx context.Context) (time.Time, error) {
	if _, err := a.Clients(ctx); err != nil {
		return time.Time{}, err
	}
	if t := a.lastDate(); !t.IsZero() {
		return t, nil
	}
	return a.o.now(), nil
}

// AddUser creates a user.
func (a *Admin) AddUser(ctx context.Context, c wire.AddUser) (wire.AdminUser, error) {
	var out wire.AdminUser
	err := a.post(ctx, "users", c, &out)
	return out, err
}

// Users lists all users by login.
func (a *Admin) Users(ctx context.Context) ([]wire.AdminUser, error) {
	var all []wire.AdminUser
	for after := ""; ; {
		var page wire.UserList
		if err := a.page(ctx, "users", after, &page); err != nil {
			return nil, err
		}
		if all = append(all, page.Users...); page.After == "" || page.After == after {
			return all, nil
		}
		after = page.After
	}
}

// page fetches the part of a list after a place.
func (a *Admin) page(ctx context.Context, path, after string, out any) error {
	query := ""
	if after != "" {
		query = url.Values{"after": {after}}.Encode()
	}
	return a.prove(ctx, http.MethodGet, "/v1/admin/"+path, query, nil, out, a.kid)
}

// SetUserStatus disables or enables a user.
func (a *Admin) SetUserStatus(ctx context.Context, login string, c wire.SetUserStatus) (wire.AdminUser, error) {
	var out wire.AdminUser
	err := a.post(ctx, "users/"+login+"/status", c, &out)
	return out, err
}

// AddSession makes a registration session; its secrets are in the answer and nowhere else.
func (a *Admin) AddSession(ctx context.Context, c wire.AddSession) (wire.AddedSession, error) {
	var out wire.AddedSession
	limit := a.o.timeout()
	if c.SecondAdmin != "" { // a person answers
		limit += authn.RequestLifetime
	}
	err := a.proveWithin(ctx, limit, http.MethodPost, "/v1/admin/sessions", "", c, &out, a.kid)
	return out, err
}

// Sessions lists the registration sessions of a user, or of all with an empty login, newest first.
func (a *Admin) Sessions(ctx context.Context, login string) ([]wire.AdminSession, error) {
	if login != "" {
		var out wire.SessionList
		err := a.list(ctx, "sessions", login, &out)
		return out.Sessions, err
	}
	var all []wire.AdminSession
	for after := authn.RegistrationID(""); ; {
		var page wire.SessionList
		if err := a.page(ctx, "sessions", string(after), &page); err != nil {
			return nil, err
		}
		if all = append(all, page.Sessions...); page.After == "" || page.After == after {
			return all, nil
		}
		after = page.After
	}
}

// NotifySession sends the code of a user's open session, again if it was sent before.
func (a *Admin) NotifySession(ctx context.Context, login string, c wire.NotifySession) (wire.AdminSession, error) {
	var out wire.AdminSession
	err := a.post(ctx, sessionOf(login)+"/notify", c, &out)
	return out, err
}

// ConfirmSession says Yes in place of the page.
func (a *Admin) ConfirmSession(ctx context.Context, login string, c wire.ConfirmSession) (wire.AdminSession, error) {
	var out wire.AdminSession
	err := a.post(ctx, sessionOf(login)+"/confirm", c, &out)
	return out, err
}

// RevokeSession ends a user's session that is still open, and the phone that waits.
func (a *Admin) RevokeSession(ctx context.Context, login, reason string) (wire.AdminSession, error) {
	var out wire.AdminSession
	err := a.post(ctx, sessionOf(login)+"/revoke", wire.RevokeSession{Reason: reason}, &out)
	return out, err
}

func sessionOf(login string) string { return "users/" + login + "/session" }

// Devices lists the devices of a user, or of all with an empty login.
func (a *Admin) Devices(ctx context.Context, login string) ([]wire.AdminDevice, error) {
	var out wire.DeviceList
	err := a.list(ctx, "devices", login, &out)
	return out.Devices, err
}

// RevokeDevice ends a device for ever.
func (a *Admin) RevokeDevice(ctx context.Context, id authn.DeviceID, reason string) (wire.AdminDevice, error) {
	var out wire.AdminDevice
	err := a.post(ctx, "devices/"+string(id)+"/revoke", wire.RevokeDevice{Reason: reason}, &out)
	return out, err
}

// AddClient registers a relying party.
func (a *Admin) AddClient(ctx context.Context, c wire.AddClient) (wire.AdminClient, error) {
	var out wire.AdminClient
	err := a.post(ctx, "clients", c, &out)
	return out, err
}

// Clients lists the relying parties by id.
func (a *Admin) Clients(ctx context.Context) ([]wire.AdminClient, error) {
	var out wire.ClientList
	err := a.list(ctx, "clients", "", &out)
	return out.Clients, err
}

// AddComputer invites a computer; the enrollment link is in the answer and nowhere else.
func (a *Admin) AddComputer(ctx context.Context, c wire.AddComputer) (wire.AddedComputer, error) {
	var out wire.AddedComputer
	err := a.post(ctx, "computers", c, &out)
	return out, err
}

// Computers lists all computers by id.
func (a *Admin) Computers(ctx context.Context) ([]wire.AdminComputer, error) {
	var out wire.ComputerList
	err := a.list(ctx, "computers", "", &out)
	return out.Computers, err
}

// EndComputer reports a computer stolen, or removes it.
func (a *Admin) EndComputer(ctx context.Context, id authn.ClientID, c wire.EndComputer) (wire.AdminComputer, error) {
	var out wire.AdminComputer
	err := a.post(ctx, "computers/"+string(id)+"/end", c, &out)
	return out, err
}

// DeskCode takes one code of the service desk's list for a user at a computer.
func (a *Admin) DeskCode(ctx context.Context, id authn.ClientID, c wire.AddDeskCode) (wire.DeskCode, error) {
	var out wire.DeskCode
	err := a.post(ctx, "computers/"+string(id)+"/code", c, &out)
	return out, err
}

// OfflineUses lists a computer's sign-ins without a network, newest first.
func (a *Admin) OfflineUses(ctx context.Context, id authn.ClientID) ([]wire.OfflineUse, error) {
	var out wire.OfflineUseList
	err := a.list(ctx, "computers/"+string(id)+"/uses", "", &out)
	return out.Uses, err
}
