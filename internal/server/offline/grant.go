package offline

import (
	"errors"
	"slices"
	"time"

	"avow/internal/authn"
	"avow/internal/store"
	"avow/internal/wire"
)

// longOver is for how long a grant that is over, or ended, is still told of: until then every phone that is in use at all has called.
const longOver = 30 * 24 * time.Hour

// Given is the grant that came with a sign-in. The zero value is none.
type Given struct {
	grant    authn.Grant
	computer authn.Computer
	device   authn.Device
	user     authn.User
	woken    map[authn.DeviceID]bool
}

// Grant makes or renews, in the transaction of a redemption, the grant of the computer that a client is for the device that approved. A
// client that is no enrolled computer, and one whose policy is deny, gets none. authn.ErrComputerStolen and authn.ErrComputerGone when it was
// taken out of use.
func (s *Service) Grant(tx store.Tx, c authn.Client, d authn.Device, u authn.User) (Given, error) {
	if c.Kind != authn.ClientComputer {
		return Given{}, nil
	}
	m, err := tx.Computer(c.ID)
	if errors.Is(err, store.ErrNotFound) { // a computer with another program
		return Given{}, nil
	}
	if err != nil {
		return Given{}, err
	}
	if err := m.Usable(); err != nil {
		return Given{}, err
	}
	if m.Offline == authn.OfflineDeny || m.Key != c.Key {
		return Given{}, nil
	}
	now := s.site.Now()
	given := Given{computer: m, device: d, user: u, woken: map[authn.DeviceID]bool{d.ID: true}}
	old, err := tx.ActiveGrant(m.ID, d.ID, u.ID)
	if errors.Is(err, store.ErrNotFound) {
		return s.create(tx, given, now)
	}
	if err != nil {
		return Given{}, err
	}
	lifetime, uses := s.reach()
	err = tx.UpdateGrant(old.ID, func(g authn.Grant) (authn.Grant, error) {
		given.grant, err = g.Renew(now, lifetime, uses)
		return given.grant, err
	})
	return given, err
}

// create makes a new grant; where there are too many of the device or the computer, the one of the oldest sign-in ends.
func (s *Service) create(tx store.Tx, given Given, now time.Time) (Given, error) {
	of := []func() ([]authn.Grant, error){
		func() ([]authn.Grant, error) { return tx.GrantsOfDevice(given.device.ID, now) },
		func() ([]authn.Grant, error) { return tx.GrantsOfComputer(given.computer.ID, now) },
	}
	for _, list := range of {
		all, err := list()
		if err != nil {
			return Given{}, err
		}
		all = slices.DeleteFunc(all, func(g authn.Grant) bool { return g.State != authn.GrantActive })
		if len(all) < authn.MaxGrants {
			continue
		}
		if err := end(tx, all[authn.MaxGrants-1:], authn.GrantRevoked, given.woken); err != nil {
			return Given{}, err
		}
	}
	given.grant = authn.Grant{
		ID: authn.NewGrantID(), Computer: given.computer.ID, Device: given.device.ID, User: given.user.ID, State: authn.GrantActive, CreatedAt: now,
	}
	lifetime, uses := s.reach()
	var err error
	if given.grant, err = given.grant.Renew(now, lifetime, uses); err != nil {
		return Given{}, err
	}
	return given, tx.CreateGrant(given.grant)
}

// Tell signs the grant for the computer, once the transaction is on disk, and wakes the phones. It returns "" for none.
func (s *Service) Tell(g Given) (string, error) {
	if g.grant.Seq == 0 {
		return "", nil
	}
	s.wake(g.woken)
	return s.sign(g.grant, g.computer, g.device, g.user)
}

