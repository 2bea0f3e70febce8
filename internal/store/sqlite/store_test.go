package sqlite_test

import (
	"path/filepath"
	"testing"

	"avow/internal/store"
	"avow/internal/store/sqlite/sqlitetest"
	"avow/internal/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store {
		s, err := sqlitetest.Open(t.Context(), filepath.Join(t.TempDir(), "avow.db"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
		return s
	})
}
