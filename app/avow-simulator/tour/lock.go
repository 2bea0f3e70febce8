package tour

import (
	"errors"

	"avow/internal/ui/model"
)

// rules are the pages Lock and Notifications, and a test that goes through the real server.
func (t *tour) rules() error {
	return t.do("how the app locks, and whether requests arrive: a test over the real way", func() error {
		t.model.GoTo(model.PageSettings)
		if err := errors.Join(t.page(model.PageSettings), t.tap("lock")); err != nil {
			return err
		}
		if err := errors.Join(t.page(model.PageLockRules), t.shot("lock-settings"), t.tap("lock-after")); err != nil {
			return err
		}
		if err := errors.Join(t.page(model.PageLockAfter), t.shot("lock-after")); err != nil {
			return err
		}
		t.model.Back()
		t.model.Back()
		if err := errors.Join(t.page(model.PageSettings), t.tap("notifications")); err != nil {
			return err
		}
		if err := errors.Join(t.page(model.PageNotifications), t.tap("test")); err != nil {
			return err
		}
		if err := t.await("the test", func() bool {
			v := t.model.Notifications()
			return v.Busy == "" && v.Rows[0].Tone == model.Good
		}); err != nil {
			return err
		}
		if err := t.shot("notifications"); err != nil {
			return err
		}
		t.model.GoTo(model.PageHome)
		return t.page(model.PageHome)
	})
}
