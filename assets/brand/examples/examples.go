// Package examples holds two brands that nobody has, for tests, pictures and docs/branding.md. No product code uses it.
package examples

import (
	"embed"
	"path"

	"avow/assets/brand"
)

//go:embed harbour/brand.toml clinic/brand.toml
var files embed.FS

// Names are the folders of the examples.
var Names = []string{"harbour", "clinic"}

// Brand reads one of them. It panics for a name that is not among Names, or a file that is wrong.
func Brand(name string) brand.Brand {
	data, err := files.ReadFile(path.Join(name, "brand.toml"))
	if err != nil {
		panic(err)
	}
	b, err := brand.Parse(data)
	if err != nil {
		panic(err)
	}
	return b
}
