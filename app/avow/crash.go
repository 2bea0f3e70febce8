package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"avow/internal/atomicfile"
	"avow/internal/authn"
	"avow/internal/ui/model"
)

// crashName is the file that keeps why the app broke, until the next start puts it into the debug log.
const crashName = "crash.txt"

// broke keeps what a panic said and returns a sentence for people.
func (o options) broke(p any) string {
	const what = "Avow broke and had to stop; nothing was lost. Start it again"
	text := fmt.Sprintf("%s avow %s\n%v\n%s", time.Now().UTC().Format(time.RFC3339), version, p, debug.Stack())
	if err := atomicfile.Write(filepath.Join(o.dir, crashName), []byte(text)); err != nil {
		return what + ". What happened could not be stored:\n" + text
	}
	return what + ", and look at Settings, Debug log, for what happened."
}

// recall moves the note of the last crash to the debug log.
func (o options) recall(log *model.LogBook) {
	file := filepath.Join(o.dir, crashName)
	data, err := os.ReadFile(file)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			log.Note("the note of a crash can't be read", err)
		}
		return
	}
	log.Note("the app broke the last time", errors.New(string(data)))
	if err := os.Remove(file); err != nil {
		log.Note("the note of a crash can't be removed", err)
	}
}

// guarded runs background work; if that breaks, the app goes on and notes it.
func guarded(log *model.LogBook, f func()) {
	defer func() {
		if p := recover(); p != nil {
			log.Note("background work broke", fmt.Errorf("%v\n%s", p, debug.Stack()))
		}
	}()
	f()
}

// sentence is what a person reads of an error, with the code for the service desk.
func sentence(err error) string {
	var e *authn.Error
	if errors.As(err, &e) {
		return e.Message + " [" + model.ShortCode(e.Code) + "]"
	}
	return err.Error()
}
