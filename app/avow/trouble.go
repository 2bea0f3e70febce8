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

// trouble shows what is in the way of starting: a keyring that is locked, a file that is damaged. Nothing is made anew behind anybody's back.
func (u *ui) trouble(ctx context.Context, settings *model.Settings, err error) {
	t := translations.New(append([]string{settings.Get().Language}, languages()...)...)
	e := authn.AsError(err)
	again := w.NewMainButton(t.T("app.start.again"), icons.Refresh, func() { u.start(ctx, false) })
	foot := w.Column(12)
	if errors.Is(err, keystore.ErrKeystoreDamaged) {
		foot.Add(w.NewButton(w.Outlined, t.T("app.start.backup"), "", func() { u.start(ctx, true) }))
	}
	foot.Add(again)
	body := w.Column(8, w.Line(0, -1, w.NewBigTile(icons.Warning, w.Warn, 72)), w.Gap(8), w.NewHeading(t.T("app.start.title")), w.NewLead(e.Message), w.Gap(8),
		w.NewCard(w.Column(2, w.NewCaption(t.T("app.fault.tell")), w.NewMono(style.TextSubheading, model.ShortCode(e.Code)))))
	const side = style.SpaceScreenMargin
	page, _ := w.NewPage(w.Inset(side, side, 8, side, body), w.Inset(4, side, side, side, foot))
	u.win.SetPadded(false)
	u.win.SetContent(w.Middle(style.SizeRequestMaxWidth, page))
}