// sign signs a grant. What it says depends on the grant alone and not on when it is told, so that computer and phone hold the same statement.
func (s *Service) sign(g authn.Grant, c authn.Computer, d authn.Device, u authn.User) (string, error) {
	return wire.SignGrant(s.site.Identity, wire.Grant{
		Issuer: s.site.Issuer, Device: d.ID, IssuedAt: g.SignedInAt.Unix(), Expires: g.Expires.Unix(), ID: g.ID, Seq: g.Seq, State: g.State,
		Computer: wire.ComputerName{ID: c.ID, Name: c.Name}, ComputerJWK: c.Key, User: u.ID, Login: u.Login, ExchangeJWK: d.Keys.Exchange,
		MaxUses: g.MaxUses, SignedInAt: g.SignedInAt.Unix(),
	})
}

// end ends those of the grants that can be, and remembers whose phones have to hear of it.
func end(tx store.Tx, grants []authn.Grant, state authn.GrantState, woken map[authn.DeviceID]bool) error {
	for _, g := range grants {
		if g.End(state) == g {
			continue
		}
		err := tx.UpdateGrant(g.ID, func(g authn.Grant) (authn.Grant, error) { return g.End(state), nil })
		if err != nil {
			return err
		}
		woken[g.Device] = true
	}
	return nil
}

// EndOfDevice ends the grants of a device that is revoked, in the same transaction. The computers hear of it at their next contact.
func EndOfDevice(tx store.Tx, d authn.DeviceID) error {
	all, err := tx.GrantsOfDevice(d, time.Time{})
	if err != nil {
		return err
	}
	return end(tx, all, authn.GrantRevoked, map[authn.DeviceID]bool{})
}

// EndOfUser ends the grants of a user who is blocked, in the same transaction. They do not come back: the next sign-in with a network makes
// new ones.
func EndOfUser(tx store.Tx, u authn.UserID) error {
	devices, err := tx.DevicesOf(u)
	for _, d := range devices {
		err = errors.Join(err, EndOfDevice(tx, d.ID))
	}
	return err
}

// endOfComputer ends the grants of a computer.
func endOfComputer(tx store.Tx, c authn.ClientID, state authn.GrantState, woken map[authn.DeviceID]bool) error {
	all, err := tx.GrantsOfComputer(c, time.Time{})
	if err != nil {
		return err
	}
	return end(tx, all, state, woken)
}

// teller gathers what is told of grants: their rows in a view, their signatures after it.
type teller struct {
	grants    []authn.Grant
	computers map[authn.ClientID]authn.Computer
	devices   map[authn.DeviceID]authn.Device
	users     map[authn.UserID]authn.User
	batches   []authn.Batch // of active grants, each grant's in their order
}

// gather reads what belongs to the grants; those in use come first, and no more than an answer may hold.
func gather(r store.Reader, grants []authn.Grant) (teller, error) {
	slices.SortStableFunc(grants, func(a, b authn.Grant) int { return ended(a) - ended(b) })
	t := teller{
		grants: grants[:min(len(grants), 2*authn.MaxGrants)], computers: map[authn.ClientID]authn.Computer{},
		devices: map[authn.DeviceID]authn.Device{}, users: map[authn.UserID]authn.User{},
	}
	for _, g := range t.grants {
		if err := errors.Join(
			once(t.computers, g.Computer, r.Computer), once(t.devices, g.Device, r.Device), once(t.users, g.User, r.User),
		); err != nil {
			return teller{}, err
		}
		if g.State != authn.GrantActive {
			continue
		}
		b, err := r.BatchesOf(g.ID)
		if err != nil {
			return teller{}, err
		}
		t.batches = append(t.batches, b...)
	}
	return t, nil
}

func ended(g authn.Grant) int {
	if g.State == authn.GrantActive {
		return 0
	}
	return 1
}

// once reads a value unless it is there already.
func once[K comparable, V any](known map[K]V, id K, read func(K) (V, error)) error {
	if _, ok := known[id]; ok {
		return nil
	}
	v, err := read(id)
	known[id] = v
	return err
}

// sign signs all grants.
func (t teller) sign(s *Service) ([]string, error) {
	list := make([]string, 0, len(t.grants))
	for _, g := range t.grants {
		jws, err := s.sign(g, t.computers[g.Computer], t.devices[g.Device], t.users[g.User])
		if err != nil {
			return nil, err
		}
		list = append(list, jws)
	}
	return list, nil
}
