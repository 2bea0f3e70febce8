// Package bulk makes registration sessions for a file of users: it reads the rows, keeps in a journal beside the file what is done, so that a run that was
// stopped goes on and makes nothing twice, and says at the end what became of each row. It draws nothing and reads no flags.
package bulk

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"avow/app/avow-admin/sheet"
	"avow/internal/authn"
	"avow/internal/wire"
)

// Row is one user of the file and the session that she is to get.
type Row struct {
	Line    int
	Command wire.AddSession
}

// key is a user's name as it is compared.
func (r Row) key() string { return strings.ToLower(r.Command.UserName) }

// Faults are all that is wrong with a file, a sentence each.
type Faults []string

// Error joins the sentences.
func (f Faults) Error() string { return strings.Join(f, "\n") }

// columns are the names that a file may have, in small letters; what is not among them is passed over.
var columns = []string{"username", "hourstolive", "secondproof", "by", "additional", "replace", "force"}

// Parse reads a file of users. What a row leaves empty is as in the command usual. unused are the columns that nobody reads. Nothing is made of a file that has
// faults: then err is Faults.
func Parse(data []byte, usual wire.AddSession) (rows []Row, unused []string, err error) {
	names, lines, err := sheet.Read(data)
	if err != nil {
		return nil, nil, Faults{err.Error()}
	}
	at := map[string]int{}
	var faults Faults
	for i, name := range names {
		known := strings.ToLower(name)
		switch _, twice := at[known]; {
		case twice:
			faults = append(faults, fmt.Sprintf("the column %s is there twice", name))
		case slices.Contains(columns, known):
			at[known] = i
		case name != "":
			unused = append(unused, name)
		}
	}
	if _, ok := at["username"]; !ok {
		return nil, nil, append(faults, "there is no column UserName in the first line: write UserName above the users' names")
	}
	seen := map[string]int{}
	for _, line := range lines {
		c := cells{line: line.Line, usual: usual}
		for name, i := range at {
			c.set(name, line.Cells[i])
		}
		row := Row{line.Line, c.command()}
		if first, twice := seen[row.key()]; twice && row.key() != "" {
			c.fault("%s stands in line %d already: keep one of the two", row.Command.UserName, first)
		}
		seen[row.key()] = line.Line
		faults = append(faults, c.faults...)
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		faults = append(faults, "there are no users in it")
	}
	if len(faults) > 0 {
		return nil, nil, faults
	}
	return rows, unused, nil
}

// cells is one row while it is read.
type cells struct {
	line   int
	usual  wire.AddSession
	text   map[string]string
	faults Faults
}

func (c *cells) set(name, text string) {
	if c.text == nil {
		c.text = map[string]string{}
	}
	c.text[name] = text
}

func (c *cells) fault(format string, a ...any) {
	c.faults = append(c.faults, fmt.Sprintf("line %d: ", c.line)+fmt.Sprintf(format, a...))
}

func (c *cells) command() wire.AddSession {
	s := c.usual
	s.Sent = true
	if s.UserName = c.text["username"]; s.UserName == "" {
		c.fault("there is no UserName")
	}
	if t := c.text["hourstolive"]; t != "" {
		n, err := strconv.Atoi(t)
		if s.HoursToLive = n; err != nil || n < 1 || n > int(authn.MaxSentLifetime.Hours()) {
			c.fault("HoursToLive %q is not a number from 1 to 72", t)
		}
	}
	if t := strings.ToLower(c.text["secondproof"]); t != "" {
		s.SecondProof = authn.SecondProof(t)
		if !s.SecondProof.Valid() || s.SecondProof == authn.ProofNone {
			c.fault("SecondProof %q is none of password, pin, code", t)
		}
	}
	if t := strings.ToLower(c.text["by"]); t != "" {
		s.Channel = authn.Channel(t)
		if s.Channel != authn.ChannelMail && s.Channel != authn.ChannelText {
			c.fault("By %q is neither mail nor text", t)
		}
		if !s.Notify {
			c.fault("By says how --notify sends the session: give --notify too")
		}
	}
	if c.text["additional"] != "" || c.text["replace"] != "" {
		additional, replace := c.truth("additional", false), c.truth("replace", false)
		switch {
		case additional && replace:
			c.fault("Additional and Replace cannot go together")
		case additional:
			s.Mode = authn.BindAdditional
		case replace:
			s.Mode = authn.BindReplace
		default:
			s.Mode = authn.BindFirst
		}
	}
	s.Force = c.truth("force", s.Force)
	return s
}

func (c *cells) truth(name string, usual bool) bool {
	switch t := strings.ToLower(c.text[name]); t {
	case "":
		return usual
	case "true", "yes", "1", "x":
		return true
	case "false", "no", "0":
		return false
	default:
		c.fault("%q is neither yes nor no", t)
		return false
	}
}
