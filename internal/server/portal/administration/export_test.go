package administration

import "avow/internal/server/portal/page"

// Patterns are the routes, for a test that knows each.
func Patterns() (out []string) {
	for pattern := range New(Config{Pages: &page.Set{}}).routes() {
		out = append(out, pattern)
	}
	return out
}

// Actions are those that the log offers as a choice.
var Actions = actions

// Harmless keeps a cell from being a formula.
var Harmless = harmless
