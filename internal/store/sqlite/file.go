package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"avow/internal/authn"
)

// prepareFile makes the path absolute and the file there, 0600: SQLite gives its log and index the permissions of the database, so
// they follow.
func prepareFile(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("open database %q: %w", path, err)
	}
	f, err := os.OpenFile(abs, os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		return "", authn.Fail(authn.Unavailable, "storage_folder_missing",
			fmt.Sprintf("The folder %q for the database does not exist. Make it, owned by the user of the server.", filepath.Dir(abs))).Because(err)
	}
	if err != nil {
		return "", authn.Fail(authn.Unavailable, "storage_unreachable",
			fmt.Sprintf("The database %q cannot be opened for writing. Check its owner and permissions.", abs)).Because(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", fmt.Errorf("open database %q: %w", abs, err)
	}
	if info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
		if err := f.Chmod(0o600); err != nil {
			return "", fmt.Errorf("make database %q private: %w", abs, err)
		}
	}
	return abs, nil
}

// dsn sets what every connection needs. Order matters to nothing here but busy_timeout, which the driver applies first.
func dsn(path string) string {
	q := url.Values{
		"_busy_timeout": {"5000"}, // another process, such as a backup, may hold the file for a moment
		"_pragma": {
			"journal_mode(WAL)",
			"synchronous(FULL)", // an acknowledged commit survives a power cut
			"foreign_keys(1)",
			"trusted_schema(0)",
			"journal_size_limit(67108864)",
			"cache_size(-8192)",
			"temp_store(MEMORY)",
		},
	}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: q.Encode()}
	return u.String()
}

// readOnlyDSN changes nothing, not even how the file is written to: a copy may have no write-ahead log.
func readOnlyDSN(path string) string {
	q := url.Values{"mode": {"ro"}, "_busy_timeout": {"5000"}, "_pragma": {"query_only(1)", "trusted_schema(0)", "temp_store(MEMORY)"}}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: q.Encode()}
	return u.String()
}
