// Package web holds the server's pages: templates (html/template), one style sheet made of the tokens of the look, one small script
// and what they show. It is not the portal: it serves nothing, decides nothing and holds no secret; internal/server/portal does. Every
// page can be read and used without script. The style of the pages follows assets/look and WCAG 2.2 AA.
package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"

	"avow/assets/icons"
	"avow/assets/look"
	"avow/assets/translations"
)

//go:embed pages/*.html
var pages embed.FS

//go:embed static/*
var static embed.FS

// Name is a page.
type Name string

// The pages, and the type of the content that each takes.
const (
	Start   Name = "start"    // StartPage
	Code    Name = "code"     // CodeForm
	Connect Name = "connect"  // ConnectPhone: shows the QR
	Ask     Name = "ask"      // AskPhone: "is this your phone?"
	Done    Name = "done"     // DonePhone
	Open    Name = "open"     // OpenApp: someone scanned a code of ours with the phone's own camera
	Message Name = "message"  // OneMessage
	ActCode Name = "act_code" // CodeForm
	Act     Name = "act"      // ActPage: what a security mail leads to

	// Sign-in. There is nobody in Frame.Signed yet.
	SignIn      Name = "signin"       // SignInForm
	Wait        Name = "signin_wait"  // SignInWait
	SignInEnded Name = "signin_ended" // EndedSignIn
	BackupCode  Name = "backup_code"  // BackupCodeForm; of somebody who is signed in, too
	Bootstrap   Name = "first_owner"  // FirstOwner

	// All below need Frame.Signed, and those of the administration its Section.
	Overview      Name = "overview"         // OverviewPage
	Users         Name = "users"            // UsersPage
	NewUser       Name = "user_new"         // NewUserPage
	User          Name = "user"             // UserPage
	Register      Name = "registration_new" // NewRegistration
	Registered    Name = "registration"     // MadeRegistration; for the service desk too, which has no Section
	Registrations Name = "registrations"    // RegistrationsPage
	Requests      Name = "requests"         // RequestsPage
	Devices       Name = "devices"          // DevicesPage
	Policies      Name = "policies"         // PoliciesPage
	Messages      Name = "messages"         // MessagesPage
	Template      Name = "template"         // TemplatePage
	TextPreview   Name = "text_preview"     // TextPreviewPage: within an iframe, without header
	Log           Name = "log"              // LogPage
	Desk          Name = "desk"             // DeskPage
	OfflineCode   Name = "offline_code"     // OfflineCodePage
	OneTimeCode   Name = "one_time_code"    // OneTimeCodePage
	DebugLogs     Name = "debug_logs"       // DebugLogsPage
	DebugLog      Name = "debug_log"        // DebugLogPage
	Me            Name = "me"               // MePage
	BackupCodes   Name = "backup_codes"     // BackupCodesPage
	MySignIns     Name = "sign_ins"         // SignIns
	Question      Name = "confirm"          // Confirm
)

var names = []Name{
	Start, Code, Connect, Ask, Done, Open, Message, ActCode, Act, SignIn, Wait, SignInEnded, BackupCode, Bootstrap, Overview, Users, NewUser, User, Register, Registered,
	Registrations, Requests, Devices, Policies, Messages, Template, TextPreview, Log, Desk, OfflineCode, OneTimeCode, DebugLogs, DebugLog, Me, BackupCodes, MySignIns, Question,
}

// Names lists all pages.
func Names() []Name { return append([]Name(nil), names...) }

// StaticPath is the folder under which the files of Static are fetched.
const StaticPath = "/static/"

// File is a style sheet, a script or an icon.
type File struct {
	Type string // media type
	Body []byte
}

// Files is what the pages fetch, by address (StaticPath and a name that holds a hash of the content, so that it can be kept for ever).
type Files map[string]File

// Files of the pages, by ending.
var types = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".png": "image/png"}

// Set is all pages in all languages. It is safe for concurrent use.
type Set struct {
	Files   Files
	address map[string]string                                      // of a file, by its plain name
	parsed  map[string]func() (map[Name]*template.Template, error) // by language: parsed when the first page in it is asked for
}

// New is the embedded pages, parsed once for the whole program. An error is a mistake in them, which the tests find.
func New() (*Set, error) { return parsed() }

var parsed = sync.OnceValues(parse)

func parse() (*Set, error) {
	s := &Set{Files: Files{}, address: map[string]string{}, parsed: map[string]func() (map[Name]*template.Template, error){}}
	entries, err := fs.ReadDir(static, "static")
	if err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	for _, e := range entries {
		b, err := fs.ReadFile(static, "static/"+e.Name())
		if err != nil {
			return nil, fmt.Errorf("pages: %w", err)
		}
		s.add(e.Name(), b)
	}
	s.add("icon.png", icons.App(192))
	for _, l := range translations.Languages() {
		s.parsed[l.Tag] = sync.OnceValues(func() (map[Name]*template.Template, error) { return s.parseIn(l.Tag) })
	}
	if _, err := s.parsed[translations.Languages()[0].Tag](); err != nil { // a mistake in a page is the same in each
		return nil, err
	}
	return s, nil
}

