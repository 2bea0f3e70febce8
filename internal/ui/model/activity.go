package model

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"avow/assets/translations"
	"avow/internal/authn"
	"avow/internal/phone"
	"avow/internal/wire"
)

// activityState is what happened to an account, while its pages are open.
type activityState struct {
	account phone.AccountID
	list    []phone.Activity
	loaded  bool
	loading bool
	filter  int
	entry   string // the id of the one that is shown in full
	fault   *Fault
}

// activityFilters are what can be looked at alone; the first is all.
var activityFilters = []struct {
	name translations.Message
	has  func(phone.Activity) bool
}{
	{"app.activity.all", func(phone.Activity) bool { return true }},
	{"app.activity.answers", func(x phone.Activity) bool {
		return x.Kind == phone.ActivityAnswer || x.Notice == authn.NoticeMuted || x.Notice == authn.NoticeTooManyRequests
	}},
	{"app.activity.computers", func(x phone.Activity) bool { return x.Kind == phone.ActivityOffline || aboutComputers(x.Notice) }},
	{"app.activity.devices", func(x phone.Activity) bool {
		return x.Kind == phone.ActivityConnected || x.Kind == phone.ActivityNotice && noticeIcon(x.Notice) == "phone"
	}},
	{"app.activity.restore", func(x phone.Activity) bool {
		return x.Kind == phone.ActivityDrill || x.Kind == phone.ActivityNotice && noticeIcon(x.Notice) == "lifebuoy"
	}},
}

func aboutComputers(k authn.NoticeKind) bool {
	switch k {
	case authn.NoticeOfflineUnknown, authn.NoticeOfflineLocked, authn.NoticeDeskUnknown, authn.NoticeDeskCode:
		return true
	}
	return false
}

// noticeIcon is what a notice is about.
func noticeIcon(k authn.NoticeKind) string {
	switch k {
	case authn.NoticeDeviceRegistered, authn.NoticeDeviceRevoked, authn.NoticeClaimRefused, authn.NoticeDeviceDuplicated, authn.NoticeDuplicateRaced, authn.NoticeDeviceWiped:
		return "phone"
	case authn.NoticeMuted, authn.NoticeTooManyRequests:
		return "bell"
	}
	if aboutComputers(k) {
		return "computers"
	}
	return "lifebuoy"
}

// ActivityView is the page of what happened.
type ActivityView struct {
	Organisation string // with several accounts
	Filters      []string
	Chosen       int
	Proof        *Note // how the proofs stand; nil when there are none
	Days         []ActivityDay
	Empty        string
	Busy         string
	Head, Words  string // why it cannot be shown
}

// ActivityDay is what happened on one day.
type ActivityDay struct {
	Heading string
	Lines   []ActivityLine
}

// ActivityLine is one thing that happened.
type ActivityLine struct {
	ID     string
	Icon   string
	Tone   Tone
	Title  string
	Second string // where and when
	Third  string // what there is more; ""
	Proof  Tone   // Good: there is a proof, and it was checked; Bad: there is one that does not hold; Quiet: none is needed
}

// OpenActivity opens the page for the shown account.
func (a *App) OpenActivity() {
	a.mu.Lock()
	acc, ok := a.shownAccount(a.cfg.Core.State())
	a.mu.Unlock()
	if !ok {
		return
	}
	a.change(func() {
		a.stack, a.fault = append(a.stack, PageActivity), nil
		a.activity = activityState{account: acc.ID}
	})
	a.loadActivity()
}

// loadActivity reads what happened, and checks the proofs, in the background.
func (a *App) loadActivity() {
	var id phone.AccountID
	a.change(func() {
		if a.activity.account != "" && !a.activity.loading {
			id, a.activity.loading = a.activity.account, true
		}
	})
	if id == "" {
		return
	}
	a.cfg.Go(func() {
		list, err := a.cfg.Core.Activity(a.ctx, id)
		a.change(func() {
			if a.activity.account != id {
				return
			}
			a.activity.loading, a.activity.loaded, a.activity.fault = false, true, nil
			if a.activity.list = list; err != nil {
				f := a.faultOf(err)
				a.activity.fault = &f
			}
		})
	})
}

// leaveActivity forgets it; mu must be held.
func (a *App) leaveActivity() { a.activity = activityState{} }

// FilterActivity shows one sort only.
func (a *App) FilterActivity(i int) {
	a.change(func() {
		if i >= 0 && i < len(activityFilters) {
			a.activity.filter = i
		}
	})
}

