package model_test

import (
	"testing"
	"time"

	"avow/internal/phone"
	"avow/internal/ui/model"
	"avow/internal/ui/model/modeltest"
)

// R5: home warns before the password expires. The time of the stage is 3 March 2026, 10:32.
func TestPasswordExpires(t *testing.T) {
	at := func(days, hours int) time.Time {
		return modeltest.Now.AddDate(0, 0, days).Add(time.Duration(hours) * time.Hour)
	}
	const change = "Change it before then on your computer."
	for name, tt := range map[string]struct {
		expires time.Time
		status  phone.AccountStatus
		want    model.Note // without words: nothing is said
	}{
		"never, or nobody tells":  {time.Time{}, phone.Connected, model.Note{}},
		"in 15 days":              {at(15, 0), phone.Connected, model.Note{}},
		"in 14 days":              {at(14, 0), phone.Connected, model.Note{Tone: model.Wait, Head: "Your password expires on 17 March 2026.", Text: "14 days are left. " + change}},
		"in 14 days, late":        {at(14, 13), phone.Connected, model.Note{Tone: model.Wait, Head: "Your password expires on 17 March 2026.", Text: "14 days are left. " + change}},
		"the day after tomorrow":  {at(2, -10), phone.Connected, model.Note{Tone: model.Wait, Head: "Your password expires on 5 March 2026.", Text: "2 days are left. " + change}},
		"tomorrow, in 14 hours":   {at(1, -10), phone.Connected, model.Note{Tone: model.Wait, Head: "Your password expires on 4 March 2026.", Text: "That is tomorrow. " + change}},
		"today":                   {at(0, 5), phone.Connected, model.Note{Tone: model.Wait, Head: "Your password expires today at 15:32.", Text: change}},
		"now":                     {at(0, 0), phone.Connected, model.Note{Tone: model.Bad, Head: "Your password has expired.", Text: "Since today 10:32. Change it on your computer; if that does not work, ask the service desk."}},
		"yesterday":               {at(-1, 0), phone.Connected, model.Note{Tone: model.Bad, Head: "Your password has expired.", Text: "Since yesterday 10:32. Change it on your computer; if that does not work, ask the service desk."}},
		"last year":               {at(-90, 0), phone.Connected, model.Note{Tone: model.Bad, Head: "Your password has expired.", Text: "Since 3 December 2025. Change it on your computer; if that does not work, ask the service desk."}},
		"without the server":      {at(0, 5), phone.Unreachable, model.Note{Tone: model.Wait, Head: "Your password expires today at 15:32.", Text: change}},
		"of a blocked account":    {at(0, 5), phone.Blocked, model.Note{}},
		"of a phone that is gone": {at(-1, 0), phone.Removed, model.Note{}},
	} {
		acc := modeltest.Account()
		acc.PasswordExpiresAt, acc.Status = tt.expires, tt.status
		notes := newStage(t, phone.State{HasPIN: true, Accounts: []phone.Account{acc}}).Home().Notes
		var got model.Note
		if len(notes) > 0 {
			got = notes[0]
		}
		if got != tt.want || len(notes) > 1 {
			t.Errorf("%s: says %+v, want %+v", name, notes, tt.want)
		}
	}
}

func TestPasswordExpiresInGerman(t *testing.T) {
	for days, want := range map[int]string{
		9: "Dein Passwort läuft am 12. März 2026 ab. Noch 9 Tage. Ändere es vorher an deinem Computer.",
		1: "Dein Passwort läuft am 4. März 2026 ab. Das ist morgen. Ändere es vorher an deinem Computer.",
		0: "Dein Passwort ist abgelaufen. Seit heute 10:32. Ändere es an deinem Computer; geht das nicht, frag den Servicedesk.",
	} {
		acc := modeltest.Account()
		acc.PasswordExpiresAt = modeltest.Now.AddDate(0, 0, days)
		settings, err := modeltest.Settings(t.TempDir(), model.Choices{Appearance: model.Light, Language: "de"})
		if err != nil {
			t.Fatal(err)
		}
		g := newStage(t, phone.State{HasPIN: true, Accounts: []phone.Account{acc}}, func(c *model.Config) { c.Settings = settings })
		if n := g.Home().Notes; len(n) != 1 || n[0].Head+" "+n[0].Text != want {
			t.Errorf("in %d days: %+v", days, n)
		}
	}
}
