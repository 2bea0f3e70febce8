package deskpage_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/server/servertest"
	"avow/internal/store"
)

// passed lets Kim's check be passed: Anna reads out the code that was sent to her.
func (s *scene) passed() {
	s.t.Helper()
	s.post("/check", "way", "mail")
	s.post("/check/code", "check", s.check(), "code", s.code())
	if !s.kim.Get(s.path).Has("It is Anna") {
		s.t.Fatal("the check is not passed")
	}
}

func (s *scene) check() string {
	return s.kim.Get(s.path).Find(`name="check" value="(k_[^"]+)"`)
}

func (s *scene) guard() (g authn.RestoreGuard) {
	s.view(func(r store.Reader) (err error) { g, err = r.RestoreGuard(s.anna.ID); return err })
	return g
}

// restoreScene has Anna with a phone, a code on paper, and a policy by which the desk gives out the one-time code.
func restoreScene(t *testing.T, policy authn.RestorePolicy) (*scene, *servertest.Restorer) {
	s := newScene(t)
	s.Decide(func(p *authn.Policy) { p.Restore, p.RestoreDelivery = authn.RestoreAllowed, authn.RestoreByDesk })
	code := s.Phone("anna.lind").SetUpRestore()
	s.Decide(func(p *authn.Policy) { p.Restore = policy })
	if policy == authn.RestoreLimited {
		return s, nil
	}
	return s, s.Restorer("anna.lind", code)
}

// TestRestoreCode: the one-time code of a restore is read out to a caller who was checked, with the phone that waits for it; the newest counts, and once.
func TestRestoreCode(t *testing.T) {
	s, phone := restoreScene(t, authn.RestoreAllowed)
	id := string(phone.Started.RestoreID)
	if got := s.post("/restore-code", "restore", id, "reason", "case 1"); got.Has("Read this code out") || !got.Has("Make sure first who calls.") {
		t.Fatal("the code is given out without a check")
	}
	if page := s.kim.Get(s.path); !page.Has("New phone", "Waits for the one-time code", "Set up") {
		t.Errorf("the page does not tell of the restore: %s", page.Body)
	}
	s.passed()
	if got := s.post("/restore-code", "restore", id); got.Has("Read this code out") {
		t.Error("the code is given out without a reason")
	}
	if got := s.post("/restore-code", "restore", string(authn.NewRestoreID()), "reason", "case 1"); !got.Has("This restore is over") {
		t.Errorf("a restore that is not there: %d", got.Status)
	}
	digits := func() string {
		page := s.post("/restore-code", "restore", id, "reason", "case 1")
		if !page.Has("Read this code out", "New phone", "Model 2") {
			t.Fatalf("%d %s", page.Status, page.Body)
		}
		return strings.ReplaceAll(page.Find(`class="digits">([0-9 ]+)<`), " ", "")
	}
	first, second := digits(), digits()
	if len(first) != 8 || first == second {
		t.Errorf("codes %q and %q", first, second)
	}
	if _, err := phone.Confirm(first); err == nil {
		t.Error("the code before the newest was taken")
	}
	if _, err := phone.Confirm(second); err != nil {
		t.Errorf("the newest code: %v", err)
	}
	if got := s.post("/restore-code", "restore", id, "reason", "case 1"); !got.Has("This restore is over") {
		t.Error("a code is given out for a restore that has gone on")
	}
	given := 0
	for _, a := range s.Audit() {
		if a.Action == "restore.desk_code" {
			given++
			if a.Actor != "admin:kim" || a.Reason != "case 1" {
				t.Errorf("the log says %+v", a)
			}
		}
		if strings.Contains(a.Reason+a.Subject, second) {
			t.Error("the code stands in the log")
		}
	}
	if given != 2 {
		t.Errorf("%d records", given)
	}
}

