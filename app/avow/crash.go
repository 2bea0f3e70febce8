package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"avow/internal/atomicfile"
	"avow/internal/authn"
	"avow/internal/phone/debuglog"
	"avow/internal/ui/model"
)

// crashName is the file that keeps why the app broke, until the next start puts it into the debug log.
const crashName = "crash.json"

// broke keeps what a panic said and returns a sentence for people.
func (o options) broke(p any) string {
	const what = "Avow broke and had to stop; nothing was lost. Start it again"
	c := debuglog.Crashed(p, version, time.Now())
	text, err := json.MarshalIndent(c, "", "  ")
	if err == nil {
		err = atomicfile.Write(filepath.Join(o.dir, crashName), text)
	}
	if err != nil {
		return what + ". What happened could not be stored:\n" + string(text)
	}
	return what + ", and look at Settings, Debug log, for what happened."
}

// recall moves the note of the last crash to the debug log, and reports whether there was one.
func (o options) recall(log *model.LogBook) (broken bool) {
	file := filepath.Join(o.dir, crashName)
	data, err := os.ReadFile(file)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			log.Note("the note of a crash can't be read", err)
		}
		return false
	}
	var c debuglog.Crash
	if err := json.Unmarshal(data, &c); err != nil { // of an older version
		log.Note("the app broke the last time", err)
	} else {
		log.Crash("the app broke the last time", c)
	}
	if err := os.Remove(file); err != nil {
		log.Note("the note of a crash can't be removed", err)
	}
	return true
}

// guarded runs background work; if that breaks, the app goes on and notes it.
func guarded(log *model.LogBook, f func()) {
	defer func() {
		if p := recover(); p != nil {
			log.Crash("background work broke", debuglog.Crashed(p, version, time.Now()))
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
