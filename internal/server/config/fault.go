package config

import "strings"

// Fault is one thing that is wrong, with what to do about it.
type Fault struct {
	Key   string // issuer, mail.port; empty when the file as a whole is meant
	Wrong string // what is wrong
	Do    string // what to do
}

// String is one line.
func (f Fault) String() string {
	s := f.Wrong + ". " + f.Do + "."
	if f.Key != "" {
		s = f.Key + ": " + s
	}
	return s
}

// Faults is everything that is wrong with a file, as an error.
type Faults []Fault

// Error is one line for each fault.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

func (fs *Faults) add(key, wrong, do string) { *fs = append(*fs, Fault{key, wrong, do}) }