// TestAllowBlockUnblock: blocking is always possible, and what opens something again needs a check, a reason and a second look.
func TestAllowBlockUnblock(t *testing.T) {
	s, _ := restoreScene(t, authn.RestoreLimited)
	sure := func(act string) servertest.Page {
		return s.post(act, "reason", "case 1", "sure", "yes")
	}
	for _, act := range []string{"/restore-allow", "/restore-unblock"} {
		if got := sure(act); !got.Has("Make sure first who calls.") || !s.guard().AllowedUntil.IsZero() {
			t.Errorf("%s without a check: %d", act, got.Status)
		}
	}
	if got := s.post("/restore-block", "reason", "case 1"); !got.Has("Block restore for Anna Lind?") || !s.guard().BlockedAt.IsZero() {
		t.Errorf("blocking asks first: %d", got.Status)
	}
	if got := sure("/restore-block"); !got.Has("Restore is blocked for Anna Lind.") || s.guard().BlockedBy != "admin:kim" {
		t.Errorf("blocked: %s", got.Body)
	}
	s.passed()
	if got := s.post("/restore-unblock", "reason", "case 1"); !got.Has("Unblock restore for Anna Lind?") || s.guard().BlockedAt.IsZero() {
		t.Error("unblocking does not ask first")
	}
	if got := sure("/restore-unblock"); !got.Has("Restore is not blocked for Anna Lind any more.") || !s.guard().BlockedAt.IsZero() || !s.guard().AllowedUntil.IsZero() {
		t.Errorf("unblocked: %s, %+v", got.Title(), s.guard())
	}
	if got := sure("/restore-allow"); !got.Has("Anna Lind can restore once, within 24 hours.") || !s.guard().AllowedUntil.After(s.Now()) {
		t.Errorf("allowed: %s, %+v", got.Title(), s.guard())
	}
	s.Advance(25 * time.Hour)
	if s.guard().May(authn.RestoreLimited, s.Now()) == nil {
		t.Error("still allowed after a day")
	}
}

// TestCodeLost: a new registration for somebody who has lost phone and code; the old phone goes when the new one comes.
func TestCodeLost(t *testing.T) {
	s := newScene(t)
	old := s.Phone("anna.lind")
	if page := s.kim.Get(s.path); !page.Has("PIN forgotten", "Account deactivated", "This account is not blocked.") {
		t.Error("the page does not say what a caller can do alone")
	}
	if got := s.post("/code-lost", "lost", "mail", "reason", "case 1"); got.Status == http.StatusOK || len(s.sessions()) != 1 {
		t.Fatal("done without a check")
	}
	s.passed()
	if page := s.kim.Get(s.path); !page.Has("that only the lost phone had are gone. Nobody can bring them back") {
		t.Error("the page does not say what is gone")
	}
	if got := s.post("/code-lost", "lost", "pigeon", "reason", "case 1"); got.Status != http.StatusForbidden {
		t.Errorf("by pigeon: %d", got.Status)
	}
	if got := s.post("/code-lost", "lost", "mail", "reason", "case 1"); got.Status != http.StatusOK || got.Has("avow://") {
		t.Fatalf("sent: %d", got.Status)
	}
	var newest authn.RegistrationSession
	for _, x := range s.sessions() {
		if x.CreatedAt.After(newest.CreatedAt) || newest.ID == "" {
			newest = x
		}
	}
	if newest.Mode != authn.BindReplace || s.device(old.ID) != authn.DeviceActive {
		t.Errorf("mode %s, the old phone is %s", newest.Mode, s.device(old.ID))
	}
}

// TestDeactivated: of a blocked account the desk sees by whom, and that nothing is lost.
func TestDeactivated(t *testing.T) {
	s := newScene(t)
	s.post("/block", "reason", "case 1", "sure", "yes")
	if page := s.kim.Get(s.path); !page.Has("kim blocked this account", "nothing is lost once an administrator unblocks it") || page.Has("case 1") {
		t.Errorf("the page says %s", page.Body)
	}
}
