package model

import "context"

// SilenceView is the question before the silence after "it's not me" ends early.
type SilenceView struct{ Title, Text, Yes, No string }

// SilenceQuestion is that question.
func (a *App) SilenceQuestion() SilenceView {
	t := a.printer()
	return SilenceView{Title: t.T("app.silence.title"), Text: t.T("app.silence.text"), Yes: t.T("app.silence.yes"), No: t.T("app.silence.no")}
}

// EndSilence has the shown account's server ask again.
func (a *App) EndSilence() {
	a.mu.Lock()
	acc, ok := a.shownAccount(a.cfg.Core.State())
	a.mu.Unlock()
	if !ok {
		return
	}
	a.do(laneOther, a.T("app.busy.asking"), func(ctx context.Context) error { return a.cfg.Core.EndSilence(ctx, acc.ID) }, func(err error) {
		if err != nil {
			a.fail(err)
		}
	})
}
