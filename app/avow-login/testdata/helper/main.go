// Command helper stands for the helper of avow-login and says what it should not: by the name that it was linked to.
package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const user = "anna.lind"

func frame(kind byte, text string) []byte {
	return append([]byte{kind, byte(len(text) >> 8), byte(len(text))}, text...)
}

func say(b ...[]byte) {
	for _, p := range b {
		if _, err := os.Stdout.Write(p); err != nil {
			os.Exit(3)
		}
	}
}

func hear() {
	head := make([]byte, 3)
	for at := 0; at < 3; {
		n, err := os.Stdin.Read(head[at:])
		if err != nil {
			os.Exit(4)
		}
		at += n
	}
	rest := make([]byte, int(head[1])<<8|int(head[2]))
	for at := 0; at < len(rest); {
		n, err := os.Stdin.Read(rest[at:])
		if err != nil {
			os.Exit(4)
		}
		at += n
	}
}

func ok()   { say(frame('O', user)) }
func ask()  { say(frame('Q', "Code: ")); hear() }
func hang() { select {} }
func die()  { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL); hang() }
func shut() { _, _ = syscall.Close(0), syscall.Close(1) }

func forever(what func()) {
	for {
		what()
	}
}

// leave starts a child that goes on; holding has it keep the socket.
func leave(holding bool) {
	cmd := exec.Command("/bin/sleep", "20")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if holding {
		cmd.Stdin, cmd.Stdout = os.Stdin, os.Stdout
	}
	if err := cmd.Start(); err != nil {
		os.Exit(5)
	}
}

func main() {
	exe, err := os.Executable()
	if err != nil {
		os.Exit(2)
	}
	name := filepath.Base(exe)
	if name == "killed-before-start" {
		die()
	}
	if name == "deaf" { // a start of 4 KB waits in the socket
		time.Sleep(50 * time.Millisecond)
		os.Exit(0)
	}
	hear()
	if kind, found := strings.CutPrefix(name, "fail-"); found {
		say(frame('F', strings.TrimPrefix(kind, "none")))
		return
	}
	does[name]()
}

var does = map[string]func(){
	// What is right.
	"ok": ok,
	"ok-after-words": func() {
		say(frame('I', "one"), frame('I', ""), frame('I', strings.Repeat("ö", 255)))
		ask()
		ask()
		ok()
	},
	"ok-in-pieces": func() {
		for _, b := range append(frame('I', "slowly"), frame('O', user)...) {
			say([]byte{b})
			time.Sleep(time.Millisecond)
		}
	},
	"ok-slow-exit": func() { ok(); shut(); time.Sleep(300 * time.Millisecond) },
	"ok-and-child": func() { leave(false); ok() },

	// What is not.
	"nothing":           func() {},
	"exit-1":            func() { os.Exit(1) },
	"garbage":           func() { say([]byte("\xff\x00garbage\n")) },
	"text":              func() { say([]byte("OK\n")) },
	"zeros":             func() { say(make([]byte, 4096)) },
	"half-head":         func() { say([]byte{'O', 0}) },
	"half-ok":           func() { say(frame('O', user)[:7]) },
	"ok-other":          func() { say(frame('O', "root")) },
	"ok-empty":          func() { say(frame('O', "")) },
	"ok-prefix":         func() { say(frame('O', user[:4])) },
	"ok-longer":         func() { say(frame('O', user+"x")) },
	"ok-nul":            func() { say(frame('O', user+"\x00")) },
	"ok-case":           func() { say(frame('O', strings.ToUpper(user))) },
	"ok-lower-case":     func() { say(frame('o', user)) },
	"ok-then-garbage":   func() { ok(); say([]byte{0}) },
	"ok-twice":          func() { ok(); ok() },
	"ok-then-fail":      func() { ok(); say(frame('F', "a")) },
	"ok-then-info":      func() { ok(); say(frame('I', "welcome")) },
	"ok-exit-1":         func() { ok(); os.Exit(1) },
	"ok-exit-255":       func() { ok(); os.Exit(255) },
	"ok-stays":          func() { ok(); hang() },
	"ok-shut-stays":     func() { ok(); shut(); hang() },
	"ok-stops":          func() { ok(); _ = syscall.Kill(os.Getpid(), syscall.SIGSTOP); hang() },
	"ok-killed":         func() { ok(); die() },
	"ok-terminated":     func() { ok(); shut(); _ = syscall.Kill(os.Getpid(), syscall.SIGALRM); hang() },
	"ok-child-holds":    func() { leave(true); ok() },
	"after-fail":        func() { say(frame('F', "a")); ok() },
	"huge":              func() { say(frame('I', strings.Repeat("x", 512))); ok() },
	"negative":          func() { say([]byte{'I', 0xff, 0xff}); say([]byte(strings.Repeat("x", 65535))); ok() },
	"sign-bit":          func() { say([]byte{'O', 0x80, 9}); say([]byte(user)) },
	"nul-in-text":       func() { say(frame('I', "a\x00b")); ok() },
	"start-back":        func() { say(frame('S', user)); ok() },
	"answer-back":       func() { say(frame('A', user)); ok() },
	"unknown-type":      func() { say(frame('X', user)); ok() },
	"killed-at-start":   die,
	"killed-after-info": func() { say(frame('I', "one")); die() },
	"killed-at-ask":     func() { say(frame('Q', "Code: ")); die() },
	"killed-at-answer":  func() { ask(); die() },
	"killed-in-info":    func() { say(frame('I', "one")[:4]); die() },
	"killed-in-ok":      func() { say(frame('O', user)[:11]); die() },
	"closes":            func() { shut(); hang() },
	"closes-after-ask":  func() { ask(); shut(); hang() },
	"hangs":             hang,
	"hangs-after-info":  func() { say(frame('I', "one")); hang() },
	"hangs-in-frame":    func() { say([]byte{'O', 0}); hang() },
	"stops":             func() { _ = syscall.Kill(os.Getpid(), syscall.SIGSTOP); hang() },
	"info-flood":        func() { forever(func() { say(frame('I', "x")) }) },
	"ask-flood":         func() { forever(ask) },
	"drips": func() {
		forever(func() { say([]byte{'I', 0, 1, 'x'}); time.Sleep(100 * time.Millisecond) })
	},
}
