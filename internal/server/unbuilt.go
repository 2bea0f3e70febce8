package server

import (
	"context"

	"avow/internal/authn"
	"avow/internal/store"
)

// unbuilt stands for what blocks restores until it is there.
type unbuilt struct{}

func (unbuilt) Block(context.Context, authn.UserID, authn.RestoreID, string, string) error {
	return authn.Fail(authn.Internal, "not_built", "This server cannot block restores yet.")
}

func (unbuilt) Blocked(store.Reader, authn.UserID) (bool, error) { return false, nil }
