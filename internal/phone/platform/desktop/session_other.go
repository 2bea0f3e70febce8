//go:build !linux

package desktop

import "context"

// WatchSession knows of nothing here: the app locks by the time since it was used.
func WatchSession(context.Context, func()) {}
