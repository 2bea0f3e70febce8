package desktop

import (
	"context"
	"os"
	"strings"

	"github.com/godbus/dbus/v5"
)

const (
	login        = "org.freedesktop.login1"
	loginSession = login + ".Session"
	loginManager = login + ".Manager"
	properties   = "org.freedesktop.DBus.Properties"
)

// WatchSession calls locked when the person's session is locked, when the screen saver comes on, and before the computer goes to sleep: what logind and the desktops tell on
// their buses. It returns when ctx ends; at once where there is no bus.
func WatchSession(ctx context.Context, locked func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		watchBus(ctx, dbus.ConnectSystemBus, []rule{{loginSession, "Lock"}, {properties, "PropertiesChanged"}, {loginManager, "PrepareForSleep"}}, locked)
	}()
	watchBus(ctx, dbus.ConnectSessionBus, []rule{{"", "ActiveChanged"}}, locked)
	<-done
}

// rule is a kind of signals; any interface for "".
type rule struct{ from, member string }

func watchBus(ctx context.Context, connect func(...dbus.ConnOption) (*dbus.Conn, error), rules []rule, locked func()) {
	conn, err := connect(dbus.WithContext(ctx))
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	signals := make(chan *dbus.Signal, 16)
	conn.Signal(signals)
	for _, r := range rules {
		match := []dbus.MatchOption{dbus.WithMatchMember(r.member)}
		if r.from != "" {
			match = append(match, dbus.WithMatchInterface(r.from))
		}
		if r.from == properties {
			match = append(match, dbus.WithMatchArg(0, loginSession))
		}
		if err := conn.AddMatchSignalContext(ctx, match...); err != nil {
			return
		}
	}
	for {
		select {
		case <-ctx.Done():
			return
		case s, ok := <-signals:
			if !ok {
				return
			}
			if locks(ctx, conn, s) {
				locked()
			}
		}
	}
}

// locks reports whether a signal says that nobody is there any more. One that anybody has made up locks the app, and no more.
func locks(ctx context.Context, conn *dbus.Conn, s *dbus.Signal) bool {
	switch s.Name {
	case loginSession + ".Lock":
		return ours(ctx, conn, s.Path)
	case loginManager + ".PrepareForSleep":
		return first[bool](s.Body)
	case properties + ".PropertiesChanged":
		if len(s.Body) < 2 {
			return false
		}
		changed, _ := s.Body[1].(map[string]dbus.Variant)
		on, _ := changed["LockedHint"].Value().(bool)
		return on && ours(ctx, conn, s.Path)
	}
	from, member, _ := cutLast(s.Name)
	return member == "ActiveChanged" && strings.HasSuffix(from, ".ScreenSaver") && first[bool](s.Body) // org.freedesktop, org.gnome, org.cinnamon, …
}

// ours reports whether a session is of the user who runs the app. One of which nobody says whose it is, is.
func ours(ctx context.Context, conn *dbus.Conn, session dbus.ObjectPath) bool {
	var user dbus.Variant
	if err := conn.Object(login, session).CallWithContext(ctx, properties+".Get", 0, loginSession, "User").Store(&user); err != nil {
		return true
	}
	pair, _ := user.Value().([]any)
	return len(pair) == 0 || first[uint32](pair) == uint32(os.Getuid())
}

// first is the first of some values, if it is of that type.
func first[T any](values []any) (v T) {
	if len(values) > 0 {
		v, _ = values[0].(T)
	}
	return v
}

func cutLast(name string) (before, after string, found bool) {
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return name, "", false
	}
	return name[:i], name[i+1:], true
}
