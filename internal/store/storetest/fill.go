package storetest

import (
	"crypto/sha256"
	"fmt"
	"reflect"
	"sync"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
)

// filled returns a T in which no field is zero, the same for the same seed and another one for another: so a field that is added to
// the domain and forgotten in a store fails the suite.
func filled[T any](seed int) T {
	var v T
	f := filler{seed: seed}
	f.fill(reflect.ValueOf(&v).Elem())
	return v
}

type filler struct{ seed, n int }

func (f *filler) fill(v reflect.Value) {
	f.n++
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(noon.Add(time.Duration(f.seed)*time.Hour + time.Duration(f.n)*time.Second + time.Duration(f.n))))
		return
	case authn.Hash:
		v.Set(reflect.ValueOf(authn.Hash(sha256.Sum256(fmt.Appendf(nil, "%d %d", f.seed, f.n)))))
		return
	case key.Public:
		v.Set(reflect.ValueOf(publicKey(f.seed*100 + f.n)))
		return
	}
	switch v.Kind() {
	case reflect.String: // with what breaks quoting, and characters of two to four bytes
		v.SetString(fmt.Sprintf("%d-%d '\"\\ \u00e5\u20ac\U0001f511", f.seed, f.n))
	case reflect.Int:
		v.SetInt(int64(f.seed*100 + f.n))
	case reflect.Uint8, reflect.Uint64:
		v.SetUint(uint64(f.seed*100+f.n) & 0xff)
	case reflect.Bool:
		v.SetBool(f.seed%2 == 1)
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			f.fill(v.Index(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		f.fill(v.Index(0))
		f.fill(v.Index(1))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			f.fill(k)
			f.fill(e)
			v.SetMapIndex(k, e)
		}
	default:
		panic(fmt.Sprintf("storetest cannot fill a %s", v.Type()))
	}
}

var (
	keysMu sync.Mutex
	keys   = map[int]key.Public{}
)

// publicKey returns the nth public key of this run.
func publicKey(n int) key.Public {
	keysMu.Lock()
	defer keysMu.Unlock()
	if k, ok := keys[n]; ok {
		return k
	}
	p, err := key.Generate()
	if err != nil {
		panic(err)
	}
	keys[n] = p.Key()
	return keys[n]
}
