package phone

import "context"

// EraseApp deletes everything in the app on this phone: accounts, keys, files. Servers are told now, or as soon as they answer. Afterwards this Core shows
// nothing and does nothing but tell them: State.Erased is true, and the app has to start anew.
func (c *Core) EraseApp(ctx context.Context) error { return errNotBuilt }
