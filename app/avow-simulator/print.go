package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"avow/internal/authn"
	"avow/internal/phone"
)

// version is set by the linker at a release.
var version = "development"

// print writes a line as JSON or as text.
func (p *cliPhone) print(cmd *cobra.Command, v fmt.Stringer) error {
	if !p.json {
		_, err := fmt.Fprintln(cmd.OutOrStdout(), v)
		return err
	}
	enc := json.NewEncoder(cmd.OutOrStdout())
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

type accountInfo struct {
	Device       authn.DeviceID      `json:"device"`
	Organisation string              `json:"organisation"`
	Host         string              `json:"host"`
	UserName     string              `json:"user_name"`
	Status       phone.AccountStatus `json:"status"`
	CheckWords   []string            `json:"check_words,omitempty"`
}

func accountLine(a phone.Account) accountInfo {
	l := accountInfo{Device: a.ID, Organisation: a.Organisation, Host: a.Host, UserName: a.Login, Status: a.Status}
	if a.Status == phone.Waiting {
		l.CheckWords = a.CheckWords[:]
	}
	return l
}

func (l accountInfo) String() string {
	s := fmt.Sprintf("%s  %s at %s (%s)  %s", l.Device, l.UserName, l.Organisation, l.Host, l.Status)
	if len(l.CheckWords) > 0 {
		s += "  check words: " + strings.Join(l.CheckWords, " / ")
	}
	return s
}

type accountInfos []accountInfo

func (l accountInfos) String() string { return lines(l, "This phone has no accounts.") }

type requestLine struct {
	ID       authn.RequestID `json:"id"`
	Client   string          `json:"client"`
	UserName string          `json:"user_name"`
	Message  string          `json:"message,omitempty"`
	Place    string          `json:"place,omitempty"`
	IP       string          `json:"ip,omitempty"`
	Match    authn.MatchMode `json:"match"`
	SecsLeft int             `json:"seconds_left"`
}

func newRequestLine(r phone.Request) requestLine {
	return requestLine{
		ID: r.ID, Client: r.Client.Name, UserName: r.Login, Message: r.Message, Place: r.Origin.Place, IP: r.Origin.IP,
		Match: r.Match, SecsLeft: int(time.Until(r.Deadline).Seconds()),
	}
}

func (l requestLine) String() string {
	from := strings.TrimSpace(l.Place + " " + l.IP)
	return fmt.Sprintf("%s  %s asks for %s  match: %s  from: %s  %d s left", l.ID, l.Client, l.UserName, l.Match, from, l.SecsLeft)
}

type requestLines []requestLine

func (l requestLines) String() string { return lines(l, "There are no open requests.") }

type decisionLine struct {
	Request  string             `json:"request"`
	Decision authn.DecisionKind `json:"decision"`
	Client   string             `json:"client"`
	Receipt  string             `json:"receipt"`
}

func newDecisionLine(id string, r phone.Receipt) decisionLine {
	return decisionLine{Request: id, Decision: r.Kind, Client: r.Client, Receipt: r.Receipt}
}

func (l decisionLine) String() string {
	said := map[authn.DecisionKind]string{authn.Approve: "Yes", authn.Deny: "No", authn.NotMe: "it's not me"}[l.Decision]
	return fmt.Sprintf("%s  you said to %s: %s", l.Request, l.Client, said)
}

type removedLine struct {
	Device     string `json:"device"`
	ServerTold bool   `json:"server_told"`
}

func (l removedLine) String() string {
	if l.ServerTold {
		return l.Device + "  removed here and at the server"
	}
	return l.Device + "  removed here; the server will be told when it answers"
}

func lines[T fmt.Stringer](l []T, none string) string {
	if len(l) == 0 {
		return none
	}
	var b []string
	for _, x := range l {
		b = append(b, x.String())
	}
	return strings.Join(b, "\n")
}
