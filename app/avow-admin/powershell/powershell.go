// Package powershell writes a PowerShell module around avow-admin: functions of the shape that other products' scripts use, which run the program with --json and
// give objects. What they say in their help, and which flags there are, comes from the commands themselves; a test finds flags that no parameter has.
package powershell

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"
	"text/template"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// ExitCode is an exit code of the program with PowerShell's category for it.
type ExitCode struct {
	Code     int
	Category string
}

// Files are the two files of the module by name.
type Files map[string][]byte

// function is one function of the module.
type function struct {
	Name       string
	Command    []string
	Should     bool     // -WhatIf and -Confirm
	Unused     []string // flags that mean nothing to this command
	Parameters []parameter
	Examples   []string

	Synopsis    string
	Description string
}

// parameter is one parameter, and the flag that it stands for.
type parameter struct {
	Name      string
	Flag      string // "" for the user, who is an argument
	Type      string
	Mandatory bool
	Set       []string // the words there are
	Help      string
}

// unused are flags that scripts have no use for: the module reads JSON, and makes many sessions by its pipeline.
var unused = []string{"json", "csv", "table", "qr", "from", "report", "help"}

func user(mandatory bool) parameter {
	return parameter{Name: "Username", Type: "string", Mandatory: mandatory, Help: "The user's name, as it is typed to sign in. Objects with a property Username, Login or SamAccountName give it by the pipeline."}
}

var common = []parameter{{Name: "Reason", Flag: "reason", Type: "string"}, {Name: "CredentialFile", Flag: "credential", Type: "string"}}

// functions are the module.
func functions() []function {
	by := parameter{Name: "Channel", Flag: "by", Type: "string", Set: []string{"mail", "text"}}
	return []function{
		{
			Name: "Add-AvowRegistrationSession", Command: []string{"session", "add"},
			Parameters: append([]parameter{
				user(true),
				{Name: "HoursToLive", Flag: "hours-to-live", Type: "int"},
				{Name: "TriggerNotification", Flag: "notify", Type: "switch"},
				by,
				{Name: "SecondProof", Flag: "second-proof", Type: "string", Set: []string{"password", "pin", "code"}},
				{Name: "Additional", Flag: "additional", Type: "switch"},
				{Name: "Replace", Flag: "replace", Type: "switch"},
				{Name: "Force", Flag: "force", Type: "switch"},
				{Name: "SecondAdministrator", Flag: "second", Type: "string"},
			}, common...),
			Examples: []string{
				"Add-AvowRegistrationSession -Username user1 -HoursToLive 8 -TriggerNotification -Force",
				"Get-ADGroupMember Sales | Add-AvowRegistrationSession -HoursToLive 48 -TriggerNotification | Export-Csv sessions.csv",
			},
		},
		{
			Name: "Get-AvowRegistrationSession", Command: []string{"session", "get"}, Parameters: append([]parameter{user(false)}, common[1:]...), Unused: []string{"reason"},
			Examples: []string{"Get-AvowRegistrationSession -Username user1", "Get-AvowRegistrationSession | Where-Object Status -eq 'active'"},
		},
		{
			Name: "Remove-AvowRegistrationSession", Command: []string{"session", "remove"}, Should: true,
			Parameters: append([]parameter{user(true), {Name: "Reason", Flag: "reason", Type: "string", Mandatory: true}}, common[1:]...),
			Examples:   []string{"Remove-AvowRegistrationSession -Username user1 -Reason 'wrong person'"},
		},
		{
			Name: "Send-AvowRegistrationNotification", Command: []string{"session", "notify"}, Parameters: append([]parameter{user(true), by}, common...),
			Examples: []string{"Send-AvowRegistrationNotification -Username user1"},
		},
	}
}

// Declaration is how a function declares the parameter.
func (p parameter) Declaration() string {
	var lines []string
	attribute := ""
	if p.Name == "Username" {
		attribute = "Position = 0, ValueFromPipelineByPropertyName"
	}
	if p.Mandatory {
		attribute = strings.TrimSuffix("Mandatory, "+attribute, ", ")
	}
	if attribute != "" {
		lines = append(lines, "[Parameter("+attribute+")]")
	}
	switch {
	case p.Name == "Username":
		lines = append(lines, "[Alias('Login', 'SamAccountName')]", "[ValidateNotNullOrEmpty()]")
	case p.Name == "HoursToLive":
		lines = append(lines, "[ValidateRange(1, 72)]")
	case len(p.Set) > 0:
		lines = append(lines, "[ValidateSet("+quoted(p.Set)+")]")
	}
	return strings.Join(append(lines, "["+p.Type+"] $"+p.Name), "\n        ")
}

