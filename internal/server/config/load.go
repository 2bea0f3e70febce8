package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sort"
	"time"

	"github.com/BurntSushi/toml"
)

// Load reads a file and checks everything in it. It returns Faults when the file can be read but something in it is wrong.
func Load(path string) (Config, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Config{}, Faults{{
			Wrong: fmt.Sprintf("There is no configuration at %s", path), Do: "Name the right file with --config, or make one with avow-server init",
		}}
	}
	if err != nil {
		return Config{}, fmt.Errorf("read the configuration: %w", err)
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return Config{}, fmt.Errorf("read the configuration: %w", err)
	}
	c, faults := parse(data)
	c.dir = dir
	bad := map[string]bool{}
	for _, f := range faults {
		bad[f.Key] = true
	}
	if !bad[""] {
		for _, f := range c.Check() {
			if !bad[f.Key] { // it was not even read
				faults = append(faults, f)
			}
		}
	}
	if len(faults) > 0 {
		return Config{}, faults
	}
	return c, nil
}

// parse reads TOML. What a name has the wrong type for, or is not known, is a fault; the rest is read all the same.
func parse(data []byte) (Config, Faults) {
	c := Default()
	var faults Faults
	var tree map[string]any
	if _, err := toml.Decode(string(data), &tree); err != nil {
		wrong := err.Error()
		var pe toml.ParseError
		if errors.As(err, &pe) {
			wrong = fmt.Sprintf("Line %d is not TOML: %s", pe.Position.Line, pe.Message)
		}
		faults.add("", wrong, "Correct that line; texts stand in double quotes, lists in square brackets")
		return c, faults
	}
	assign(reflect.ValueOf(&c).Elem(), tree, "", &faults)
	return c, faults
}

func assign(into reflect.Value, tree map[string]any, prefix string, faults *Faults) {
	known := map[string]reflect.Value{}
	var names []string
	for i := range into.NumField() {
		if name := into.Type().Field(i).Tag.Get("toml"); name != "" {
			known[name] = into.Field(i)
			names = append(names, name)
		}
	}
	given := make([]string, 0, len(tree))
	for name := range tree {
		given = append(given, name)
	}
	sort.Strings(given)
	for _, name := range given {
		field, ok := known[name]
		if !ok {
			faults.add(prefix+name, "There is no such setting here", "Remove it, or correct its name: "+nearest(name, names))
			continue
		}
		if want, ok := set(field, tree[name], prefix+name+".", faults); !ok {
			faults.add(prefix+name, fmt.Sprintf("This must be %s", want), "Write it as in the example of avow-server init")
		}
	}
}

// set puts a value of TOML into a field and says what it should have been when it does not fit.
func set(field reflect.Value, value any, prefix string, faults *Faults) (want string, ok bool) {
	switch field.Interface().(type) {
	case string:
		s, ok := value.(string)
		field.SetString(s)
		return "a text in double quotes", ok
	case int:
		n, ok := value.(int64)
		field.SetInt(n)
		return "a whole number without quotes", ok
	case time.Duration:
		s, ok := value.(string)
		d, err := time.ParseDuration(s)
		field.SetInt(int64(d))
		return `a time such as "20s"`, ok && err == nil
	case []string:
		list, ok := value.([]any)
		for _, e := range list {
			s, is := e.(string)
			ok = ok && is
			field.Set(reflect.Append(field, reflect.ValueOf(s)))
		}
		return "a list of texts in square brackets", ok
	}
	table, ok := value.(map[string]any)
	if ok {
		assign(field, table, prefix, faults)
	}
	return "a table", ok
}

// nearest is the known name that is most like a wrong one, else all of them.
func nearest(name string, known []string) string {
	best, at := "", 3
	for _, k := range known {
		if d := distance(name, k); d < at {
			best, at = k, d
		}
	}
	if best != "" {
		return best
	}
	known = slices.Sorted(slices.Values(known))
	return fmt.Sprint(known)
}

// distance counts the single-character changes between two names (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost++
			}
			before = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