// parseIn parses all pages in a language.
func (s *Set) parseIn(lang string) (map[Name]*template.Template, error) {
	out := map[Name]*template.Template{}
	for _, name := range names {
		t, err := template.New("layout").Option("missingkey=error").Funcs(s.funcs(lang)).
			ParseFS(pages, "pages/layout.html", "pages/parts.html", "pages/lists.html", "pages/"+string(name)+".html")
		if err != nil {
			return nil, fmt.Errorf("page %s: %w", name, err)
		}
		out[name] = t
	}
	return out, nil
}

func (s *Set) add(name string, body []byte) {
	sum := sha256.Sum256(body)
	ext := path.Ext(name)
	address := StaticPath + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
	s.address[name] = address
	s.Files[address] = File{Type: types[ext], Body: body}
}

// Render writes a page. f.Content must be of the type that the page takes. Nothing is written when an error comes back.
func (s *Set) Render(w io.Writer, name Name, f Frame) error {
	in := s.parsed[f.Language]
	if in == nil {
		return fmt.Errorf("page %q does not exist in language %q", name, f.Language)
	}
	parsed, err := in()
	if err != nil {
		return err
	}
	t := parsed[name]
	if t == nil {
		return fmt.Errorf("page %q does not exist in language %q", name, f.Language)
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "layout", f); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

func (s *Set) funcs(lang string) template.FuncMap {
	p := translations.New(lang)
	return template.FuncMap{
		"t":           func(id string, args ...any) string { return p.T(translations.Message(id), args...) },
		"whole":       func(id, name, value string) template.HTML { return whole(p, translations.Message(id), name, value) },
		"file":        func(name string) string { return s.address[name] },
		"icon":        icon,
		"mark":        mark,
		"initials":    initials,
		"ring":        newRing,
		"step":        newStep,
		"languages":   translations.Languages,
		"clock":       p.Clock,
		"seconds":     p.ClockSeconds,
		"left":        p.Left,
		"say":         func(id translations.Message, args ...any) string { return p.T(id, args...) },
		"dict":        dict,
		"groups":      groups,
		"look":        func(s Stated) Look { return s.Look() },
		"day":         p.Day,
		"short":       p.Short,
		"brief":       p.Brief,
		"words":       p.When,
		"soft":        soft,
		"unnamed":     unnamed,
		"placeholder": func(p Placeholder) string { return "{{." + string(p) + "}}" },
		"roles":       Roles,
		"policies":    RestorePolicies,
		"field":       newField,
		"joined":      func(a, b any) string { return fmt.Sprint(a, b) },
		"address":     address,
		"query":       query,
		"kind":        messageKind,
		"tone":        func(n int) Tone { return map[bool]Tone{true: Warn}[n > 0] },
		"seen": func(at, now time.Time) string {
			if brief := p.Brief(at, now); brief != p.Clock(at.In(now.Location())) {
				return brief
			}
			return p.T("portal.today")
		},
	}
}

// dict makes the values of a part of a page: names and values, one after the other.
func dict(pairs ...any) (map[string]any, error) {
	out := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok || i+1 == len(pairs) {
			return nil, fmt.Errorf("dict: %v is not a name with a value", pairs[i])
		}
		out[name] = pairs[i+1]
	}
	return out, nil
}

// address is a path of ours with an id in it, whatever signs the id has.
func address(before, id, after string) string { return before + url.PathEscape(id) + after }

// icon puts an icon of the set into the page, where the style sheet gives it the color of its text. It says nothing to those who
// listen: the word beside it does.
func icon(name string) template.HTML {
	return template.HTML(`<span class="icon" aria-hidden="true">` + string(icons.SVG(icons.Name(name))) + `</span>`)
}

func mark() template.HTML {
	return template.HTML(`<span class="mark" aria-hidden="true">` + string(look.MarkFingers) + string(look.MarkCheck) + `</span>`)
}

// whole prints a text with one value that must not be broken between two lines: a phone number.
func whole(p *translations.Printer, id translations.Message, name, value string) template.HTML {
	const place = "\uFFFC" // stands for an object, and in no text of ours
	text := template.HTMLEscapeString(p.T(id, name, place))
	return template.HTML(strings.ReplaceAll(text, place, `<span class="whole">`+template.HTMLEscapeString(value)+`</span>`))
}

// query is an address with what is asked for, leaving out what is empty.
func query(address string, pairs ...any) template.URL {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if text := fmt.Sprint(pairs[i+1]); text != "" {
			v.Set(fmt.Sprint(pairs[i]), text)
		}
	}
	if len(v) == 0 {
		return template.URL(address)
	}
	return template.URL(address + "?" + v.Encode())
}

// soft lets a login, an address or a host break after its dots and the like, and not within a word.
func soft(text string) template.HTML {
	return template.HTML(breaks.Replace(template.HTMLEscapeString(text)))
}

var breaks = strings.NewReplacer(".", ".<wbr>", "@", "<wbr>@", "_", "_<wbr>", ":", ":<wbr>", "/", "/<wbr>")

// unnamed takes the role off a QR: the element around it is the picture, and has the name.
func unnamed(svg template.HTML) template.HTML {
	return template.HTML(strings.Replace(string(svg), ` role="img"`, ` aria-hidden="true"`, 1))
}
