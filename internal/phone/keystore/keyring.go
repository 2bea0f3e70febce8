package keystore

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/zalando/go-keyring"

	"avow/internal/atomicfile"
	"avow/internal/key"
)

// service is the name under which a desktop's keyring lists the secrets of the app.
const service = "Avow"

// keepRoot stores the root secret of a new keystore, and reads it back before anything depends on it.
func (f *File) keepRoot(ctx context.Context) error {
	text := base64.RawStdEncoding.EncodeToString(f.root)
	if f.class == key.Software {
		return f.opt.write(SecretName, []byte(text+"\n"))
	}
	_, err := f.ring(ctx, func() (string, error) { return "", keyring.Set(service, f.install, text) })
	if err != nil {
		return err
	}
	got, err := f.ring(ctx, func() (string, error) { return keyring.Get(service, f.install) })
	if err != nil || got != text {
		return ErrKeyringUnavailable.Because(errors.Join(err, errors.New("the secret could not be read back")))
	}
	return nil
}

// fetchRoot finds the root secret of a keystore that exists. It never makes one: that would lose every key.
func (f *File) fetchRoot(ctx context.Context) error {
	var text string
	if f.class == key.Software {
		data, err := f.opt.read(SecretName)
		if err != nil {
			return err
		}
		text = trimLine(data)
	} else {
		var err error
		text, err = f.ring(ctx, func() (string, error) { return keyring.Get(service, f.install) })
		if errors.Is(err, keyring.ErrNotFound) {
			return ErrKeyringLost.Because(err)
		}
		if err != nil {
			return err
		}
	}
	root, err := base64.RawStdEncoding.Strict().DecodeString(text)
	if err != nil || len(root) != rootSize {
		return ErrKeystoreDamaged.Because(errors.New("its secret can't be read"))
	}
	f.root = root
	return nil
}

func (f *File) forgetRoot(ctx context.Context) error {
	if f.class == key.Software {
		if err := atomicfile.Remove(f.opt.FS, f.opt.path(SecretName)); err != nil {
			return ErrStorage.Because(err)
		}
		return nil
	}
	for _, user := range []string{f.install, keyringMarks{f}.user()} {
		_, err := f.ring(ctx, func() (string, error) { return "", keyring.Delete(service, user) })
		if err != nil && !errors.Is(err, keyring.ErrNotFound) {
			return err
		}
	}
	return nil
}

func trimLine(data []byte) string {
	if n := len(data); n > 0 && data[n-1] == '\n' {
		data = data[:n-1]
	}
	return string(data)
}

// keyringMarks keep the marks in the keyring, where putting back a copy of the app's folder does not reach them.
type keyringMarks struct{ f *File }

func (m keyringMarks) mark(ctx context.Context, name string) (uint64, error) {
	all, err := m.all(ctx)
	return all[name], err
}

func (m keyringMarks) all(ctx context.Context) (map[string]uint64, error) {
	all := map[string]uint64{}
	text, err := m.f.ring(ctx, func() (string, error) { return keyring.Get(service, m.user()) })
	if errors.Is(err, keyring.ErrNotFound) {
		return all, nil
	}
	if err != nil {
		return nil, err
	}
	if err := strict([]byte(text), &all); err != nil {
		return nil, ErrKeystoreDamaged.Because(fmt.Errorf("marks in the keyring: %w", err))
	}
	return all, nil
}

func (m keyringMarks) raise(ctx context.Context, name string, n uint64) error {
	m.f.marking.Lock()
	defer m.f.marking.Unlock()
	all, err := m.all(ctx)
	if err != nil || all[name] >= n {
		return err
	}
	all[name] = n
	text, err := json.Marshal(all)
	if err != nil {
		return fmt.Errorf("encode marks: %w", err)
	}
	_, err = m.f.ring(ctx, func() (string, error) { return "", keyring.Set(service, m.user(), string(text)) })
	return err
}

func (m keyringMarks) user() string { return m.f.install + "/marks" }

// pause is how long to wait between two tries while the keyring's service is starting.
const pause = 100 * time.Millisecond

// ring calls the keyring within Options.KeyringWait. keyring.ErrNotFound comes back as it is; every other way of saying no (no
// bus, no service, a locked collection, a dismissed prompt, a hang, a panic) is ErrKeyringUnavailable.
func (f *File) ring(ctx context.Context, call func() (string, error)) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, f.opt.KeyringWait)
	defer cancel()
	for {
		text, err := f.ringOnce(ctx, call)
		if err == nil || errors.Is(err, keyring.ErrNotFound) {
			return text, err
		}
		if !starting(err) {
			return "", ErrKeyringUnavailable.Because(err)
		}
		select {
		case <-ctx.Done():
			return "", ErrKeyringUnavailable.Because(err)
		case <-time.After(pause):
		}
	}
}

// ringOnce lets one call at a time into the keyring. A call that hangs in the system's own prompt keeps its place; those after
// it wait for their deadline, instead of opening prompt upon prompt.
func (f *File) ringOnce(ctx context.Context, call func() (string, error)) (string, error) {
	select {
	case f.ringing <- struct{}{}:
	case <-ctx.Done():
		return "", errors.New("an earlier call still waits for the keyring")
	}
	type result struct {
		text string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		defer func() { <-f.ringing }()
		r := result{err: errors.New("the keyring gave no answer")}
		defer func() {
			if p := recover(); p != nil {
				r = result{err: fmt.Errorf("the keyring's client failed: %v", p)}
			}
			done <- r
		}()
		r.text, r.err = call()
	}()
	select {
	case r := <-done:
		return r.text, r.err
	case <-ctx.Done():
		return "", errors.New("the keyring did not answer in time; is it waiting to be unlocked?")
	}
}

// starting reports whether the bus is there and only the service is not yet. Anything else is not tried again: it would
// show the system's prompt once more to someone who has just dismissed it.
func starting(err error) bool {
	var answer dbus.Error
	if !errors.As(err, &answer) {
		var p *dbus.Error
		if !errors.As(err, &p) {
			return false
		}
		answer = *p
	}
	switch answer.Name {
	case "org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner", "org.freedesktop.DBus.Error.NoReply":
		return true
	}
	return false
}
