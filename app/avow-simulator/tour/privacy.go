package tour

import (
	"errors"
	"fmt"

	"avow/internal/authn"
	"avow/internal/store"
	"avow/internal/ui/model"
)

// privacy walks what the app tells of itself and of its user: the switch for usage reports, the debug log and its way to the service desk, and whose work is in it.
func (t *tour) privacy() error {
	return t.do("Privacy, the debug log sent to the service desk, and whose work is in Avow", func() error {
		t.model.GoTo(model.PageSettings)
		if err := errors.Join(t.page(model.PageSettings), t.tap("privacy"), t.page(model.PagePrivacy), t.shot("privacy")); err != nil {
			return err
		}
		t.model.Back()
		t.model.SetDetailed(true)
		if err := errors.Join(t.page(model.PageSettings), t.tap("debug-log"), t.page(model.PageDebugLog), t.shot("debug-log"), t.tap("send"), t.page(model.PageSendLog), t.shot("send-log")); err != nil {
			return err
		}
		if err := errors.Join(t.tap("send"), t.await("that the log was sent", func() bool { return t.model.SendLogView().Sent != "" }), t.shot("send-log-sent")); err != nil {
			return err
		}
		var sent []authn.DebugLog
		err := t.env.Site.Store.View(t.ctx, func(r store.Reader) (err error) { sent, err = r.DebugLogs("", 2); return err })
		if err == nil && len(sent) != 1 {
			err = fmt.Errorf("the service desk has %d logs", len(sent))
		}
		if err != nil {
			return err
		}
		t.model.SetDetailed(false)
		t.model.GoTo(model.PageSettings)
		if err := errors.Join(t.page(model.PageSettings), t.tap("about"), t.page(model.PageAbout), t.shot("about"), t.tap("licences"), t.page(model.PageLicences), t.shot("licences")); err != nil {
			return err
		}
		t.model.GoTo(model.PageHome)
		return t.page(model.PageHome)
	})
}
