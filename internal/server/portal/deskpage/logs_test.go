package deskpage_test

import (
	"net/http"
	"strings"
	"testing"

	"avow/internal/authn"
	"avow/internal/store"
	"avow/internal/wire"
)

// TestDebugLogAtTheDesk: a log that Anna sends stands on her page and in the list, is shown as text only, and that Kim has read it stands in the audit log.
func TestDebugLogAtTheDesk(t *testing.T) {
	s := newScene(t)
	if got := s.kim.Get("/debug-logs"); got.Status != http.StatusOK || !got.Has("Nobody has sent a debug log.") {
		t.Errorf("without any: %d %s", got.Status, got.Body)
	}
	phone := s.Phone("anna.lind")
	sent, err := phone.SendDebugLog(t.Context(), wire.SendDebugLog{Note: "No request <b>came</b>", Log: "2026-11-26T09:00:00.000Z WARN <script>alert(1)</script>\n"})
	if err != nil {
		t.Fatal(err)
	}
	link := "/debug-logs/" + string(sent.ID)
	for _, path := range []string{s.path, "/debug-logs", "/debug-logs?user=" + string(s.anna.ID)} {
		if got := s.kim.Get(path); got.Status != http.StatusOK || !got.Has(`href="`+link+`"`) {
			t.Errorf("%s: %d, no link to the log", path, got.Status)
		}
	}
	got := s.kim.Get(link)
	if got.Status != http.StatusOK || !got.Has("Anna Lind", "WARN script&gt;alert(1)/script") && !strings.Contains(got.Body, "WARN scriptalert(1)/script") || strings.Contains(got.Body, "<script>alert") {
		t.Errorf("the log: %d %s", got.Status, got.Body)
	}
	read := false
	s.view(func(r store.Reader) error {
		records, err := r.Audit(5)
		for _, a := range records {
			read = read || a.Action == "device.debug_log_read" && strings.Contains(a.Actor, "kim") && a.Facts["log"] == string(sent.ID)
		}
		return err
	})
	if !read {
		t.Error("the audit log does not tell that Kim has read it")
	}
	if got := s.kim.Get("/debug-logs/" + string(authn.NewDebugLogID())); got.Status != http.StatusNotFound {
		t.Errorf("one that is not there: %d", got.Status)
	}
	auditor, _ := s.Colleague("ada", authn.RoleAuditor)
	for _, path := range []string{"/debug-logs", link} {
		if got := auditor.Get(path); got.Status != http.StatusForbidden {
			t.Errorf("an auditor gets %d at %s", got.Status, path)
		}
	}
}
