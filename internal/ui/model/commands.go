package model

import (
	"slices"

	"avow/assets/translations"
	"avow/internal/authn"
	"avow/internal/phone"
)

// Command is what can be done from anywhere: by a key, from the menu of a window, from the tray.
type Command string

// The commands.
const (
	CommandHome      Command = "home"
	CommandCodes     Command = "codes"
	CommandComputers Command = "computers"
	CommandSettings  Command = "settings"
	CommandSearch    Command = "search" // the codes, with the keyboard in their search
	CommandAdd       Command = "add"
	CommandLock      Command = "lock"
	CommandHelp      Command = "help"
)

// commandTexts are the commands in the order of a menu, each with its words.
var commandTexts = []struct {
	is   Command
	text translations.Message
}{
	{CommandHome, "app.tab.home"},
	{CommandCodes, "app.tab.codes"},
	{CommandComputers, "app.tab.computers"},
	{CommandSettings, "app.tab.settings"},
	{CommandSearch, "app.command.search"},
	{CommandAdd, "app.command.add"},
	{CommandLock, "app.menu.lock"},
	{CommandHelp, "app.command.help"},
}

// commandTabs are those that lead to a tab.
var commandTabs = map[Command]Page{
	CommandHome: PageHome, CommandCodes: PageCodes, CommandComputers: PageComputers, CommandSettings: PageSettings, CommandSearch: PageCodes,
}

// calm are the pages that can be left at any time: nothing on them is half done. All others are left by what stands on them.
var calm = []Page{
	PageWelcome, PageHome, PageCodes, PageComputers, PageSettings, PageLanguage, PageTextSize, PageLockAfter, PageAbout, PageDebugLog, PageHelp, PageDevices,
	PageRestore, PageColleagues, PageCodesSort, PageCodesTrash, PageCodeQR, PageImport, PageExport, PageOfflineCode, PageListCode,
	PageLockRules, PageClearAfter, PageNotifications, PagePrivacy, PageReport, PageLicences, PageLicence, PageActivity, PageEntry, PageSupport,
}

// Can tells whether a command can be run now.
func (a *App) Can(c Command) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.cfg.Core.State()
	p := a.page(s)
	switch c {
	case CommandLock:
		return canLock(s)
	case CommandHelp:
		return p != PageHelp && slices.Contains(calm, p)
	case CommandSearch:
		return a.hasCodes() && slices.Contains(calm, p)
	}
	return slices.Contains(calm, p)
}

func canLock(s phone.State) bool { return s.HasPIN && !s.Locked && !s.Erased }

// Run runs a command; it returns false and does nothing when that can't be done now.
func (a *App) Run(c Command) bool {
	if !a.Can(c) {
		return false
	}
	switch c {
	case CommandAdd:
		a.OpenScan()
	case CommandLock:
		a.LockNow()
	case CommandHelp:
		a.Open(PageHelp)
	default:
		a.GoTo(commandTabs[c])
	}
	return true
}

// CommandItem is a command as a menu shows it.
type CommandItem struct {
	Command Command
	Text    string
	Can     bool
}

// Commands are all commands, in the order of a menu.
func (a *App) Commands() []CommandItem {
	out := make([]CommandItem, 0, len(commandTexts))
	for _, x := range commandTexts {
		out = append(out, CommandItem{Command: x.is, Text: a.T(x.text), Can: a.Can(x.is)})
	}
	return out
}

// TrayView is what stands in the tray.
type TrayView struct {
	Title    string // how many requests are open
	Open     int
	Requests []TrayRequest // none while the app is locked: who passes by reads them
	Show     string
	Lock     string // "" when there is nothing to lock
	Quit     string
}

// TrayRequest is an open request.
type TrayRequest struct {
	ID   authn.RequestID
	Text string
}

// Tray is the view of the tray.
func (a *App) Tray() TrayView {
	now := a.cfg.Now()
	s := a.cfg.Core.State()
	v := TrayView{Show: a.T("app.tray.show"), Quit: a.T("app.tray.quit")}
	for _, r := range s.Requests {
		if !now.Before(r.Deadline) {
			continue
		}
		v.Open++
		if !s.Locked {
			v.Requests = append(v.Requests, TrayRequest{ID: r.ID, Text: r.Client.Name})
		}
	}
	v.Title = a.T("app.home.quiet")
	if v.Open > 0 {
		v.Title = a.T("app.home.requests", "Count", v.Open)
	}
	if canLock(s) {
		v.Lock = a.T("app.menu.lock")
	}
	return v
}

// HelpView is PageHelp: the keys of a desktop, and who helps.
type HelpView struct {
	Keys    []HelpKey
	Support []HelpKey // an organization and how its service desk is reached
	Advice  string    // for a question that nobody expected
	Tell    string    // what the service desk may be told
}

// HelpKey is a line of it.
type HelpKey struct{ Keys, Text string }

// Help is the view of PageHelp. keys says how a command is typed; "" for not at all.
func (a *App) Help(keys func(Command) string) HelpView {
	v := HelpView{Advice: a.T("app.help.request"), Tell: a.T("app.help.support_text")}
	for _, c := range a.Commands() {
		if k := keys(c.Command); k != "" {
			v.Keys = append(v.Keys, HelpKey{Keys: k, Text: c.Text})
		}
	}
	v.Keys = append(
		v.Keys,
		HelpKey{Keys: a.T("app.help.key_tab"), Text: a.T("app.help.tab")},
		HelpKey{Keys: a.T("app.help.key_space"), Text: a.T("app.help.space")},
		HelpKey{Keys: a.T("app.help.key_esc"), Text: a.T("app.help.esc")},
	)
	seen := map[string]bool{}
	for _, acc := range a.cfg.Core.State().Accounts {
		if acc.Support != "" && !seen[acc.Organisation] {
			seen[acc.Organisation] = true
			v.Support = append(v.Support, HelpKey{Keys: acc.Organisation, Text: acc.Support})
		}
	}
	return v
}

// Language is the one in force.
func (a *App) Language() string { return a.printer().Language() }
