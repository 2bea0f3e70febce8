package model

import "fmt"

// Signature changes when the screen of a page has to be made anew. What only ticks or turns, the time left, a busy button, what is
// typed, is not in it: for that a screen has its Update.
func (a *App) Signature(p Page) string {
	return fmt.Sprintf("%s|%+v", a.printer().Language(), a.structure(p))
}

func (a *App) structure(p Page) any {
	switch p {
	case PageHome:
		v := a.Home()
		v.Busy = ""
		for i := range v.Requests {
			v.Requests[i].Left, v.Requests[i].Part = "", 0
		}
		last, computers := v.Last, v.Computers
		v.Last, v.Computers = nil, nil
		return []any{v, pointed(last), pointed(computers)}
	case PageComputers:
		return a.Computers()
	case PageOfflineCode, PageListCode:
		v := a.Offline()
		v.Left, v.Part, v.Urgent, v.Below = "", 0, false, ""
		shown := v.Code != ""
		v.Code, v.Hint = "", "" // Turn stands for them: a signature outlives what is hidden
		return []any{v, shown}
	case PageRequest:
		v, _ := a.Request()
		return []any{v.ID, v.Facts, v.Match, v.More}
	case PageScan:
		v := a.Scan()
		return []any{v.Typing, v.Camera}
	case PageConnect:
		v := a.Connect()
		v.Busy = ""
		return v
	case PageProof:
		v := a.Proof()
		return []any{v.Kind, v.Title, v.Host, v.Account}
	case PageChoosePIN, PageChangePIN, PageLock, PageAskPIN:
		v := a.PIN()
		return []any{v.Initials, v.Name, v.Below, v.Biometric}
	case PageSettings, PageLanguage, PageTextSize:
		return a.SettingsView()
	case PageWelcome:
		return a.Welcome()
	case PageResult:
		return a.ResultView()
	case PageError:
		return a.Failure()
	case PageWords:
		return a.CheckWords()
	}
	return nil
}

// pointed is what a pointer leads to, so that it is printed.
func pointed[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

// Choices are the person's settings.
func (a *App) Choices() Choices { return a.cfg.Settings.Get() }