//go:embed module.psm1.tmpl
var moduleText string

//go:embed module.psd1.tmpl
var manifestText string

// Make makes the module from the program's root command. fields are the names of a session's record, those in times are times. It fails when a command has no
// flag that a parameter stands for, or one that no parameter has.
func Make(root *cobra.Command, fields, times []string, codes []ExitCode) (Files, error) {
	all := functions()
	var names []string
	for i := range all {
		if err := all[i].fill(root); err != nil {
			return nil, err
		}
		names = append(names, all[i].Name)
	}
	data := map[string]any{
		"Functions": all, "Names": names, "Times": times, "ExitCodes": codes,
		"Outputs": strings.Join(fields, ", ") + "; of a new session also Link, Page and PIN where there is one.",
	}
	files := Files{}
	for name, text := range map[string]string{"Avow.psm1": moduleText, "Avow.psd1": manifestText} {
		t, err := template.New(name).Funcs(template.FuncMap{"quoted": quoted, "quote": quote, "indent": indent}).Parse(text)
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		if err := t.Execute(&b, data); err != nil {
			return nil, err
		}
		files[name] = b.Bytes()
	}
	return files, nil
}

// fill takes the words from the command, and holds the parameters against its flags.
func (f *function) fill(root *cobra.Command) error {
	cmd, rest, err := root.Find(f.Command)
	if err != nil || len(rest) > 0 {
		return fmt.Errorf("%s: there is no command %s", f.Name, strings.Join(f.Command, " "))
	}
	f.Synopsis = cmd.Short + "."
	long, _, _ := strings.Cut(cmd.Long, "\nExit codes:")
	if f.Description = f.words(long); f.Description == "" {
		f.Description = f.Synopsis
	}
	open := map[string]bool{}
	for _, set := range []*pflag.FlagSet{cmd.Flags(), cmd.InheritedFlags()} {
		set.VisitAll(func(flag *pflag.Flag) { open[flag.Name] = true })
	}
	for i, p := range f.Parameters {
		if p.Flag == "" {
			continue
		}
		flag := cmd.Flag(p.Flag)
		if flag == nil {
			return fmt.Errorf("%s: %s has no flag --%s", f.Name, cmd.CommandPath(), p.Flag)
		}
		delete(open, p.Flag)
		if kind := flag.Value.Type(); kind != map[string]string{"switch": "bool", "int": "int"}[p.Type] && kind != strings.Join(p.Set, "|") && p.Type != kind {
			return fmt.Errorf("%s: -%s is a %s and --%s a %s", f.Name, p.Name, p.Type, p.Flag, kind)
		}
		f.Parameters[i].Help = f.words(strings.ToUpper(flag.Usage[:1]) + flag.Usage[1:] + ".")
	}
	for _, name := range append(f.Unused, unused...) {
		delete(open, name)
	}
	for name := range open {
		return fmt.Errorf("%s: no parameter stands for --%s of %s", f.Name, name, cmd.CommandPath())
	}
	return nil
}

// words are those of the command's help with parameters in place of flags, without the paragraphs on flags that nobody has here.
func (f *function) words(text string) string {
	var kept []string
	for paragraph := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		for _, p := range f.Parameters {
			if p.Flag != "" {
				paragraph = strings.ReplaceAll(paragraph, "--"+p.Flag, "-"+p.Name)
			}
		}
		if !strings.Contains(paragraph, "--") {
			kept = append(kept, paragraph)
		}
	}
	return strings.Join(kept, "\n\n")
}

func quote(word string) string { return quoted([]string{word}) }

// quoted are words as PowerShell writes them literally.
func quoted(words []string) string {
	var out []string
	for _, w := range words {
		out = append(out, "'"+strings.ReplaceAll(w, "'", "''")+"'")
	}
	return strings.Join(out, ", ")
}

func indent(text string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		b.WriteString(strings.TrimRight("    "+line, " ") + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}
