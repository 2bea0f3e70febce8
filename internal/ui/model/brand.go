package model

import "avow/internal/wire"

// Name is what the app is called.
func (a *App) Name() string { return a.cfg.Brand.Name }

// Colors are those of whose account is shown, or of whose app this is; both nil for Avow's own. Nobody has checked yet whether they can be read on each other.
func (a *App) Colors() (light, dark *wire.BrandColors) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if acc, ok := a.shownAccount(a.cfg.Core.State()); ok && acc.Brand.Light != nil && acc.Brand.Dark != nil {
		return acc.Brand.Light, acc.Brand.Dark
	}
	return a.cfg.Brand.Light, a.cfg.Brand.Dark
}
