package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"

	"avow/internal/authn"
)

// migrations are numbered and never edited once released: a database carries what it went through. Those that SQL cannot do stand in Go
// (ledgermigration.go).
//
//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date, each step in a transaction of its own: a crash leaves the old schema or the new one. It
// refuses a schema that is newer than this program, which would not know what it must not lose.
func migrate(ctx context.Context, path string) (err error) {
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return fmt.Errorf("open database: %w", explain(err))
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	p, err := provider(db)
	if err != nil {
		return err
	}
	have, know, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read schema version: %w", explain(err))
	}
	if have > know {
		return newerSchema(have, know)
	}
	if have == know {
		return nil
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("bring schema from version %d to %d: %w", have, know, explain(err))
	}
	return nil
}

func provider(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files,
		goose.WithDisableGlobalRegistry(true), goose.WithGoMigrations(ledgerMigration), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return p, nil
}

func newerSchema(have, know int64) error {
	return authn.Fail(authn.Unavailable, "storage_newer", fmt.Sprintf(
		"The database was written by a newer program (schema %d, this one knows %d). Start the newer program, or restore a backup that this one wrote.", have, know))
}

// sameSchema refuses a database that another version of this program wrote.
func (s *Store) sameSchema(ctx context.Context) error {
	var have int64
	err := s.db.QueryRowContext(ctx, `SELECT max(version_id) FROM goose_db_version WHERE is_applied = 1`).Scan(&have)
	if err != nil {
		return fmt.Errorf("read schema version: %w", explain(err))
	}
	p, err := provider(s.db)
	if err != nil {
		return err
	}
	sources := p.ListSources()
	switch know := sources[len(sources)-1].Version; {
	case have > know:
		return newerSchema(have, know)
	case have < know:
		return authn.Fail(authn.Unavailable, "storage_older", fmt.Sprintf(
			"The database was written by an older program (schema %d, this one knows %d). Start the server once, which brings it up to date.", have, know))
	}
	return nil
}
