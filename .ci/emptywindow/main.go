// Command emptywindow shows a window of the toolkit with one word in it. The figures of the app are read beside its: what toolkit, driver and
// libraries of the display take is in both.
package main

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/widget"
)

func main() {
	a := app.NewWithID("org.example.emptywindow")
	w := a.NewWindow("Empty")
	w.Resize(fyne.NewSize(420, 844))
	w.SetContent(widget.NewLabel("empty"))
	a.Lifecycle().SetOnStarted(func() { fmt.Println("page empty") })
	w.ShowAndRun()
}
