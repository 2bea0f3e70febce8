package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"avow/internal/authn"
)

// sample is a command with all shapes of fields.
type sample struct {
	Name  string            `json:"name"`
	Count int64             `json:"count"`
	List  []string          `json:"list"`
	Facts map[string]string `json:"facts"`
	Inner *sample           `json:"inner"`
	Any   any               `json:"any"`
}

func nested(open, closing string, n int) string {
	return `{"any":` + strings.Repeat(open, n) + strings.Repeat(closing, n) + `}`
}

// badJSON is refused in commands and in answers; it seeds the fuzzers too.
var badJSON = map[string]string{
	"empty":                       ``,
	"space":                       ` `,
	"cut":                         `{"name":"a"`,
	"no quotes":                   `{name:"a"}`,
	"single quotes":               `{'name':'a'}`,
	"comment":                     `{"name":"a"/**/}`,
	"comma behind":                `{"name":"a",}`,
	"comma missing":               `{"name":"a" "count":1}`,
	"colon missing":               `{"name" "a"}`,
	"comma in the array":          `{"list":["a",]}`,
	"brackets crossed":            `{"list":["a"}]`,
	"NaN":                         `{"any":NaN}`,
	"hex number":                  `{"count":0x10}`,
	"leading zero":                `{"count":01}`,
	"control character in text":   "{\"name\":\"a\nb\"}",
	"byte order mark":             "\ufeff{}",
	"invalid UTF-8 in a value":    "{\"name\":\"\xff\"}",
	"invalid UTF-8 in a name":     "{\"na\xffme\":\"a\"}",
	"overlong UTF-8":              "{\"name\":\"\xc0\xaf\"}",
	"surrogate in UTF-8":          "{\"name\":\"\xed\xa0\x80\"}",
	"UTF-16":                      "{\x00}\x00",
	"duplicate":                   `{"name":"a","name":"b"}`,
	"duplicate, the same":         `{"name":"a","name":"a"}`,
	"duplicate escaped":           `{"name":"a","n\u0061me":"b"}`,
	"duplicate escaped twice":     `{"n\u0061me":"a","\u006eame":"b"}`,
	"duplicate deep inside":       `{"inner":{"inner":{"any":[1,{"a":1,"a":2}]}}}`,
	"duplicate in a map":          `{"facts":{"a":"1","\u0061":"2"}}`,
	"duplicate in other case":     `{"name":"a","Name":"b"}`,
	"name in other case":          `{"NAME":"a"}`,
	"name with the Kelvin sign":   "{\"\u212aey\":1}",
	"name with a long s":          "{\"li\u017ft\":[]}",
	"name escaped in other case":  `{"\u004eame":"a"}`,
	"empty name":                  `{"":1}`,
	"name with a space":           `{"name ":1}`,
	"name with NUL":               `{"name\u0000":1}`,
	"something behind":            `{"name":"a"}{}`,
	"a text behind":               `{"name":"a"}x`,
	"a bracket behind":            `{"name":"a"}]`,
	"NUL behind":                  "{\"name\":\"a\"}\x00",
	"17 levels of arrays":         nested("[", "]", 16),
	"17 levels of objects":        strings.Repeat(`{"inner":`, 16) + `{}` + strings.Repeat(`}`, 16),
	"10000 levels":                nested("[", "]", 10000),
	"30000 levels that never end": strings.Repeat("[", 30000),
	"a number for a text":         `{"name":1}`,
	"a text for a number":         `{"count":"1"}`,
	"a fraction for a number":     `{"count":1.5}`,
	"a number too large":          `{"count":9223372036854775808}`,
	"an object for a list":        `{"list":{}}`,
	"an array":                    `[]`,
	"a text":                      `"x"`,
}

// badCommands is refused in commands only.
var badCommands = map[string]string{
	"unknown field":              `{"name":"a","admin":true}`,
	"unknown field inside":       `{"inner":{"admin":true}}`,
	"64 KiB and a byte":          `{"name":"` + strings.Repeat("a", MaxBody-len(`{"name":""}`)+1) + `"}`,
	"64 KiB and a byte of space": `{}` + strings.Repeat(" ", MaxBody-1),
}

var goodCommands = map[string]string{
	"nothing":             `{}`,
	"all":                 `{"name":"a","count":-1,"list":["x","y"],"facts":{"device":"a <b>"},"inner":{"name":"é😀"},"any":null}`,
	"space":               " {\n\t\"name\" : \"a\" }\r\n",
	"escapes in a value":  `{"name":"\u0061\n\ud83d\ude00"}`,
	"exactly 64 KiB":      `{"name":"` + strings.Repeat("a", MaxBody-len(`{"name":""}`)) + `"}`,
	"16 levels of arrays": nested("[", "]", 15),
	"text in 16 levels":   `{"any":` + strings.Repeat("[", 15) + `"x"` + strings.Repeat("]", 15) + `}`,
	"same name apart":     `{"name":"a","inner":{"name":"b","facts":{"name":"c"}}}`,
}

