// Package icons holds Avow's own icons as SVG, one file an icon, drawn on a
// 24-px grid as fills so that a color can be given to them: regular, bold for
// buttons (name-bold) and filled for status and the active tab (name-fill), and
// the app's own icon. It knows no toolkit: internal/ui/widgets makes resources
// of them. The files come from the program in draw; do not edit them by hand.
package icons

import "embed"

//go:generate go run ./draw svg

// Name names an icon; its file is the name with .svg.
type Name string

// Bold is the icon in a bolder line, for the inside of a button.
func (n Name) Bold() Name { return n + "-bold" }

// Fill is the icon as an area, for status and the active tab. Only the icons
// listed with the constants as filled have it.
func (n Name) Fill() Name { return n + "-fill" }

//go:embed svg/*.svg
var files embed.FS

//go:embed app/icon-192.png
var app192 []byte

//go:embed app/icon-1024.png
var app1024 []byte

// SVG returns the file of an icon. It panics on a name that is not in the set:
// names are constants, so that is a mistake in the program.
func SVG(n Name) []byte {
	b, err := files.ReadFile("svg/" + string(n) + ".svg")
	if err != nil {
		panic("icons: no icon " + string(n))
	}
	return b
}

// App returns the icon of the app as PNG, 192 or 1024 px wide: the smaller one
// that is at least as wide as asked.
func App(width int) []byte {
	if width <= 192 {
		return app192
	}
	return app1024
}
