// Package webtest holds samples of every page of assets/web, rich and empty, for tests and pictures. The people in it are invented.
package webtest

import (
	"html/template"
	"time"

	"avow/assets/web"
	"avow/internal/qr"
)

// Page is a sample.
type Page struct {
	Title string // of the sample: a name for a test or a picture
	Name  web.Name
	Frame web.Frame // in English
	Empty bool      // has as little as the page can have
}

// Now is when the samples are looked at.
var Now = time.Date(2026, 3, 3, 10, 33, 2, 0, time.UTC)

const (
	organisation = "Lund Energy"
	host         = "id.lundenergy.example"
	long         = "Wilhelmina-Charlotte Montgomery-Featherstonehaugh von und zu Hohenstein-Unterfranken"
)

func at(d time.Duration) time.Time { return Now.Add(d) }

func day(year int, month time.Month, day, hour int) time.Time {
	return time.Date(year, month, day, hour, 0, 0, 0, time.UTC)
}

func frame(name web.Name, title, path string, content any) web.Frame {
	return web.Frame{
		Language: "en", Path: path, Title: title, Organisation: organisation, Host: host, Support: "046-555 01 00", Now: Now, Content: content,
	}
}

// Pages returns all samples.
func Pages() []Page {
	var out []Page
	add := func(title string, name web.Name, f web.Frame, empty bool) {
		f.Title = title
		out = append(out, Page{Title: title, Name: name, Frame: f, Empty: empty})
	}
	public := func(title string, name web.Name, path string, content any) {
		add(title, name, frame(name, title, path, content), false)
	}
	signed := func(title string, name web.Name, section web.Section, role web.Role, path string, content any, empty bool) {
		f := frame(name, title, path, content)
		f.Person = map[web.Role]string{web.ServiceDesk: "Kim Olsson", web.NoRole: "Anna Lind"}[role]
		if f.Person == "" {
			f.Person = "Maja Berg"
		}
		f.Signed = &web.Signed{Role: role, Section: section, Form: "f0"}
		if title == "user" {
			f.Notice = &web.Notice{Kind: web.UserUnblocked, Name: "Anna Lind", Undo: &web.Undo{Post: "/admin/users/u_anna/block", Fields: []web.HiddenField{{Name: "reason", Value: "undo"}}}}
		}
		add(title, name, f, empty)
	}
	admin := func(title string, name web.Name, section web.Section, path string, content any) {
		signed(title, name, section, web.Admin, path, content, false)
	}
	bare := func(title string, name web.Name, section web.Section, path string, content any) {
		signed(title, name, section, web.Admin, path, content, true)
	}
	actPages(public)
	signInPages(public)
	adminPages(admin, bare, signed)
	deskPages(signed)
	mePages(signed)
	return out
}

// code is a QR to look at; nothing is behind it.
func code() (template.HTML, int) {
	c, err := qr.Encode("avow://"+host+"/A#THISISONLYAPICTURE0000000000", qr.LevelM)
	if err != nil {
		panic("webtest: " + err.Error())
	}
	return template.HTML(c.SVG()), c.Size() + 2*qr.QuietZone
}

// actPages are what a security mail leads to.
func actPages(add func(string, web.Name, string, any)) {
	add("act code", web.ActCode, "/act", web.CodeForm{})
	add("act code wrong", web.ActCode, "/act", web.CodeForm{Wrong: "This is not a code from one of our mails."})
	restore := web.ActPage{
		Code: "0", Happened: "Someone has your restore code and brings your account at Lund Energy back on another phone.", At: at(-26 * time.Hour),
		Facts: []web.Fact{{Name: "Phone", Value: "Pixel 9"}, {Name: "Model", Value: "Google Pixel 9"}, {Name: "Address", Value: "2001:db8:85a3:8d3:1319:8a2e:370:7348"}},
	}
	add("act restore", web.Act, "/act", restore)
	phone := restore
	phone.Device, phone.Happened = true, "Your account at Lund Energy is on this phone now."
	add("act phone", web.Act, "/act", phone)
	restore.Done, phone.Done = true, true
	add("act restore done", web.Act, "/act", restore)
	add("act phone done", web.Act, "/act", phone)
}

func signInPages(add func(string, web.Name, string, any)) {
	add("sign-in", web.SignIn, "/sign-in", web.SignInForm{Form: "f0", Next: "/admin"})
	add("sign-in wrong", web.SignIn, "/sign-in", web.SignInForm{Login: "anna lind", Form: "f0", Wrong: web.Wrong{"login": "A login has no spaces."}})
	add("sign-in backup", web.BackupCode, "/sign-in/backup", web.BackupCodeForm{For: web.CodeToSignIn, Form: "f0", Next: "/me"})
	add("sign-in backup wrong", web.BackupCode, "/sign-in/backup", web.BackupCodeForm{For: web.CodeToSignIn, Login: "anna.lind", Form: "f0", Wrong: web.Wrong{
		"": "Too many wrong codes from here. Wait an hour. With your phone you can sign in as ever.", "login": "Say who you are.",
		"backup": "This is no backup code: it has a digit and 13 letters and digits. Compare it with your paper.",
	}})
	svg, modules := code()
	wait := web.SignInWait{
		Live: web.Live{State: "open", Events: "/sign-in/events"}, Login: "maja.berg", Number: "482913", QR: svg, Modules: modules,
		App: "avow://" + host + "/A#0", Left: 94 * time.Second, Lifetime: 2 * time.Minute, Form: "f0",
	}
	add("sign-in wait", web.Wait, "/sign-in/wait", wait)
	scan := wait
	scan.Number = ""
	add("sign-in scan", web.Wait, "/sign-in/wait", scan)
	tap := scan
	tap.QR, tap.Modules, tap.App = "", 0, ""
	add("sign-in tap", web.Wait, "/sign-in/wait", tap)
	for _, why := range []web.SignInEnd{
		web.SignInDenied, web.SignInExpired, web.SignInNoPhone, web.SignInBlocked, web.SignInLater, web.SignInNotHere, web.SignedOut,
	} {
		add("sign-in "+string(why), web.SignInEnded, "/sign-in/wait", web.EndedSignIn{Why: why, Next: "/admin/users?show=blocked"})
	}
	add("first owner", web.Bootstrap, "/start", web.FirstOwner{Form: "f0"})
	add("first owner asks", web.Bootstrap, "/start", web.FirstOwner{Form: "f0", Asks: true})
	add("first owner wrong", web.Bootstrap, "/start", web.FirstOwner{Form: "f0", Asks: true, Login: "maja berg", Name: "Maja Berg", Wrong: web.Wrong{
		"": "Nothing was saved.", "code": "This link was used already.", "login": "A login has no spaces.", "name": "Say a name.", "mail": "This is no address.",
	}})
}