func TestDecode_R044(t *testing.T) {
	for name, text := range badJSON {
		if err := DecodeCommand([]byte(text), &sample{}); err == nil {
			t.Errorf("command, %s: accepted", name)
		}
		if err := DecodeAnswer([]byte(text), &sample{}); err == nil {
			t.Errorf("answer, %s: accepted", name)
		}
	}
	for name, text := range badCommands {
		if err := DecodeCommand([]byte(text), &sample{}); err == nil {
			t.Errorf("command, %s: accepted", name)
		}
		if err := DecodeAnswer([]byte(text), &sample{}); err != nil {
			t.Errorf("answer, %s: %v", name, err)
		}
	}
	for name, text := range goodCommands {
		var c, a sample
		if err := DecodeCommand([]byte(text), &c); err != nil {
			t.Errorf("command, %s: %v", name, err)
		}
		if err := DecodeAnswer([]byte(text), &a); err != nil || !reflect.DeepEqual(a, c) {
			t.Errorf("answer, %s: %v", name, err)
		}
	}
	if err := DecodeAnswer(bytes.Repeat([]byte(" "), MaxAnswer+1), &sample{}); err == nil {
		t.Error("an answer without end is read")
	}
}

// TestDecodeMemory_R044: what is too long costs nothing, and the worst that fits costs little.
func TestDecodeMemory_R044(t *testing.T) {
	fill := func(head, part, tail string) string {
		return head + strings.Repeat(part, (MaxBody-len(head)-len(tail))/len(part)) + tail
	}
	var names strings.Builder
	for i := 0; names.Len() < MaxBody-100; i++ {
		fmt.Fprintf(&names, `"a%d":0,`, i)
	}
	tests := []struct {
		name  string
		text  string
		bytes uint64
	}{
		{"64 MiB", strings.Repeat("[", 64<<20), 64 << 10},
		{"64 KiB of brackets", strings.Repeat("[", MaxBody), 1 << 20},
		{"64 KiB of braces", fill("", `{"a":`, ""), 1 << 20},
		{"many numbers", fill(`{"any":[`, "0,", `0]}`), 8 << 20},
		{"many empty objects", fill(`{"any":[`, "{},", `{}]}`), 16 << 20},
		{"many names", `{"any":{` + names.String() + `"z":0}}`, 16 << 20},
		{"one long text", fill(`{"name":"`, `\u0061`, `"}`), 1 << 20},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data := []byte(tt.text)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_ = DecodeCommand(data, &sample{})
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > tt.bytes {
				t.Errorf("%d bytes of JSON cost %d bytes, at most %d are allowed", len(data), used, tt.bytes)
			}
		})
	}
}

func fuzzJSON(f *testing.F) {
	for _, m := range []map[string]string{badJSON, badCommands, goodCommands} {
		for _, text := range m {
			f.Add([]byte(text))
		}
	}
	f.Add([]byte(`{"session":"AAAAAAAAAAAAAAAAAAAAAA","device_jwk":` + string(marshal(f, keys["device"].Key())) + `}`))
	f.Add([]byte(`{"decision":"a.b.c"}`))
	f.Add([]byte(`{"requests":["a.b.c"],"server_time":1770000000}`))
	f.Add([]byte(`{"user_name":"anna","name":"Anna","mail":"anna@example.com","reason":"new"}`))
}

// again encodes what was decoded, decodes that, and compares.
func again(t *testing.T, decode func([]byte, any) error, data []byte, fresh func() any) {
	t.Helper()
	first := fresh()
	if decode(data, first) != nil {
		return
	}
	out, err := json.Marshal(first)
	if err != nil {
		t.Fatalf("%s cannot be written again: %v", data, err)
	}
	second := fresh()
	if len(out) > MaxBody { // escapes made it longer
		return
	}
	if err := decode(out, second); err != nil {
		t.Fatalf("%s was written as %s: %v", data, out, err)
	}
	last, err := json.Marshal(second)
	if err != nil || !bytes.Equal(last, out) {
		t.Errorf("%s became %s, then %s", data, out, last)
	}
}

func FuzzDecodeCommand(f *testing.F) {
	fuzzJSON(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, fresh := range []func() any{
			func() any { return &sample{} }, func() any { return &Finish{} }, func() any { return &DecisionCommand{} },
			func() any { return &AddUser{} }, func() any { return &AddClient{} },
		} {
			again(t, DecodeCommand, data, fresh)
		}
		var c Claim
		if DecodeCommand(data, &c) == nil && c.Session.Secret != nil && len(c.Session.Secret) != 16 {
			t.Errorf("%s gives a session of %d bytes", data, len(c.Session.Secret))
		}
		var names map[string]any
		if DecodeCommand(data, &names) == nil && !json.Valid(data) {
			t.Errorf("%q is no JSON", data)
		}
	})
}

func FuzzDecodeAnswer(f *testing.F) {
	fuzzJSON(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, fresh := range []func() any{
			func() any { return &sample{} }, func() any { return &RequestList{} }, func() any { return &Claimed{} }, func() any { return &StatusAnswer{} },
			func() any { return &UserList{} }, func() any { return &JWKS{} }, func() any { return &Discovery{} },
		} {
			again(t, DecodeAnswer, data, fresh)
		}
		var p Problem
		if DecodeAnswer(data, &p) == nil {
			e := authn.AsError(p.Err())
			if e.RetryAfter < 0 || e.Message != authn.CleanText(e.Message, 300) || e.Code != authn.CleanText(e.Code, 64) {
				t.Errorf("%s becomes %#v", data, e)
			}
		}
	})
}
