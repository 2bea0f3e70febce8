package main

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// frame is one between module and helper.
func frame(kind byte, text string) string {
	return string(binary.BigEndian.AppendUint16([]byte{kind}, uint16(len(text)))) + text
}

// message is one between helper and daemon.
func message(text string) string {
	return string(binary.BigEndian.AppendUint16(nil, uint16(len(text)))) + text
}

const (
	started  = "version=1\x00user=anna\x00service=sudo\x00"
	approve  = `{"approve":{"computer":"LAPTOP-42","match":"number","number":"482913","qr":"","left":60000000000}}`
	offline  = `{"offline":{"computer":"LAPTOP-42","prefix":"26","left":60000000000,"why":"server"}}`
	letIn    = `{"done":{"login":"anna","how":"approved"}}`
	noToThat = `{"refused":{"kind":"forbidden","code":"access_denied","text":"No."}}`
)

// daemon answers each request with the next of some texts, as they are, and ends then.
func daemon(t *testing.T, answers ...string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "avow") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "s")
	l, err := net.Listen("unix", name)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() { _ = l.Close(); <-ended; _ = os.RemoveAll(dir) })
	go func() {
		defer close(ended)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		for _, text := range answers {
			var head [2]byte
			if _, err := io.ReadFull(c, head[:]); err != nil {
				return
			}
			if _, err := io.CopyN(io.Discard, c, int64(binary.BigEndian.Uint16(head[:]))); err != nil {
				return
			}
			if text == silent {
				_, _ = io.Copy(io.Discard, c)
				return
			}
			_, _ = io.WriteString(c, text)
		}
	}()
	return name
}

// silent is a daemon that hears and says nothing more.
const silent = "\x00silent"

// of all that can go wrong between module, helper and daemon, nothing lets in. Reason is what the module is told.
func TestHelperFailsClosed(t *testing.T) {
	enter := frame('A', "")
	for name, c := range map[string]struct {
		answers []string // of the daemon
		module  string   // what the module says
		reason  string   // 'F' and why; "" for a module that hears nothing more
	}{
		"daemon ends at once":                   {nil, frame('S', started), "u"},
		"daemon ends at the question":           {[]string{message(approve)}, frame('S', started) + enter, "u"},
		"daemon ends at the code":               {[]string{message(offline)}, frame('S', started) + frame('A', "26 034S ZKZJ"), "u"},
		"daemon ends in its word":               {[]string{message(letIn)[:20]}, frame('S', started), "u"},
		"broken JSON":                           {[]string{message(`{"done":`)}, frame('S', started), "u"},
		"JSON that is cut":                      {[]string{message(approve), message(letIn[:len(letIn)-1])}, frame('S', started) + enter, "u"},
		"oversized":                             {[]string{"\xff\xff" + strings.Repeat(" ", 0xffff)}, frame('S', started), "u"},
		"empty message":                         {[]string{message(``)}, frame('S', started), "u"},
		"empty answer":                          {[]string{message(`{}`)}, frame('S', started), "u"},
		"done and refused at once":              {[]string{message(`{"done":{"login":"anna","how":"approved"},"refused":{"kind":"forbidden","code":"a","text":"b"}}`)}, frame('S', started), "u"},
		"done of a later version":               {[]string{message(`{"done":{"login":"anna","how":"approved","if":"root"}}`)}, frame('S', started), "u"},
		"done for another":                      {[]string{message(`{"done":{"login":"root","how":"approved"}}`)}, frame('S', started), "a"},
		"done for another spelling":             {[]string{message(`{"done":{"login":"Anna","how":"approved"}}`)}, frame('S', started), "a"},
		"done for nobody":                       {[]string{message(`{"done":{"login":"","how":"approved"}}`)}, frame('S', started), "a"},
		"done for another after the question":   {[]string{message(approve), message(`{"done":{"login":"bob","how":"approved"}}`)}, frame('S', started) + enter, "a"},
		"another version":                       {[]string{message(`{"refused":{"kind":"invalid","code":"bad_request","text":"Another version."}}`)}, frame('S', started), "a"},
		"denied":                                {[]string{message(approve), message(noToThat)}, frame('S', started) + enter, "a"},
		"denied, and done behind it":            {[]string{message(approve), message(noToThat) + message(letIn)}, frame('S', started) + enter, "a"},
		"unknown user":                          {[]string{message(`{"refused":{"kind":"not_found","code":"unknown_user_id","text":"Nobody."}}`)}, frame('S', started), "a"},
		"machine damaged":                       {[]string{message(`{"refused":{"kind":"internal","code":"state_damaged","text":"Damaged."}}`)}, frame('S', started), "a"},
		"disk full":                             {[]string{message(offline), message(`{"refused":{"kind":"unavailable","code":"state_not_written","text":"Full."}}`)}, frame('S', started) + frame('A', "26 034S ZKZJ"), "u"},
		"too many wrong codes":                  {[]string{message(`{"refused":{"kind":"forbidden","code":"offline_locked","text":"Too many."}}`)}, frame('S', started), "m"},
		"wait":                                  {[]string{message(`{"refused":{"kind":"too_many","code":"offline_wait","text":"Wait.","after":60000000000}}`)}, frame('S', started), "m"},
		"server gone and no codes":              {[]string{message(`{"refused":{"kind":"unavailable","code":"server_unreachable","text":"Gone."}}`)}, frame('S', started), "u"},
		"module ends before its start":          {[]string{message(letIn)}, "", "c"},
		"module ends in its start":              {[]string{message(letIn)}, frame('S', started)[:10], "c"},
		"module ends at the question":           {[]string{message(approve), message(letIn)}, frame('S', started), "c"},
		"module ends in its answer":             {[]string{message(approve), message(letIn)}, frame('S', started) + "A\x00\x05a", "c"},
		"module says what it must not":          {[]string{message(approve), message(letIn)}, frame('S', started) + frame('O', "anna"), "c"},
		"module answers more than PAM can":      {[]string{message(approve), message(letIn)}, frame('S', started) + frame('A', strings.Repeat("a", 512)), "c"},
		"start without a user":                  {[]string{message(letIn)}, frame('S', "version=1\x00"), "c"},
		"start of another version":              {[]string{message(letIn)}, frame('S', "version=2\x00user=anna\x00"), "c"},
		"start with an option that is not":      {[]string{message(letIn)}, frame('S', started+"nullok=yes\x00"), "c"},
		"start with a name that no request has": {[]string{message(letIn)}, frame('S', "version=1\x00user="+strings.Repeat("a", 300)+"\x00"), "u"},
	} {
		t.Run(name, func(t *testing.T) {
			var said strings.Builder
			err := help(t.Context(), strings.NewReader(c.module), &said, daemon(t, c.answers...))
			failed(t, err, said.String(), c.reason)
		})
	}
	t.Run("nobody listens", func(t *testing.T) {
		var said strings.Builder
		failed(t, help(t.Context(), strings.NewReader(frame('S', started)), &said, filepath.Join(t.TempDir(), "none")), said.String(), "u")
	})
	t.Run("the start names another socket", func(t *testing.T) {
		var said strings.Builder
		failed(t, help(t.Context(), strings.NewReader(frame('S', started+"socket=/nonexistent/s\x00")), &said, daemon(t, message(letIn))), said.String(), "u")
	})
	t.Run("time is over at the daemon", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		name := daemon(t, message(approve), silent)
		var said strings.Builder
		failed(t, help(ctx, &ending{Reader: strings.NewReader(frame('S', started) + enter), end: cancel}, &said, name), said.String(), "u")
	})
	t.Run("time is over before", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), -time.Second)
		defer cancel()
		var said strings.Builder
		failed(t, help(ctx, strings.NewReader(frame('S', started)), &said, daemon(t, message(letIn))), said.String(), "u")
	})
	t.Run("module hears nothing", func(t *testing.T) {
		if err := help(t.Context(), strings.NewReader(frame('S', started)), deaf{}, daemon(t, message(letIn))); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("exits as if it had let in: %v", err)
		}
	})
}

