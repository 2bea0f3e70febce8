package main

import (
	"context"
	"errors"

	"avow/assets/icons"
	"avow/assets/translations"
	"avow/internal/authn"
	"avow/internal/phone/keystore"
	"avow/internal/ui/model"
	"avow/internal/ui/style"
	w "avow/internal/ui/widgets"
)

// startTroubles is what is in the way, by the code of its error, in the words of the screens. What else happens keeps the sentence that came with it.
var startTroubles = map[string]translations.Message{
	keystore.ErrKeystoreDamaged.Code:    "app.start.damaged",
	keystore.ErrKeystoreNewer.Code:      "app.start.newer",
	keystore.ErrKeyringUnavailable.Code: "app.start.keyring",
	keystore.ErrKeyringLost.Code:        "app.start.keyring_lost",
	keystore.ErrStorage.Code:            "app.start.storage",
}

// trouble shows what is in the way of starting: a keyring that is locked, a file that is damaged. Nothing is made anew behind anybody's back.
func (u *ui) trouble(ctx context.Context, settings *model.Settings, err error) {
	t := translations.New(append([]string{settings.Get().Language}, languages()...)...)
	e := authn.AsError(err)
	said := e.Message
	if m, known := startTroubles[e.Code]; known {
		said = t.T(m)
	}
	again := w.NewMainButton(t.T("app.start.again"), icons.Refresh, func() { u.start(ctx, false) })
	foot := w.Column(12)
	if errors.Is(err, keystore.ErrKeystoreDamaged) {
		foot.Add(w.NewButton(w.Outlined, t.T("app.start.backup"), "", func() { u.start(ctx, true) }))
	}
	foot.Add(again)
	body := w.Column(8, w.Line(0, -1, w.NewBigTile(icons.Warning, w.Warn, 72)), w.Gap(8), w.NewHeading(t.T("app.start.title")), w.NewLead(said), w.Gap(8),
		w.NewCard(w.Column(2, w.NewCaption(t.T("app.fault.tell")), w.NewMono(style.TextSubheading, model.ShortCode(e.Code)))))
	const side = style.SpaceScreenMargin
	page, _ := w.NewPage(w.Inset(side, side, 8, side, body), w.Inset(4, side, side, side, foot))
	u.win.SetPadded(false)
	u.win.SetContent(w.Middle(style.SizeRequestMaxWidth, page))
}