// Activity is the view of PageActivity.
func (a *App) Activity() ActivityView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t, s, now := a.print, a.cfg.Core.State(), a.cfg.Now()
	v := ActivityView{Chosen: a.activity.filter}
	if acc, ok := s.Account(a.activity.account); ok && len(s.Accounts) > 1 {
		v.Organisation = acc.Organisation
	}
	for _, f := range activityFilters {
		v.Filters = append(v.Filters, t.T(f.name))
	}
	switch {
	case a.activity.fault != nil:
		v.Head, v.Words = a.activity.fault.Title, a.activity.fault.Sentence
		return v
	case !a.activity.loaded:
		v.Busy = t.T("app.activity.checking")
		return v
	}
	proofs, broken := 0, 0
	for _, x := range a.activity.list {
		if x.Answer != nil {
			if proofs++; x.Answer.Broken != nil {
				broken++
			}
		}
		if !activityFilters[a.activity.filter].has(x) {
			continue
		}
		at := x.At.In(now.Location())
		if h := t.Heading(at, now); len(v.Days) == 0 || v.Days[len(v.Days)-1].Heading != h {
			v.Days = append(v.Days, ActivityDay{Heading: h})
		}
		day := &v.Days[len(v.Days)-1]
		day.Lines = append(day.Lines, a.activityLine(x, t.Clock(at)))
	}
	switch {
	case broken > 0:
		v.Proof = &Note{Tone: Bad, Head: t.T("app.activity.broken"), Text: t.T("app.activity.broken_text", "Count", broken)}
	case proofs > 0:
		v.Proof = &Note{Tone: Good, Head: t.T("app.activity.proven"), Text: t.T("app.activity.proven_text", "Count", proofs)}
	}
	if len(v.Days) == 0 {
		v.Empty = t.T("app.activity.empty")
	}
	return v
}

// activityLine is one thing that happened, at a time that is said already; mu must be held.
func (a *App) activityLine(x phone.Activity, clock string) ActivityLine {
	t := a.print
	v := ActivityLine{ID: x.ID, Proof: Quiet, Tone: Quiet, Second: clock}
	switch x.Kind {
	case phone.ActivityAnswer:
		return a.answerLine(x, clock)
	case phone.ActivityOffline:
		v.Icon, v.Tone, v.Title, v.Second = "computers", Good, t.T("app.activity.offline"), joined(x.Facts["computer"], clock)
		v.Third = t.T("app.activity.offline_qr")
		if x.Facts["method"] == string(authn.OfflineList) {
			v.Third = t.T("app.activity.offline_list")
		}
	case phone.ActivityDrill:
		v.Icon, v.Tone, v.Title, v.Second = "lifebuoy", Good, t.T("app.activity.drill"), joined(t.T("app.activity.drill_sub"), clock)
	case phone.ActivityConnected:
		v.Icon, v.Tone, v.Title = "phone", Good, t.T("app.activity.connected")
	default:
		note, ok := a.noticeNote(wire.Notice{Kind: x.Notice, At: x.At.Unix(), Facts: x.Facts}, clock)
		if !ok {
			note = Note{Tone: Quiet, Head: t.T("app.activity.other")}
			if x.Notice == authn.NoticeMuted {
				note = Note{Tone: Bad, Head: t.T("app.notice.muted")}
			}
		}
		v.Icon, v.Tone, v.Title = noticeIcon(x.Notice), note.Tone, strings.TrimSuffix(note.Head, ".")
		v.Second = joined(clock, x.Facts["place"], x.Facts["ip"])
	}
	return v
}

func (a *App) answerLine(x phone.Activity, clock string) ActivityLine {
	t, p := a.print, x.Answer
	v := ActivityLine{ID: x.ID, Proof: Good}
	v.Icon, v.Tone, v.Title = answerWords(t, p.Kind)
	client := p.Request.Client.Name
	if p.Request.Action == authn.ActionPractice {
		client, v.Third = t.T("app.practice.computer"), t.T("app.practice.sub")
	}
	v.Second = joined(client, clock, p.Request.Origin.Place)
	if p.Request.Origin.Place == "" {
		v.Second = joined(client, clock, p.Request.Origin.IP)
	}
	if p.Kind == authn.Approve && v.Third == "" {
		v.Third = a.verifiedBy(p.UV)
	}
	if p.Kind == authn.NotMe && v.Third == "" {
		v.Third = t.T("app.activity.told")
	}
	if p.Broken != nil {
		v.Proof, v.Third = Bad, t.T("app.activity.broken")
	}
	return v
}

func answerWords(t *translations.Printer, k authn.DecisionKind) (icon string, tone Tone, title string) {
	switch k {
	case authn.Approve:
		return "check", Good, t.T("app.result.yes")
	case authn.NotMe:
		return "flag", Bad, t.T("app.result.not_me")
	}
	return "close", Bad, t.T("app.result.no")
}

