package sqlite

import (
	"slices"
	"time"

	"avow/internal/authn"
)

const requestColumns = `id, opened_at, user_id, client_id, ` + requestChanges

// requestChanges begins with what a decision changes.
const requestChanges = requestDecision + `, auth_req_hash, handle_hash, number_mac, match_mode, action, message, ip, place, agent, acr, nonce, expires_at,
	deliveries`

const requestDecision columns = `state, decided_at, decided_by, decision, matched_by, uv, proof, redeemed_at`

func requestDest(r *authn.ApprovalRequest) []any {
	return []any{
		(*string)(&r.ID), (*nanos)(&r.OpenedAt), (*string)(&r.User), (*string)(&r.Client),
		(*string)(&r.State), (*nanos)(&r.DecidedAt), (*string)(&r.DecidedBy), (*string)(&r.Decision), (*string)(&r.MatchedBy), (*string)(&r.UV), &r.Proof, (*nanos)(&r.Redeemed),
		(*hash)(&r.AuthReq), (*hash)(&r.Handle), (*hash)(&r.Number), (*string)(&r.Match), (*string)(&r.Action), &r.Message,
		&r.Origin.IP, &r.Origin.Place, &r.Origin.Agent, &r.ACR, &r.Nonce, (*nanos)(&r.Expires),
		document[[]authn.Delivery]{&r.Devices},
	}
}

func requestDecisionValues(r authn.ApprovalRequest) []any {
	return []any{
		string(r.State), at(r.DecidedAt), string(r.DecidedBy), string(r.Decision), string(r.MatchedBy), string(r.UV), r.Proof, at(r.Redeemed),
	}
}

func requestValues(r authn.ApprovalRequest) []any {
	return append(requestDecisionValues(r),
		hashed(r.AuthReq), hashed(r.Handle), hashed(r.Number), string(r.Match), string(r.Action), r.Message,
		r.Origin.IP, r.Origin.Place, r.Origin.Agent, r.ACR, r.Nonce, at(r.Expires),
		documented(r.Devices))
}

var (
	qRequest          = prepared(requestColumns.read(`approval_requests WHERE id = ?`))
	qRequestByAuthReq = prepared(requestColumns.read(`approval_requests WHERE auth_req_hash = ?`))
	qOpenRequests     = prepared(requestColumns.read(`approval_requests WHERE user_id = ? AND state = 'open' ORDER BY opened_at, seq`))
	qLateRequests     = prepared(requestColumns.read(`approval_requests WHERE state = 'open' AND expires_at <= ? LIMIT ?`))
	qRecentRequests   = prepared(requestColumns.read(`approval_requests ORDER BY opened_at DESC, seq DESC LIMIT ?`))
	qCreateRequest    = prepared(requestColumns.insert(`approval_requests`))
	qUpdateRequest    = prepared(requestChanges.update(`approval_requests`, `id = ? AND state = ?`))
	qDecideRequest    = prepared(requestDecision.update(`approval_requests`, `id = ? AND state = ?`))
	qDeleteRequests   = prepared(`DELETE FROM approval_requests WHERE seq IN
		(SELECT seq FROM approval_requests WHERE opened_at < ? ORDER BY opened_at, seq LIMIT ?)`)
)

// ApprovalRequest implements store.Reader.
func (r reader) ApprovalRequest(id authn.RequestID) (authn.ApprovalRequest, error) {
	return one(r.turn, qRequest, requestDest, string(id))
}

// ApprovalRequestByAuthReq implements store.Reader.
func (r reader) ApprovalRequestByAuthReq(h authn.Hash) (authn.ApprovalRequest, error) {
	return one(r.turn, qRequestByAuthReq, requestDest, hashed(h))
}

// OpenApprovalRequests implements store.Reader.
func (r reader) OpenApprovalRequests(user authn.UserID) ([]authn.ApprovalRequest, error) {
	return many(r.turn, qOpenRequests, requestDest, string(user))
}

// LateApprovalRequests implements store.Reader. It reads all open requests by their own index: there are few at any time.
func (r reader) LateApprovalRequests(now time.Time, limit int) ([]authn.ApprovalRequest, error) {
	return many(r.turn, qLateRequests, requestDest, at(now), int64(max(0, limit)))
}

// RecentApprovalRequests implements store.Reader.
func (r reader) RecentApprovalRequests(limit int) ([]authn.ApprovalRequest, error) {
	return many(r.turn, qRecentRequests, requestDest, int64(max(0, limit)))
}

// CreateApprovalRequest implements store.Tx.
func (t *tx) CreateApprovalRequest(r authn.ApprovalRequest) error {
	ids := []any{string(r.ID), at(r.OpenedAt), string(r.User), string(r.Client)}
	return t.changeOne(qCreateRequest, append(ids, requestValues(r)...)...)
}

// UpdateApprovalRequest implements store.Tx. The state is asked for in SQL too: that a request is decided and redeemed once hangs
// on this one statement. Deciding and redeeming leave what was asked as it is, and then only the decision is written.
func (t *tx) UpdateApprovalRequest(id authn.RequestID, fn func(authn.ApprovalRequest) (authn.ApprovalRequest, error)) error {
	old, err := t.ApprovalRequest(id)
	if err != nil {
		return err
	}
	given := old
	given.Devices = slices.Clone(old.Devices) // fn may write into the list that it is given
	next, err := fn(given)
	if err != nil {
		return err
	}
	if sameQuestion(old, next) {
		return t.changeOne(qDecideRequest, append(requestDecisionValues(next), string(id), string(old.State))...)
	}
	return t.changeOne(qUpdateRequest, append(requestValues(next), string(id), string(old.State))...)
}

// sameQuestion reports whether two versions of a request differ in nothing but the decision.
func sameQuestion(a, b authn.ApprovalRequest) bool {
	return a.AuthReq == b.AuthReq && a.Handle == b.Handle && a.Number == b.Number && a.Match == b.Match && a.Action == b.Action &&
		a.Message == b.Message && a.Origin == b.Origin && a.ACR == b.ACR && a.Nonce == b.Nonce && a.Expires.Equal(b.Expires) &&
		slices.Equal(a.Devices, b.Devices)
}

// DeleteApprovalRequests implements store.Tx.
func (t *tx) DeleteApprovalRequests(before time.Time, limit int) (int, error) {
	n, err := t.change(qDeleteRequests, at(before), int64(max(0, limit)))
	return int(n), err
}
