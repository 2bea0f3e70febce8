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

// migrations are numbered and never edited once released: a database carries what it went through.
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
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
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

func newerSchema(have, know int64) error {
	return authn.Fail(authn.Unavailable, "storage_newer", fmt.Sprintf(
		"The database was written by a newer program (schema %d, this one knows %d). Start the newer program, or restore a backup that this one wrote.", have, know))
}
