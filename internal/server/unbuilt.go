package server

import (
	"context"
	"time"

	"avow/internal/authn"
	"avow/internal/store"
)

// unbuilt stands for the service of restores until it is there.
type unbuilt struct{}

var errUnbuilt = authn.Fail(authn.Internal, "not_built", "This server cannot restore yet.")

func (unbuilt) Block(context.Context, authn.UserID, authn.RestoreID, string, string) error {
	return errUnbuilt
}
func (unbuilt) Allow(context.Context, authn.UserID, string, string) error   { return errUnbuilt }
func (unbuilt) Unblock(context.Context, authn.UserID, string, string) error { return errUnbuilt }
func (unbuilt) DeskCode(context.Context, authn.RestoreID, string, string) (string, time.Time, error) {
	return "", time.Time{}, errUnbuilt
}
func (unbuilt) Blocked(store.Reader, authn.UserID) (bool, error) { return false, nil }
