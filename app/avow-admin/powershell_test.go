package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const moduleDir = "../../docs/powershell"

// The files in docs/powershell are what "avow-admin powershell" writes; make them again after a change of the commands.
func TestPowerShellModule(t *testing.T) {
	dir := t.TempDir()
	var out bytes.Buffer
	if code := run(t.Context(), []string{"powershell", "--out", dir}, &out, &out); code != 0 {
		t.Fatalf("exit code %d: %s", code, out.String())
	}
	for _, name := range []string{"Avow.psm1", "Avow.psd1"} {
		want, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(moduleDir, name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the commands make of it (%v): go run ./app/avow-admin powershell --out docs/powershell", name, err)
		}
		if err := balanced(string(want)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The module has the functions, and each parameter, that scripts of other products expect; what is exported is what is there.
func TestPowerShellFunctions(t *testing.T) {
	files, err := module(commands())
	if err != nil {
		t.Fatal(err)
	}
	text, manifest := string(files["Avow.psm1"]), string(files["Avow.psd1"])
	for name, parameters := range map[string]string{
		"Add-AvowRegistrationSession":       "Username HoursToLive TriggerNotification Channel SecondProof Additional Replace Force SecondAdministrator Reason CredentialFile",
		"Get-AvowRegistrationSession":       "Username CredentialFile",
		"Remove-AvowRegistrationSession":    "Username Reason CredentialFile",
		"Send-AvowRegistrationNotification": "Username Channel Reason CredentialFile",
	} {
		_, body, ok := strings.Cut(text, "\nfunction "+name+" {\n")
		body, _, _ = strings.Cut(body, "\n}\n")
		_, declared, _ := strings.Cut(body, "    param(\n")
		declared, _, _ = strings.Cut(declared, "\n    )\n")
		var got []string
		for _, m := range regexp.MustCompile(`\[(?:string|int|switch)\] \$(\w+)`).FindAllStringSubmatch(declared, -1) {
			got = append(got, m[1])
		}
		if !ok || !slices.Equal(got, strings.Fields(parameters)) {
			t.Errorf("%s has %v, want %s", name, got, parameters)
		}
		for _, p := range got {
			if !strings.Contains(body, ".PARAMETER "+p+"\n") || strings.Count(body, "$"+p) < 2 {
				t.Errorf("%s: -%s has no help, or no use", name, p)
			}
		}
		exported := text[strings.LastIndex(text, "Export-ModuleMember"):]
		if !strings.Contains(exported, "'"+name+"'") || !strings.Contains(manifest, "'"+name+"'") {
			t.Errorf("%s is not exported", name)
		}
	}
	if strings.Contains(text, "Invoke-Expression") {
		t.Error("text is run as a program")
	}
	if m := regexp.MustCompile(`SupportsShouldProcess`).FindAllString(text, -1); len(m) != 1 || !strings.Contains(text, "$PSCmdlet.ShouldProcess($Username") {
		t.Errorf("%d functions ask first, want Remove alone", len(m))
	}
}

// A flag that no parameter stands for, and a parameter whose flag is gone, are told.
func TestPowerShellFollowsFlags(t *testing.T) {
	root := commands()
	cmd, _, err := root.Find([]string{"session", "notify"})
	if err != nil {
		t.Fatal(err)
	}
	cmd.Flags().Bool("loudly", false, "x")
	if _, err := module(root); err == nil || !strings.Contains(err.Error(), "no parameter stands for --loudly") {
		t.Errorf("a new flag: %v", err)
	}
	root = commands()
	session, _, err := root.Find([]string{"session"})
	if err != nil {
		t.Fatal(err)
	}
	cmd, _, _ = root.Find([]string{"session", "notify"})
	session.RemoveCommand(cmd)
	if _, err := module(root); err == nil || !strings.Contains(err.Error(), "no command session notify") {
		t.Errorf("no command: %v", err)
	}
}

// balanced reads PowerShell as far as brackets go: outside comments and strings each one that opens is closed by its like.
func balanced(text string) error {
	closes := map[byte]byte{')': '(', ']': '[', '}': '{'}
	var open []byte
	for i := 0; i < len(text); i++ {
		rest := text[i:]
		skip := func(length int, end string) error {
			n := strings.Index(rest[length:], end)
			if n < 0 {
				return fmt.Errorf("%.20q has no end", rest)
			}
			i += length + n + len(end) - 1
			return nil
		}
		var err error
		switch c := text[i]; {
		case strings.HasPrefix(rest, "<#"):
			err = skip(2, "#>")
		case c == '#':
			err = skip(1, "\n")
		case c == '\'', c == '"':
			err = skip(1, string(c)) // a doubled one begins the next string, which is the same to us
			if err == nil && strings.Contains(text[len(text)-len(rest):i], "\n") {
				err = fmt.Errorf("the string %.40q goes over a line", rest)
			}
		case strings.IndexByte("([{", c) >= 0:
			open = append(open, c)
		case closes[c] != 0:
			if len(open) == 0 || open[len(open)-1] != closes[c] {
				return fmt.Errorf("%c closes nothing before %.40q", c, rest)
			}
			open = open[:len(open)-1]
		}
		if err != nil {
			return err
		}
	}
	if len(open) > 0 {
		return fmt.Errorf("%q is open at the end", open)
	}
	return nil
}

// The reader of brackets finds what is wrong.
func TestBalanced(t *testing.T) {
	for text, ok := range map[string]bool{
		"f { $a['x)'] } # )\n": true, "'it''s'": true, "<# ( #>": true,
		"f {": false, "(}": false, "'it's\n'": false, ")": false, "\"a": false,
	} {
		if err := balanced(text); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}
