package sqlite

import (
	"database/sql/driver"
	"encoding"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
)

// columns is the list of an entity's columns, in the order of its values and destinations.
type columns string

func (c columns) insert(table string) string {
	marks := strings.Repeat(", ?", strings.Count(string(c), ",")+1)[2:]
	return "INSERT INTO " + table + " (" + string(c) + ") VALUES (" + marks + ")"
}

func (c columns) update(table, where string) string {
	return "UPDATE " + table + " SET " + strings.ReplaceAll(string(c), ",", " = ?,") + " = ? WHERE " + where
}

func (c columns) read(from string) string { return "SELECT " + string(c) + " FROM " + from }

// never stands for the zero time.
const never = math.MinInt64

// nanos is a time as Unix nanoseconds: exact, and comparable in SQL.
type nanos time.Time

// at gives the column of a time. Times before 1678 and after 2261 do not fit; the transaction fails then.
func at(t time.Time) any {
	if t.IsZero() {
		return int64(never)
	}
	n := t.UnixNano()
	if n == never || !time.Unix(0, n).Equal(t) {
		return unfit{fmt.Errorf("time %s is out of the database's range", t)}
	}
	return n
}

// Scan implements sql.Scanner.
func (t *nanos) Scan(src any) error {
	n, ok := src.(int64)
	if !ok {
		return fmt.Errorf("time column holds a %T", src)
	}
	*t = nanos(fromNanos(n))
	return nil
}

func fromNanos(n int64) time.Time {
	if n == never {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

// hash is a column of 32 bytes, or NULL.
type hash authn.Hash

func hashed(h authn.Hash) any {
	if h.IsZero() {
		return nil
	}
	return h[:]
}

// Scan implements sql.Scanner.
func (h *hash) Scan(src any) error {
	if src == nil {
		*h = hash{}
		return nil
	}
	b, ok := src.([]byte)
	if !ok || len(b) != len(h) {
		return fmt.Errorf("hash column holds a %T, want 32 bytes", src)
	}
	copy(h[:], b)
	return nil
}

// filed gives the column of an encrypted file, NULL for none.
func filed(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return b
}

// point is a public key's column.
type point key.Public

func pointed(p key.Public) any {
	if p.IsZero() {
		return []byte{}
	}
	return p.Bytes()
}

// Scan implements sql.Scanner.
func (p *point) Scan(src any) error {
	b, ok := src.([]byte)
	if !ok && src != nil {
		return fmt.Errorf("public key column holds a %T", src)
	}
	if len(b) == 0 {
		*p = point{}
		return nil
	}
	k, err := key.FromPoint(b)
	*p = point(k)
	return err
}

// document is a column of JSON, "" for nothing.
type document[T any] struct{ v *T }

func documented[E any](list []E) any {
	if len(list) == 0 {
		return ""
	}
	return encode(list)
}

func factsOf(facts map[string]string) any {
	if len(facts) == 0 {
		return ""
	}
	return encode(facts)
}

func encode(v any) any {
	b, err := json.Marshal(v)
	if err != nil {
		return unfit{err}
	}
	return string(b)
}

// Scan implements sql.Scanner.
func (d document[T]) Scan(src any) error {
	s, ok := src.(string)
	if !ok {
		return fmt.Errorf("JSON column holds a %T", src)
	}
	if s == "" {
		return nil
	}
	return json.Unmarshal([]byte(s), d.v)
}

// times is a JSON list of nanos.
type times struct{ v *[]time.Time }

func timesOf(list []time.Time) any {
	if len(list) == 0 {
		return ""
	}
	ns := make([]int64, len(list))
	for i, t := range list {
		n, ok := at(t).(int64)
		if !ok {
			return at(t)
		}
		ns[i] = n
	}
	return encode(ns)
}

// Scan implements sql.Scanner.
func (d times) Scan(src any) error {
	var ns []int64
	if err := (document[[]int64]{&ns}).Scan(src); err != nil || len(ns) == 0 {
		return err
	}
	*d.v = make([]time.Time, len(ns))
	for i, n := range ns {
		(*d.v)[i] = fromNanos(n)
	}
	return nil
}

// words is a JSON list of two texts.
type words struct{ v *[2]string }

func wordsOf(w [2]string) any {
	if w == [2]string{} {
		return ""
	}
	return encode(w)
}

// Scan implements sql.Scanner.
func (d words) Scan(src any) error { return document[[2]string](d).Scan(src) }

// named is a column of an id that has a text form.
type named struct{ v encoding.TextUnmarshaler }

// Scan implements sql.Scanner.
func (n named) Scan(src any) error {
	s, ok := src.(string)
	if !ok {
		return fmt.Errorf("id column holds a %T", src)
	}
	return n.v.UnmarshalText([]byte(s))
}

// unfit is a value that cannot be kept; the statement fails with its reason.
type unfit struct{ err error }

// Value implements driver.Valuer.
func (u unfit) Value() (driver.Value, error) {
	return nil, fmt.Errorf("value cannot be kept: %w", u.err)
}
