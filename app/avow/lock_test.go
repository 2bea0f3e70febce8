package main

import (
	"context"
	"encoding/xml"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"avow/internal/phone/platform"
	"avow/internal/ui/model"
)

// the use of the window is told, and not a hundred times a second.
func TestUseIsTold(t *testing.T) {
	l := newLifecycle(test.NewTempApp(t).Lifecycle())
	events := l.Events(t.Context())
	for range 100 {
		l.used()
	}
	l.tell(platform.Background)
	for _, want := range []platform.LifecycleEvent{platform.Used, platform.Background} {
		if got := <-events; got != want {
			t.Errorf("heard %q, want %q", got, want)
		}
	}
	if l.inFront() {
		t.Error("the window is in front")
	}
}

// Notifications go out by the app, and the window counts as in front until it has lost the keyboard.
func TestNotificationsAreOfTheApp(t *testing.T) {
	a := test.NewTempApp(t)
	u := newUI(a, test.NewTempWindow(t, nil), options{dir: t.TempDir()}, model.NewLogBook(10))
	ctx, cancel := context.WithCancel(t.Context())
	<-u.start(ctx, false)
	defer u.close()
	defer cancel()
	test.AssertNotificationSent(t, fyne.NewNotification("This is a test", "Here"), func() { u.app.SendNotification(fyne.NewNotification("This is a test", "Here")) })
	if u.shell == nil || !u.lifecycle.inFront() {
		t.Error("the app has no window in front")
	}
}

// a code is marked on the clipboard where wl-copy can do that; an older one that can't is passed over, and so is none.
func TestCopySecret(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("wl-copy is Linux'")
	}
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	t.Setenv("WAYLAND_DISPLAY", "wayland-0")
	if copySecret("123456") {
		t.Error("copied without wl-copy")
	}
	tool := func(script string) {
		if err := os.WriteFile(filepath.Join(dir, "wl-copy"), []byte("#!/bin/sh\n"+script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(dir, "clipboard")
	tool(`test "$1" = --sensitive && read -r line; echo "$line" >` + out + "\n")
	if !copySecret("123456\n") {
		t.Fatal("it was not copied")
	}
	if got, err := os.ReadFile(out); err != nil || strings.TrimSpace(string(got)) != "123456" {
		t.Errorf("copied %q, %v", got, err)
	}
	tool("exit 1\n")
	if copySecret("123456") {
		t.Error("an old wl-copy is believed")
	}
	t.Setenv("WAYLAND_DISPLAY", "")
	tool("exit 0\n")
	if copySecret("123456") {
		t.Error("copied where there is no Wayland")
	}
}

// nothing of the app's data goes into a backup, from device to device neither: what brings an account back is its restore code.
func TestAndroidBacksNothingUp(t *testing.T) {
	read := func(name string, into any) {
		t.Helper()
		data, err := os.ReadFile(filepath.Join("dist", "android", name))
		if err == nil {
			err = xml.Unmarshal(data, into)
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	var manifest struct {
		Application struct {
			AllowBackup string `xml:"http://schemas.android.com/apk/res/android allowBackup,attr"`
			Extraction  string `xml:"http://schemas.android.com/apk/res/android dataExtractionRules,attr"`
			Full        string `xml:"http://schemas.android.com/apk/res/android fullBackupContent,attr"`
		} `xml:"application"`
	}
	read("AndroidManifest.xml", &manifest)
	if a := manifest.Application; a.AllowBackup != "false" || a.Extraction != "@xml/data_extraction_rules" || a.Full != "@xml/backup_rules" {
		t.Errorf("the manifest says %+v", a)
	}
	type section struct {
		Include []struct{} `xml:"include"`
		Exclude []struct {
			Domain string `xml:"domain,attr"`
			Path   string `xml:"path,attr"`
		} `xml:"exclude"`
	}
	excludes := func(name string, s section) {
		t.Helper()
		left := map[string]bool{"root": true, "file": true, "database": true, "sharedpref": true, "external": true}
		for _, e := range s.Exclude {
			if e.Path != "." {
				t.Errorf("%s leaves out %q only", name, e.Path)
			}
			delete(left, e.Domain)
		}
		if len(left) > 0 || len(s.Include) > 0 {
			t.Errorf("%s does not leave out %v; it takes in %d", name, left, len(s.Include))
		}
	}
	var rules struct {
		Cloud    section `xml:"cloud-backup"`
		Transfer section `xml:"device-transfer"`
	}
	read("res/xml/data_extraction_rules.xml", &rules)
	excludes("cloud-backup", rules.Cloud)
	excludes("device-transfer", rules.Transfer)
	var older section
	read("res/xml/backup_rules.xml", &older)
	excludes("full-backup-content", older)
}
