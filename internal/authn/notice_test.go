package authn

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReactions: what a person can do about a notice; a kind that only administrators get has none.
func TestReactions(t *testing.T) {
	for kind, want := range map[NoticeKind]Reaction{
		NoticeRestoreStarted: ReactionBlockRestore, NoticeRestoreHeld: ReactionBlockRestore, NoticeRestoreFinished: ReactionBlockDevice,
		NoticeDeviceRegistered: ReactionBlockDevice, NoticeNotMe: ReactionNone, NoticeCheckpoint: ReactionNone, "new": ReactionNone,
	} {
		if got := kind.Reaction(); got != want {
			t.Errorf("%s: %q, want %q", kind, got, want)
		}
	}
}

// TestEverybodyIsTold: each kind has a rule, and somebody is told of it; who can react is a user.
func TestEverybodyIsTold(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "notice.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	ast.Inspect(f, func(node ast.Node) bool {
		v, ok := node.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if id, ok := v.Type.(*ast.Ident); ok && id.Name == "NoticeKind" {
			n++
			kind := NoticeKind(strings.Trim(v.Values[0].(*ast.BasicLit).Value, `"`))
			if r := kind.Rule(); !r.User && !r.Admins || r.Reaction != ReactionNone && !r.User {
				t.Errorf("%s: %+v", kind, r)
			}
		}
		return true
	})
	if n != len(noticeRules) {
		t.Errorf("%d kinds, %d rules", n, len(noticeRules))
	}
}

// TestNoticesAreDocumented compares the table of docs/notices.md with the rules.
func TestNoticesAreDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "notices.md"))
	if err != nil {
		t.Skip("the documents are not here: the test was built elsewhere")
	}
	got := map[NoticeKind]NoticeRule{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) != 7 || !strings.HasPrefix(cells[1], " `") {
			continue
		}
		rule := NoticeRule{User: strings.TrimSpace(cells[3]) == "yes", Admins: strings.TrimSpace(cells[4]) == "yes"}
		switch strings.TrimSpace(cells[5]) {
		case "":
		case "block the phone":
			rule.Reaction = ReactionBlockDevice
		case "block the restore":
			rule.Reaction = ReactionBlockRestore
		default:
			t.Errorf("%q is no reaction", cells[5])
		}
		got[NoticeKind(strings.Trim(cells[1], " `"))] = rule
	}
	if diff := cmp.Diff(noticeRules, got); diff != "" {
		t.Error(diff)
	}
}
