package deskpage_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/server/servertest"
	"avow/internal/store"
	"avow/internal/wire"
)

// scene is a service desk with Kim at it and Anna who calls.
type scene struct {
	*servertest.Env
	t        *testing.T
	kim      *servertest.Browser
	anna     wire.AdminUser
	path     string
	kimPhone *servertest.Phone
}

func newScene(t *testing.T) *scene {
	t.Helper()
	e := servertest.Start(t, servertest.Options{CanMail: true, CanText: true})
	kim, phone := e.Colleague("kim", authn.RoleServiceDesk)
	anna, err := e.Admin.AddUser(t.Context(), wire.AddUser{UserName: "anna.lind", Name: "Anna Lind", Mail: "anna.lind@example.com", Phone: "+46465550100", Reason: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return &scene{Env: e, t: t, kim: kim, kimPhone: phone, anna: anna, path: "/desk/" + string(anna.ID)}
}

func (s *scene) post(path string, pairs ...string) servertest.Page {
	s.t.Helper()
	return s.kim.Post(s.kim.Get(s.path), s.path+path, pairs...)
}

func (s *scene) view(fn func(store.Reader) error) {
	s.t.Helper()
	if err := s.Site.Store.View(context.Background(), fn); err != nil {
		s.t.Fatal(err)
	}
}

// code is the code that was sent to Anna.
func (s *scene) code() (digits string) {
	s.view(func(r store.Reader) error {
		checks, err := r.CallerChecksOf(s.anna.ID, time.Unix(0, 0))
		digits = s.Server.Desk.Digits(checks[0].ID)
		return err
	})
	return digits
}

func (s *scene) sessions() (list []authn.RegistrationSession) {
	s.view(func(r store.Reader) (err error) { list, err = r.RegistrationSessionsOf(s.anna.ID); return err })
	return list
}

// open reports whether the acts are open on the page.
func (s *scene) open() bool {
	s.t.Helper()
	got := s.post("/registration", "how", "mail", "reason", "case 1")
	return got.Status == http.StatusOK
}

func TestFind(t *testing.T) {
	s := newScene(t)
	if got := s.kim.Get("/desk?q=anna"); got.Path != s.path || !got.Has("Anna Lind") {
		t.Errorf("one who is found alone is shown: %s", got.Path)
	}
	s.User("annika")
	if got := s.kim.Get("/desk?q=ann"); got.Path != "/desk" || !got.Has("Anna Lind", "Name of annika") {
		t.Errorf("two: %s", got.Path)
	}
	if got := s.kim.Get("/desk/u_nobody"); got.Status != http.StatusNotFound {
		t.Errorf("nobody: %d", got.Status)
	}
	if got := s.kim.Get(s.path); got.Has("anna.lind@example.com") || got.Has("+46465550100") || !got.Has("a•••@example.com") {
		t.Error("the page shows the whole address or number")
	}
}

// TestCheckByPhone: the desk says a number, Anna types it and says Yes; then, and for a quarter of an hour, Kim may act.
func TestCheckByPhone(t *testing.T) {
	s := newScene(t)
	phone := s.Phone("anna.lind")
	if s.open() {
		t.Fatal("acts are open without a check")
	}
	s.post("/check", "way", "device")
	page := s.kim.Get(s.path)
	number := page.Number()
	if len(number) != 6 || !page.Has(s.path+"/events") {
		t.Fatalf("number %q", number)
	}
	raw, r := phone.Open()
	if r.Action != authn.ActionVerifyCaller || r.Message != "Name of kim" || strings.Contains(raw, number) {
		t.Errorf("asked %s: %q", r.Action, r.Message)
	}
	if s.open() {
		t.Fatal("acts are open before the Yes")
	}
	if err := phone.Answer(authn.Approve, number); err != nil {
		t.Fatal(err)
	}
	if got := s.kim.Get(s.path); got.Number() != "" || got.Has(s.path+"/events") {
		t.Error("the page still waits")
	}
	if !s.open() {
		t.Fatal("acts are closed after the Yes")
	}
	s.Advance(14 * time.Minute)
	if !s.open() {
		t.Error("acts close before a quarter of an hour")
	}
	s.Advance(2 * time.Minute)
	if s.open() {
		t.Error("acts are open after a quarter of an hour")
	}
}

// TestCheckAlwaysVerifies: who calls the service desk is verified, whatever the policy says for sign-ins (A4).
func TestCheckAlwaysVerifies(t *testing.T) {
	s := newScene(t)
	s.Verify(authn.UVRegistration)
	anna := s.Phone("anna.lind")
	s.User("bo")
	boss := s.Phone("bo")
	for way, p := range map[string]*servertest.Phone{"device": anna, "manager": boss} {
		s.post("/check", "way", way, "manager", "bo")
		if _, r := p.Open(); r.UV != authn.UVRequired {
			t.Errorf("%s: the phone is told %q", way, r.UV)
		}
		if err := p.AnswerUnverified(s.kim.Get(s.path).Number()); authn.CodeOf(err) != "user_verification_required" {
			t.Errorf("%s: a Yes without verification: %v", way, err)
		}
	}
}

func TestCheckIsRefused(t *testing.T) {
	for name, answer := range map[string]func(s *scene, p *servertest.Phone, number string){
		"No":           func(s *scene, p *servertest.Phone, _ string) { must(s.t, p.Answer(authn.Deny, "")) },
		"it is not me": func(s *scene, p *servertest.Phone, _ string) { must(s.t, p.Answer(authn.NotMe, "")) },
		"too late":     func(s *scene, _ *servertest.Phone, _ string) { s.Advance(3 * time.Minute) },
		"stopped":      func(s *scene, _ *servertest.Phone, _ string) { s.post("/check/stop") },
		"wrong numbers": func(s *scene, p *servertest.Phone, number string) {
			for range 3 {
				_ = p.Answer(authn.Approve, fmt.Sprintf("%06d", (atoi(number)+1)%1_000_000))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			phone := s.Phone("anna.lind")
			s.post("/check", "way", "device")
			answer(s, phone, s.kim.Get(s.path).Number())
			if s.open() {
				t.Error("acts are open")
			}
		})
	}
}

func atoi(s string) (n int) {
	_, _ = fmt.Sscan(strings.TrimLeft(s, "0"), &n)
	return n
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestCheckByCode: she reads out what was sent to her; three wrong ones and the check is over.
func TestCheckByCode(t *testing.T) {
	s := newScene(t)
	s.post("/check", "way", "text")
	code := s.code()
	try := func(typed string) servertest.Page {
		p := s.kim.Get(s.path)
		return s.kim.Post(p, s.path+"/check/code", "code", typed, "check", p.Find(`name="check" value="(k_[^"]+)"`))
	}
	if got := try("000000"); got.Status != http.StatusUnprocessableEntity && code != "000000" {
		t.Errorf("a wrong code: %d", got.Status)
	}
	if s.open() {
		t.Fatal("acts are open after a wrong code")
	}
	try(code[:3] + " " + code[3:])
	if !s.open() {
		t.Fatal("acts are closed after the right code")
	}
	s.view(func(r store.Reader) error {
		all, err := r.Messages(10)
		var texts int
		for _, m := range all {
			if m.Kind == authn.MessageCallerCode {
				if texts++; m.Channel != authn.ChannelText || m.To != "+46465550100" {
					t.Errorf("sent by %s to %s", m.Channel, m.To)
				}
			}
		}
		if texts != 1 {
			t.Errorf("%d messages", texts)
		}
		return err
	})
	s.Advance(time.Hour)
	s.kim, _ = s.SignIn(s.kimPhone, "kim")
	s.post("/check", "way", "mail")
	code = s.code()
	for range 3 {
		try(fmt.Sprintf("%06d", (atoi(code)+1)%1_000_000))
	}
	try(code)
	if s.open() {
		t.Error("the right code after three wrong ones opened the acts")
	}
}

// TestCheckByManager: somebody who knows her says Yes; neither she nor the desk can be that somebody.
func TestCheckByManager(t *testing.T) {
	s := newScene(t)
	s.User("boss")
	boss := s.Phone("boss")
	for _, self := range []string{"kim", "anna.lind", "nobody"} {
		if got := s.post("/check", "way", "manager", "manager", self); got.Status != http.StatusUnprocessableEntity {
			t.Errorf("%s vouches: %d", self, got.Status)
		}
	}
	s.post("/check", "way", "manager", "manager", "boss")
	_, r := boss.Open()
	if r.Action != authn.ActionVouch || !strings.Contains(r.Message, "Anna Lind") {
		t.Errorf("asked %s: %q", r.Action, r.Message)
	}
	must(t, boss.Answer(authn.Approve, s.kim.Get(s.path).Number()))
	if !s.open() {
		t.Error("acts are closed")
	}
}

// TestOnlyForOneself: a check counts for the one who made it, for the one who was checked, and never for somebody with a higher role or oneself.
func TestOnlyForOneself(t *testing.T) {
	s := newScene(t)
	phone := s.Phone("anna.lind")
	s.post("/check", "way", "device")
	must(t, phone.Answer(authn.Approve, s.kim.Get(s.path).Number()))
	if !s.open() {
		t.Fatal("acts are closed")
	}
	lee, _ := s.Colleague("lee", authn.RoleServiceDesk)
	if got := lee.Post(lee.Get(s.path), s.path+"/registration", "how", "mail", "reason", "x"); got.Status == http.StatusOK {
		t.Error("a colleague acts on Kim's check")
	}
	s.Colleague("maja.owner", authn.RoleOwner)
	var ids [2]authn.UserID
	s.view(func(r store.Reader) error {
		for i, login := range []string{"maja.owner", "kim"} {
			u, err := r.UserByLogin(login)
			if err != nil {
				return err
			}
			ids[i] = u.ID
		}
		return nil
	})
	for _, id := range ids {
		path := "/desk/" + string(id)
		for _, act := range [][]string{{"/check", "way", "device"}, {"/block", "reason", "x", "sure", "yes"}} {
			if got := s.kim.Post(s.kim.Get(path), path+act[0], act[1:]...); got.Status < 400 {
				t.Errorf("%s on %s: %d", act[0], id, got.Status)
			}
		}
	}
}

// TestActs: what the desk does after the check, and that it sees neither the code nor the link of a session that was sent (R-005, R-121, T9).
func TestActs(t *testing.T) {
	s := newScene(t)
	phone := s.Phone("anna.lind")
	s.post("/check", "way", "device")
	must(t, phone.Answer(authn.Approve, s.kim.Get(s.path).Number()))
	if got := s.post("/registration", "how", "mail"); got.Status != http.StatusUnprocessableEntity || len(s.sessions()) != 1 {
		t.Errorf("without a reason: %d", got.Status)
	}
	made := s.post("/registration", "how", "mail", "reason", "case 20931")
	if made.Status != http.StatusOK {
		t.Fatalf("registration: %d", made.Status)
	}
	link, ok := s.Server.Registration.SentLink(s.sessions()[0])
	if !ok {
		t.Fatal("there is no session that is sent")
	}
	for _, secret := range []string{link.Encode(), link.App(), strings.SplitN(link.Encode(), "#", 2)[1], "<svg class=\"qr", s.Server.Registration.ProofDigits(s.sessions()[0].ID)} {
		if made.Has(secret) || s.kim.Get(s.path).Has(secret) {
			t.Errorf("the desk sees %.12s…", secret)
		}
	}
	ask := s.post("/unpair", "device", string(phone.ID), "reason", "lost")
	if ask.Status != http.StatusOK || s.device(phone.ID) != authn.DeviceActive {
		t.Fatalf("unpair asks first: %d", ask.Status)
	}
	s.kim.Post(ask, s.path+"/unpair", "reason", "lost")
	if s.device(phone.ID) != authn.DeviceRevoked {
		t.Error("the phone is still there")
	}
	sure := s.post("/block", "reason", "stolen")
	s.kim.Post(sure, s.path+"/block", "reason", "stolen")
	s.view(func(r store.Reader) error {
		u, err := r.User(s.anna.ID)
		if u.Status != authn.UserDisabled {
			t.Error("the account is not blocked")
		}
		return err
	})
	want := map[string]bool{"caller.check": true, "caller.passed": true, "session.add": true, "session.notify": true, "device.revoke": true, "user.disable": true}
	for _, a := range s.Audit() {
		if want[a.Action] && a.Actor == "admin:kim" {
			delete(want, a.Action)
		}
	}
	if len(want) != 0 {
		t.Errorf("not in the log: %v", want)
	}
}

func (s *scene) device(id authn.DeviceID) (state authn.DeviceState) {
	s.view(func(r store.Reader) error {
		d, err := r.Device(id)
		state = d.State
		return err
	})
	return state
}
