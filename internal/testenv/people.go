package testenv

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/platform/simulated"
	"avow/internal/phone/telemetry"
	"avow/internal/store"
	"avow/internal/wire"
)

// AdminName is the first administrator.
const AdminName = "maja.berg"

// makeAdmin puts an administrator into the database, as "avow-server init" does, and keeps a client for her.
func (e *Env) makeAdmin(ctx context.Context) error {
	k, err := key.Generate()
	if err != nil {
		return err
	}
	a := authn.Admin{ID: authn.NewAdminID(), Name: AdminName, Role: authn.RoleOwner, Key: k.Key(), CreatedAt: e.opt.Now()}
	if err := e.Site.Store.Update(ctx, func(tx store.Tx) error { return tx.CreateAdmin(a) }); err != nil {
		return fmt.Errorf("make the administrator: %w", err)
	}
	e.Admin = client.NewAdmin(client.Credential{Name: a.Name, ID: a.ID, Server: e.ClientServer(), Key: k}, e.ClientOptions())
	return nil
}

// AddUser makes a user by way of the administrator.
func (e *Env) AddUser(ctx context.Context, login, name string) (wire.AdminUser, error) {
	return e.Admin.AddUser(ctx, wire.AddUser{UserName: login, Name: name, Mail: login + "@example.com", Reason: "test"})
}

// AddSession makes a registration session by way of the administrator.
func (e *Env) AddSession(ctx context.Context, login string, mode authn.BindingMode) (wire.AddedSession, error) {
	return e.Admin.AddSession(ctx, wire.AddSession{UserName: login, Mode: mode, Reason: "test"})
}

// Phone is a phone with its parts in reach.
type Phone struct {
	*phone.Core
	Dir    string
	Keys   *keystore.File
	Sensor *simulated.Sensor
	Camera *simulated.Camera
	Screen *simulated.Screen
	Links  *simulated.Links
	PIN    key.Secret

	Reports *telemetry.Recorder // nil unless PhoneOptions.Telemetry
}

// PhoneOptions say what phone it is.
type PhoneOptions struct {
	Name string
	Dir  string // "" is a folder of the name in the Env's
	// Ask is what the person does at the sensor; nil touches it.
	Ask func(context.Context, platform.Prompt) simulated.Answer
	KDF keystore.KDF // zero: the product's
	Now func() time.Time
	// Boot is the clock by which the waits after wrong PINs count; nil is that of a device started just now, which goes by Now.
	Boot keystore.Boot

	Telemetry bool // it may be asked about usage reports
}

// OpenPhone makes a phone, or opens it again from its folder. It has no PIN yet when it is new.
func (e *Env) OpenPhone(ctx context.Context, o PhoneOptions) (*Phone, error) {
	if o.Now == nil {
		o.Now = e.opt.Now
	}
	if o.Dir == "" {
		o.Dir = filepath.Join(e.Dir, "phone-"+o.Name)
	}
	if o.Ask == nil {
		o.Ask = simulated.Always(simulated.Touch)
	}
	return OpenPhone(ctx, o, e.ClientOptions(), e.Log)
}
