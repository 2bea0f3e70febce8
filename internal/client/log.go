package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"avow/internal/wire"
)

// LogRecords fetches a page of the audit log: the records whose numbers are from and higher.
func (a *Admin) LogRecords(ctx context.Context, from int64) (wire.LogPage, error) {
	var out wire.LogPage
	err := a.prove(ctx, http.MethodGet, "/v1/admin/log/records", number("from", from), nil, &out, a.kid)
	return out, err
}

// Checkpoints fetches a page of the signed checkpoints in the server's database, for more than after records.
func (a *Admin) Checkpoints(ctx context.Context, after int64) (wire.CheckpointPage, error) {
	var out wire.CheckpointPage
	err := a.prove(ctx, http.MethodGet, "/v1/admin/log/checkpoints", number("after", after), nil, &out, a.kid)
	return out, err
}

// SignCheckpoint has a checkpoint signed now.
func (a *Admin) SignCheckpoint(ctx context.Context, c wire.SignCheckpoint) (wire.SignedCheckpoint, error) {
	var out wire.SignedCheckpoint
	err := a.post(ctx, "log/checkpoint", c, &out)
	return out, err
}

func number(name string, n int64) string {
	return url.Values{name: {strconv.FormatInt(n, 10)}}.Encode()
}
