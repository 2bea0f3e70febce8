package client

import (
	"context"

	"avow/internal/wire"
)

// Directory tells how the directory stands from which users come.
func (a *Admin) Directory(ctx context.Context) (wire.DirectoryStatus, error) {
	var out wire.DirectoryStatus
	err := a.list(ctx, "directory", "", &out)
	return out, err
}

// SyncDirectory has it read now, and does not wait for the end.
func (a *Admin) SyncDirectory(ctx context.Context, c wire.SyncDirectory) (wire.SyncingDirectory, error) {
	var out wire.SyncingDirectory
	err := a.post(ctx, "directory/sync", c, &out)
	return out, err
}

// TestDirectory connects to it, signs in and reads one page.
func (a *Admin) TestDirectory(ctx context.Context, c wire.TestDirectory) (wire.TestedDirectory, error) {
	var out wire.TestedDirectory
	err := a.post(ctx, "directory/test", c, &out)
	return out, err
}
