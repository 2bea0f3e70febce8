package administration_test

import (
	"net/http"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/store"
)

// TestRestoreOfUser: the page says how restore stands, a restore that is under way is blocked, and what was blocked or must be allowed is opened again; nobody sees a code.
func TestRestoreOfUser(t *testing.T) {
	o := newOffice(t)
	b := o.signIn("adam", authn.RoleAdmin)
	o.User("anna.lind")
	p := o.Phone("anna.lind")
	user := "/admin/users/" + string(p.User)
	b.get(user).want(t, http.StatusOK, "Not set up", "Whoever sets it up")
	b.get("/admin").want(t, http.StatusOK, "0 of 2", "0 of 0")
	paper := p.SetUpRestore()
	if got := b.get(user).want(t, http.StatusOK, "Set up", user+"/restore/block"); got.Has(paper.Text()) {
		t.Error("the page has the code")
	}
	b.get("/admin").want(t, http.StatusOK, "1 of 2", "0 of 1")
	if err := p.ProvenEscrow(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	b.get("/admin").want(t, http.StatusOK, "1 of 1")

	thief := o.Restorer("anna.lind", paper)
	b.get(user).want(t, http.StatusOK, "New phone", "Waits for the one-time code")
	b.get(user+"/restore/block").want(t, http.StatusOK, "Block restore for Name of anna.lind?")
	b.send(user+"/restore/block").want(t, http.StatusUnprocessableEntity, "Say why.")
	b.send(user+"/restore/block", "reason", "case 1").want(t, http.StatusOK, "Restore is blocked for Name of anna.lind.", "adam", user+"/restore/unblock")
	if _, err := thief.Confirm(o.Digits(thief.Started.RestoreID)); authn.CodeOf(err) != "restore_blocked" {
		t.Errorf("the restore goes on: %v", err)
	}
	if a := o.last("restore.block"); a.Actor != "admin:adam" || a.Reason != "case 1" {
		t.Errorf("the log says %+v", a)
	}
	b.send(user+"/restore/unblock", "reason", "case 2").want(t, http.StatusOK, "Restore is not blocked for Name of anna.lind any more.", "Set up")
	if a := o.last("restore.unblock"); a.Actor != "admin:adam" || a.Reason != "case 2" {
		t.Errorf("the log says %+v", a)
	}

	o.Decide(func(p *authn.Policy) { p.Restore = authn.RestoreLimited })
	if _, err := o.NewRestorer().Prove("anna.lind", paper); err == nil {
		t.Fatal("restored without being allowed to")
	}
	b.get(user).want(t, http.StatusOK, user+"/restore/allow")
	b.send(user+"/restore/allow", "reason", "case 3").want(t, http.StatusOK, "can restore once, within 24 hours", "One restore allowed until")
	if a := o.last("restore.allow"); a.Actor != "admin:adam" || a.Reason != "case 3" {
		t.Errorf("the log says %+v", a)
	}
	o.Restorer("anna.lind", paper)
	b.get(user+"/restore/burn").want(t, http.StatusNotFound)
	b.send(user+"/restore/burn", "reason", "x").want(t, http.StatusNotFound)
}

// TestRestoreOfMightier: nobody opens or closes the restore of somebody with a higher role.
func TestRestoreOfMightier(t *testing.T) {
	o := newOffice(t)
	b := o.signIn("adam", authn.RoleAdmin)
	o.signIn("olga", authn.RoleOwner)
	id := o.user("olga").ID
	for _, act := range []string{"allow", "block", "unblock"} {
		b.send("/admin/users/"+string(id)+"/restore/"+act, "reason", "x").want(t, http.StatusForbidden)
	}
	var g authn.RestoreGuard
	o.view(func(r store.Reader) (err error) { g, err = r.RestoreGuard(id); return err })
	if !g.BlockedAt.IsZero() || !g.AllowedUntil.IsZero() {
		t.Errorf("got %+v", g)
	}
}

// TestProvenGrowsOld: a code that nobody has tried for a year does not count as proven.
func TestProvenGrowsOld(t *testing.T) {
	o := newOffice(t)
	in, phone := o.Colleague("adam", authn.RoleAdmin)
	b := &browser{Browser: in, t: t}
	phone.SetUpRestore()
	o.must(phone.ProvenEscrow(t.Context(), 1))
	b.get("/admin").want(t, http.StatusOK, "1 of 1")
	o.Advance(366 * 24 * time.Hour)
	o.enter("adam", phone).get("/admin").want(t, http.StatusOK, "0 of 1")
}