// The same parts let in when nothing is wrong; without this the table above would show nothing.
func TestHelperLetsIn(t *testing.T) {
	for name, c := range map[string]struct {
		answers []string
		typed   string
	}{
		"at once":  {[]string{message(letIn)}, ""},
		"approved": {[]string{message(approve), message(letIn)}, frame('A', "")},
		"by code":  {[]string{message(offline), message(`{"done":{"login":"anna","how":"list"}}`)}, frame('A', "26 034S ZKZJ")},
	} {
		var said strings.Builder
		err := help(t.Context(), strings.NewReader(frame('S', started)+c.typed), &said, daemon(t, c.answers...))
		if err != nil || !strings.HasSuffix(said.String(), frame('O', "anna")) || strings.Contains(said.String(), "F\x00\x01") {
			t.Errorf("%s: %v, said %q", name, err, said.String())
		}
	}
}

// failed wants an error, and Refuse as the last and only word.
func failed(t *testing.T, err error, said, reason string) {
	t.Helper()
	if err == nil {
		t.Error("exits as if it had let in")
	}
	if strings.Contains(said, frame('O', "anna")) || strings.Contains(said, "O\x00") {
		t.Errorf("let in: %q", said)
	}
	if !strings.HasSuffix(said, frame('F', reason)) {
		t.Errorf("last word is %q, want F %s", said[max(0, len(said)-20):], reason)
	}
}

// ending ends the time when all was read.
type ending struct {
	*strings.Reader
	end func()
}

func (e *ending) Read(b []byte) (int, error) {
	n, err := e.Reader.Read(b)
	if e.Len() == 0 {
		e.end()
	}
	return n, err
}

// deaf is a module that is gone.
type deaf struct{}

func (deaf) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
