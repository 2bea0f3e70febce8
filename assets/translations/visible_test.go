package translations

import (
	"go/ast"
	goparser "go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// shows are the parts of the tree that put words before people: what they show comes from the files here.
var shows = []string{
	"internal/ui", "app/avow", "app/avow-simulator/desk", "app/avow-simulator/windows", "assets/web", "assets/mail", "internal/server/portal", "internal/computer/console",
}

// notShown are calls whose texts nobody sees but who reads a log or a program's error, and those that name things for programs.
var notShown = regexp.MustCompile(`^(note|fmt\.(Errorf|Fprintf|Fprintln|Fprint|Print\w*)|errors\.New|panic|slog\.\w+|regexp\.\w+|template\.\w+|flag\.\w+|fs\.\w+|authn\.Fail)$` +
	`|\.(note|DebugContext|InfoContext|WarnContext|ErrorContext|Debug|Info|Warn|Error|Note|Errorf|Fatal|Fatalf|String|Var|BoolVar|StringVar)$`)

// words are two words one after the other, or one that begins a label.
var (
	twoWords = regexp.MustCompile(`\p{L}{2,}[,.]? \p{L}{2,}`)
	label    = regexp.MustCompile(`^\p{Lu}\p{Ll}{2,}$`)
)

// allowedFiles have words all the same, each for a reason.
var allowedFiles = map[string]string{
	"app/avow/crash.go":                     "goes to the terminal when the app broke: which language it had is not known any more",
	"app/avow-simulator/windows/windows.go": "names that the simulator gives to its people and phones",
	"assets/web/fields.go":                  "names of values in the templates",
	"assets/mail/registration.html":         "markup around the placeholders of a template; its words are among the texts of letters",
	"internal/server/portal/page/agent.go":  "names of browsers and systems",
	"internal/ui/model/codes_icons.go":      "names of services, by which an icon is found",
}

// allowedWords too.
var allowedWords = map[string]string{
	"avow-login enroll": "a command as it is typed",
	"correct horse":     "a password of the simulator",
}

// notWords are literals for programs: markup, headers, names of keys, flags of a command line, and reasons in the audit log, which is English as avow-admin is.
var notWords = regexp.MustCompile(`^<span |^default-src |^public, max-age|^: still here|^(Vary|Accept-Language, Cookie)$|^(connect|sign-in) (cookie|form)$` +
	`|on (the pages?|her own page)$|by two backup codes$|says her own page$|^a test to herself$|^first owner$|^simulator: |^print (the version|each page)`)

// TestNoWordsInCode looks for words in the code of what people see. A literal counts if it is two words, or one with a capital; what goes into errors,
// logs and programs does not.
func TestNoWordsInCode(t *testing.T) {
	root := filepath.Join("..", "..")
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Skip("the tree is not here: the test was built elsewhere")
	}
	named, used := map[string]bool{}, map[string]bool{}
	for _, part := range parts(t) {
		for _, f := range texts(t, part, "en") {
			for _, p := range placeholders(f) {
				named[strings.Trim(p, "{.}")] = true
			}
		}
	}
	seen := 0
	for _, dir := range shows {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			name := filepath.ToSlash(strings.TrimPrefix(path, root+string(filepath.Separator)))
			switch {
			case err != nil:
				return err
			case allowedFiles[name] != "":
				used[name] = true
				return nil
			case d.IsDir() && (d.Name() == "modeltest" || d.Name() == "webtest" || d.Name() == "testdata"):
				return fs.SkipDir // samples
			case strings.HasSuffix(path, ".html"):
				seen++
				return wordsOfPage(t, path, used)
			case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			seen++
			return wordsOfFile(t, path, named, used)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen < 100 {
		t.Errorf("only %d files were looked at", seen)
	}
	for _, allowed := range []map[string]string{allowedFiles, allowedWords} {
		for what := range allowed {
			if !used[what] {
				t.Errorf("%q is allowed and stands nowhere", what)
			}
		}
	}
}

func wordsOfFile(t *testing.T, path string, named, used map[string]bool) error {
	set := token.NewFileSet()
	file, err := goparser.ParseFile(set, path, nil, goparser.SkipObjectResolution)
	if err != nil {
		return err
	}
	skip, drawn := map[ast.Node]bool{}, map[ast.Node]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Field:
			if n.Tag != nil {
				skip[n.Tag] = true
			}
		case *ast.CallExpr:
			if name := nameOf(n.Fun); strings.HasPrefix(name, "w.") || strings.HasPrefix(name, "widgets.") {
				for _, a := range n.Args {
					drawn[a] = true
				}
			}
			if notShown.MatchString(nameOf(n.Fun)) {
				for _, a := range n.Args {
					if l, ok := a.(*ast.BasicLit); ok {
						skip[l] = true
					}
				}
			}
		case *ast.BasicLit:
			if n.Kind != token.STRING || skip[n] {
				return true
			}
			text, err := strconv.Unquote(n.Value)
			if err != nil || !twoWords.MatchString(text) && !label.MatchString(text) || notWords.MatchString(text) {
				return true
			}
			if named[text] && !drawn[n] {
				return true // the name of a value in a text
			}
			if allowedWords[text] != "" {
				used[text] = true
				return true
			}
			t.Errorf("%s: %q stands in code: put it into a file of texts, or give a reason in allowedWords", set.Position(n.Pos()), text)
		}
		return true
	})
	return nil
}

// nameOf is a call's function as it is written: fmt.Errorf, .Note.
func nameOf(f ast.Expr) string {
	switch f := f.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok {
			return x.Name + "." + f.Sel.Name
		}
		return "." + f.Sel.Name
	}
	return ""
}

// notText is what is no text in a page; "said" holds the attributes of a field.
var (
	notText = regexp.MustCompile(`(?s)\{\{define "said"\}\}[^\n]*|\{\{.*?\}\}|<(script|style|svg).*?</(script|style|svg)>|<[^>]*>|<!--.*?-->|&\w+;`)
	// What people hear or see without being text between tags.
	spoken = regexp.MustCompile(`(?:alt|title|placeholder|aria-label)="([^"{]*\p{L}[^"{]*)"`)
	letter = regexp.MustCompile(`\p{L}+`)
)

// wordsOfPage looks at what stands between the tags of a page.
func wordsOfPage(t *testing.T, path string, used map[string]bool) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for _, found := range letter.FindAllString(notText.ReplaceAllString(string(b), " "), -1) {
		if allowedWords[found] == "" {
			t.Errorf("%s: %q stands between the tags", path, found)
		}
		used[found] = true
	}
	for _, m := range spoken.FindAllStringSubmatch(notText.ReplaceAllString(string(b), "$0"), -1) {
		t.Errorf("%s: %q is spoken", path, m[1])
	}
	return nil
}
