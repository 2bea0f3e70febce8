package site_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"avow/internal/authn"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/store/sqlite/sqlitetest"
)

// TestPolicyOfRestore: what nobody decided is the configuration's or the program's, zero hours are a decision, and what was decided before a setting
// existed leaves it as it is.
func TestPolicyOfRestore(t *testing.T) {
	db, err := sqlitetest.Open(t.Context(), filepath.Join(t.TempDir(), "avow.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	open := func(defaults authn.Policy) *site.Site {
		s := &site.Site{Store: db, Defaults: defaults}
		if err := s.LoadPolicy(t.Context()); err != nil {
			t.Fatal(err)
		}
		return s
	}
	type hours struct{ Hold, Probation, Colleagues int }
	of := func(p authn.Policy) hours { return hours{p.RestoreHold, p.ProbationHours, p.ColleaguesHold} }

	p := open(authn.Policy{}).Policy()
	if p.Restore != authn.RestoreAllowed || p.OldDevice != authn.OldDeviceAsked || p.RestoreDelivery != authn.RestoreByMail || p.ColleaguesNeeded != 2 || of(p) != (hours{0, 24, 24}) {
		t.Errorf("nothing decided: %+v", p)
	}
	configured := authn.Policy{Restore: authn.RestoreLimited, RestoreHold: 12}
	if p := open(configured).Policy(); p.Restore != authn.RestoreLimited || of(p) != (hours{12, 24, 24}) {
		t.Errorf("configured: %+v", p)
	}
	old := authn.Setting{Name: "policy", Value: `{"match":"qr","user_verification":"each_approval","session_hours":24,"second_proof":"","grant_days":14,"grant_uses":20}`}
	if err := db.Update(t.Context(), func(tx store.Tx) error { return tx.PutSetting(old) }); err != nil {
		t.Fatal(err)
	}
	if p := open(configured).Policy(); p.Match != authn.MatchQR || p.Restore != authn.RestoreLimited || of(p) != (hours{12, 24, 24}) {
		t.Errorf("decided before restore was: %+v", p)
	}

	s := open(configured)
	want := s.Policy()
	want.RestoreHold, want.ProbationHours, want.GroupRestore = 0, 0, map[string]authn.RestorePolicy{"board": authn.RestoreForbidden}
	if err := s.SetPolicy(t.Context(), want, authn.AuditRecord{At: time.Now(), Actor: "admin:maja"}); err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]authn.Policy{"at once": s.Policy(), "after a start": open(configured).Policy()} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}
