// Package look holds the look of Avow as data: the design tokens and the mark.
// It is not the look in code: internal/ui/style and the server's pages turn
// the tokens into colors and sizes, and prove by test that they agree.
// The tokens follow no outside standard; their contrast pairs follow WCAG 2.2 AA.
package look

import _ "embed"

// Tokens is tokens.json: every color, size, space, radius, stroke and duration,
// with the contrast pairs that must hold.
//
//go:embed tokens.json
var Tokens []byte

// MarkFingers and MarkCheck are the two parts of the mark as SVG on one view
// box, to be laid on each other: the raised fingers, and the check which is
// also thumb and wrist. They are apart so that each can have its own color.
var (
	//go:embed mark-fingers.svg
	MarkFingers []byte
	//go:embed mark-check.svg
	MarkCheck []byte
)
