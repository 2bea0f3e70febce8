package keystore

import "context"

// marks keep the high-water marks where a copy of the file can't take them back, if there is such a place.
type marks interface {
	mark(ctx context.Context, name string) (uint64, error)
	raise(ctx context.Context, name string, n uint64) error
}

// Mark implements Keystore.
func (f *File) Mark(ctx context.Context, name string) (uint64, error) { return f.marks.mark(ctx, name) }

// RaiseMark implements Keystore.
func (f *File) RaiseMark(ctx context.Context, name string, n uint64) error {
	return f.marks.raise(ctx, name, n)
}

type fileMarks struct{ f *File }

func (m fileMarks) mark(_ context.Context, name string) (uint64, error) {
	m.f.mu.Lock()
	defer m.f.mu.Unlock()
	if m.f.gone {
		return 0, ErrNoKeystore
	}
	return m.f.body.Marks[name], nil
}

func (m fileMarks) raise(ctx context.Context, name string, n uint64) error {
	if now, err := m.mark(ctx, name); err != nil || now >= n {
		return err
	}
	return m.f.commit(counters, func(b *body) error {
		if b.Marks == nil {
			b.Marks = map[string]uint64{}
		}
		b.Marks[name] = max(b.Marks[name], n)
		return nil
	})
}

// Seal implements Keystore.
func (f *File) Seal(_ context.Context, label string, text []byte) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gone {
		return nil, ErrNoKeystore
	}
	return seal(derive(f.root, "seal\x00"+label), []byte(f.install), text), nil
}

// Unseal implements Keystore.
func (f *File) Unseal(_ context.Context, label string, sealed []byte) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gone {
		return nil, ErrNoKeystore
	}
	return unseal(derive(f.root, "seal\x00"+label), []byte(f.install), sealed)
}
