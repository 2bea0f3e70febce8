package sqlite

import "avow/internal/authn"

const clientColumns columns = `id, created_at, name, kind, public_key, match_mode, known, disabled`

const clientChanges columns = `name, kind, public_key, match_mode, known, disabled`

func clientDest(c *authn.Client) []any {
	return []any{
		(*string)(&c.ID), (*nanos)(&c.CreatedAt), &c.Name, (*string)(&c.Kind), (*point)(&c.Key), (*string)(&c.Match), &c.Known, &c.Disabled,
	}
}

func clientValues(c authn.Client) []any {
	return []any{c.Name, string(c.Kind), pointed(c.Key), string(c.Match), c.Known, c.Disabled}
}

var (
	qClient       = prepared(clientColumns.read(`clients WHERE id = ?`))
	qClients      = prepared(clientColumns.read(`clients ORDER BY id`))
	qCreateClient = prepared(clientColumns.insert(`clients`))
	qUpdateClient = prepared(clientChanges.update(`clients`, `id = ?`))
)

// Client implements store.Reader.
func (r reader) Client(id authn.ClientID) (authn.Client, error) {
	return one(r.turn, qClient, clientDest, string(id))
}

// Clients implements store.Reader.
func (r reader) Clients() ([]authn.Client, error) { return many(r.turn, qClients, clientDest) }

// CreateClient implements store.Tx.
func (t *tx) CreateClient(c authn.Client) error {
	return t.changeOne(qCreateClient, append([]any{string(c.ID), at(c.CreatedAt)}, clientValues(c)...)...)
}

// UpdateClient implements store.Tx.
func (t *tx) UpdateClient(id authn.ClientID, fn func(authn.Client) (authn.Client, error)) error {
	return update(func() (authn.Client, error) { return t.Client(id) }, fn, func(_, next authn.Client) error {
		return t.changeOne(qUpdateClient, append(clientValues(next), string(id))...)
	})
}

const adminColumns = `id, created_at, ` + adminChanges

const adminChanges columns = `name, role, public_key, user_id, start_hash, start_expires, disabled`

func adminDest(a *authn.Admin) []any {
	return []any{
		(*string)(&a.ID), (*nanos)(&a.CreatedAt),
		&a.Name, (*string)(&a.Role), (*point)(&a.Key), (*string)(&a.User), (*hash)(&a.StartToken), (*nanos)(&a.StartExpires), &a.Disabled,
	}
}

func adminValues(a authn.Admin) []any {
	return []any{a.Name, string(a.Role), pointed(a.Key), string(a.User), hashed(a.StartToken), at(a.StartExpires), a.Disabled}
}

var (
	qAdmin        = prepared(adminColumns.read(`admins WHERE id = ?`))
	qAdminByUser  = prepared(adminColumns.read(`admins WHERE user_id = ? AND user_id <> ''`))
	qAdminByStart = prepared(adminColumns.read(`admins WHERE start_hash = ?`))
	qAdmins       = prepared(adminColumns.read(`admins ORDER BY created_at, seq`))
	qCreateAdmin  = prepared(adminColumns.insert(`admins`))
	qUpdateAdmin  = prepared(adminChanges.update(`admins`, `id = ?`))
)

// Admin implements store.Reader.
func (r reader) Admin(id authn.AdminID) (authn.Admin, error) {
	return one(r.turn, qAdmin, adminDest, string(id))
}

// AdminByUser implements store.Reader.
func (r reader) AdminByUser(user authn.UserID) (authn.Admin, error) {
	return one(r.turn, qAdminByUser, adminDest, string(user))
}

// AdminByStart implements store.Reader.
func (r reader) AdminByStart(h authn.Hash) (authn.Admin, error) {
	return one(r.turn, qAdminByStart, adminDest, hashed(h))
}

// Admins implements store.Reader.
func (r reader) Admins() ([]authn.Admin, error) { return many(r.turn, qAdmins, adminDest) }

// CreateAdmin implements store.Tx.
func (t *tx) CreateAdmin(a authn.Admin) error {
	return t.changeOne(qCreateAdmin, append([]any{string(a.ID), at(a.CreatedAt)}, adminValues(a)...)...)
}

// UpdateAdmin implements store.Tx.
func (t *tx) UpdateAdmin(id authn.AdminID, fn func(authn.Admin) (authn.Admin, error)) error {
	return update(func() (authn.Admin, error) { return t.Admin(id) }, fn, func(_, next authn.Admin) error {
		return t.changeOne(qUpdateAdmin, append(adminValues(next), string(id))...)
	})
}