// verifiedBy is how somebody made sure who said Yes; "" when nobody did.
func (a *App) verifiedBy(uv authn.UserVerification) string {
	switch uv {
	case authn.UVBiometric:
		return a.print.T("app.activity.by_finger")
	case authn.UVPIN, authn.UVDevice:
		return a.print.T("app.activity.by_pin")
	}
	return ""
}

// EntryView is one thing that happened, in full.
type EntryView struct {
	Icon, Title string
	Tone        Tone
	Sub         string
	Facts       []Fact
	Proof       Tone   // as with ActivityLine
	Sign        string // what is to be said of the proof
	Save        string // the button that saves it; "" without one
	File        string // under which name
}

// OpenEntry opens a line in full.
func (a *App) OpenEntry(id string) {
	a.change(func() { a.activity.entry, a.stack, a.fault = id, append(a.stack, PageEntry), nil })
}

func (a *App) entry() (phone.Activity, bool) {
	for _, x := range a.activity.list {
		if x.ID == a.activity.entry {
			return x, true
		}
	}
	return phone.Activity{}, false
}

// Entry is the view of PageEntry.
func (a *App) Entry() EntryView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t, now := a.print, a.cfg.Now()
	x, ok := a.entry()
	if !ok {
		return EntryView{Title: t.T("app.activity.gone"), Icon: "info", Tone: Quiet, Proof: Quiet}
	}
	at := x.At.In(now.Location())
	line := a.activityLine(x, t.Clock(at))
	v := EntryView{Icon: line.Icon, Title: line.Title, Tone: line.Tone, Proof: line.Proof}
	when := Fact{"clock", t.T("app.request.time"), t.Day(at) + ", " + t.ClockSeconds(at)}
	if x.Answer == nil {
		v.Sub, v.Facts = line.Third, []Fact{when}
		v.add("laptop", t.T("app.activity.computer"), x.Facts["computer"])
		v.add("phone", t.T("app.activity.device"), x.Facts["device"])
		v.add("map-pin", t.T("app.request.place"), x.Facts["place"])
		v.add("globe", t.T("app.request.address"), x.Facts["ip"])
		v.Sign = t.T("app.activity.no_proof")
		return v
	}
	p, r := x.Answer, x.Answer.Request
	client := r.Client.Name
	if r.Action == authn.ActionPractice {
		client, v.Sub = t.T("app.practice.computer"), t.T("app.practice.note")
	}
	v.add("laptop", t.T("app.activity.asked_by"), client)
	v.add("user", t.T("app.request.account"), r.Login)
	v.Facts = append(v.Facts, when)
	if p.Broken == nil {
		v.add("map-pin", t.T("app.request.place"), orUnknown(t.T("app.request.place_unknown"), r.Origin.Place))
		v.add("globe", t.T("app.request.address"), orUnknown(t.T("app.request.address_unknown"), r.Origin.IP))
		v.add("chat", t.T("app.activity.message"), r.Message)
		v.add("fingerprint", t.T("app.activity.verified"), orUnknown(t.T("app.activity.not_verified"), a.verifiedBy(p.UV)))
		device := t.T("app.activity.this_phone")
		if p.Device != x.Account {
			device = t.T("app.activity.another_phone")
		}
		v.add("phone", t.T("app.activity.device"), device)
	}
	h := sha256.Sum256([]byte(p.Digits))
	v.add("receipt", t.T("app.result.receipt"), fmt.Sprintf("%X %X", h[:2], h[2:4]))
	v.Sign, v.Save = t.T("app.activity.proof_good"), t.T("app.activity.save")
	if p.Broken != nil {
		v.Sign = t.T("app.activity.proof_bad")
	}
	v.File = "avow-receipt-" + at.Format("2006-01-02-150405") + ".json"
	return v
}

func (v *EntryView) add(icon, label, value string) {
	if value != "" {
		v.Facts = append(v.Facts, Fact{icon, label, value})
	}
}

// Receipt is the proof of the entry that is shown, as a file; "" after it has said what went wrong.
func (a *App) Receipt() string {
	a.mu.Lock()
	x, ok := a.entry()
	a.mu.Unlock()
	if !ok || x.Answer == nil {
		return ""
	}
	out, err := a.cfg.Core.ExportReceipt(x.Account, x.ID)
	if err != nil {
		a.fail(err)
		return ""
	}
	return string(out)
}

// activityChanged reads it anew while it is looked at.
func (a *App) activityChanged() {
	a.mu.Lock()
	open := a.activity.account != "" && a.activity.loaded
	a.mu.Unlock()
	if open {
		a.loadActivity()
	}
}
