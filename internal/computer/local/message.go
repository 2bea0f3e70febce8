package local

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"avow/internal/authn"
	"avow/internal/computer/agent"
	"avow/internal/wire"
)

// maxMessage bounds one message of helper or daemon; the longest has a link, some names and a sentence.
const maxMessage = 8 << 10

// request is what the helper wants; each gets one answer. Begin comes first and once.
type request struct {
	Begin *begin `json:"begin,omitempty"`
	Do    verb   `json:"do,omitempty"`
	Wait  int    `json:"wait_ms,omitempty"` // of check
	Code  string `json:"code,omitempty"`    // of code
}

type begin struct {
	Version int                 `json:"version"`
	Login   string              `json:"login"`
	Service string              `json:"service,omitempty"`
	TTY     string              `json:"tty,omitempty"`
	RHost   string              `json:"rhost,omitempty"`
	Offline authn.OfflinePolicy `json:"offline,omitempty"`
	Timeout int                 `json:"timeout,omitempty"` // seconds
}

// verb is what to do with a sign-in that was begun.
type verb string

const (
	doCheck   verb = "check"
	doOffline verb = "offline"
	doCode    verb = "code"
	doStatus  verb = "status" // in place of begin
)

// Format keeps the code out of prints.
func (r request) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "request %q [redacted]", string(r.Do))
}

// LogValue keeps the code out of logs.
func (r request) LogValue() slog.Value { return slog.StringValue("request [redacted]") }

const (
	version     = 1
	longestWait = 30 * time.Second // of one check
)

// Valid says whether the helper could have written r.
func (r request) Valid() error {
	bad := errors.New("request is not one that this program knows")
	if r.Begin != nil {
		b := r.Begin
		switch {
		case r.Do != "" || r.Wait != 0 || r.Code != "":
			return bad
		case b.Version != version:
			return errors.New("helper and daemon are of different versions; restart avow-login")
		case b.Login == "" || len(b.Login) > 255, len(b.Service) > 255, len(b.TTY) > 255, len(b.RHost) > 255:
			return bad
		case b.Offline != "" && !b.Offline.Valid(), b.Timeout < 0 || b.Timeout > 600:
			return bad
		}
		return nil
	}
	switch {
	case r.Do == doCheck && r.Code == "" && r.Wait >= 0 && r.Wait <= int(longestWait/time.Millisecond):
		return nil
	case (r.Do == doOffline || r.Do == doStatus) && r.Code == "" && r.Wait == 0:
		return nil
	case r.Do == doCode && r.Wait == 0 && r.Code != "" && len(r.Code) <= maxText:
		return nil
	}
	return bad
}

func (b begin) ask() agent.Ask {
	return agent.Ask{
		Login: b.Login, Service: b.Service, TTY: b.TTY, RHost: b.RHost, Offline: b.Offline, Timeout: time.Duration(b.Timeout) * time.Second,
	}
}

// answer has exactly one field.
type answer struct {
	Approve *agent.Approve  `json:"approve,omitempty"`
	Offline *agent.Offline  `json:"offline,omitempty"`
	Done    *agent.Done     `json:"done,omitempty"`
	Refused *agent.Refused  `json:"refused,omitempty"`
	Status  json.RawMessage `json:"status,omitempty"`
}

// Format keeps number and links out of prints.
func (answer) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "answer [redacted]") }

// LogValue keeps number and links out of logs.
func (answer) LogValue() slog.Value { return slog.StringValue("answer [redacted]") }

func answerFor(s agent.Step) answer {
	switch s := s.(type) {
	case agent.Approve:
		return answer{Approve: &s}
	case agent.Offline:
		return answer{Offline: &s}
	case agent.Done:
		return answer{Done: &s}
	case agent.Refused:
		return answer{Refused: &s}
	}
	r := agent.RefusedFor(errors.New("no step"))
	return answer{Refused: &r}
}

var errAnswer = errors.New("answer is not one that this program knows")

// step is what the answer says. Two things at once are none.
func (a answer) step() (agent.Step, error) {
	var found agent.Step
	n := 0
	if a.Approve != nil {
		found, n = *a.Approve, n+1
	}
	if a.Offline != nil {
		found, n = *a.Offline, n+1
	}
	if a.Done != nil {
		found, n = *a.Done, n+1
	}
	if a.Refused != nil {
		found, n = *a.Refused, n+1
	}
	if n != 1 || a.Status != nil {
		return nil, errAnswer
	}
	return found, nil
}

// writeMessage writes v with its length in two bytes before it.
func writeMessage(w io.Writer, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode message: %w", err)
	}
	if len(b) > maxMessage {
		return fmt.Errorf("message has %d bytes", len(b))
	}
	_, err = w.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...))
	clear(b) // it may hold a code
	return err
}

// readMessage reads one into v, strictly.
func readMessage(r io.Reader, v any) error {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	n := int(binary.BigEndian.Uint16(head[:]))
	if n == 0 || n > maxMessage {
		return fmt.Errorf("message of %d bytes", n)
	}
	b := make([]byte, n)
	defer clear(b)
	if _, err := io.ReadFull(r, b); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	return wire.DecodeCommand(b, v)
}
