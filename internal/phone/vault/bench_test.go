package vault_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"avow/internal/phone/platform"
	"avow/internal/phone/vault"
)

// large is a vault of a person with 5 accounts and 100 codes.
func large() vault.Document {
	var doc vault.Document
	for n := range 105 {
		entry := json.RawMessage(fmt.Sprintf(`{"id":"c_%04d","issuer":"Example %d","label":"anna@example.com","secret":"MDEyMzQ1Njc4OTAxMjM0NTY3ODk="}`, n, n))
		if n < 5 {
			doc.Accounts = append(doc.Accounts, entry)
		} else {
			doc.Codes = append(doc.Codes, entry)
		}
	}
	return doc
}

func BenchmarkSave(b *testing.B) {
	p := newPhone(b, nil, b.TempDir())
	doc := large()
	if err := p.store.Create(b.Context(), &doc); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := p.store.Save(b.Context(), &doc); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	p := newPhone(b, nil, b.TempDir())
	doc := large()
	if err := p.store.Create(b.Context(), &doc); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := p.store.Open(b.Context(), platform.Prompt{}); err != nil {
			b.Fatal(err)
		}
	}
}

// huge is a vault of 10,000 codes.
func huge() vault.Document {
	doc := large()
	doc.Codes = nil
	for n := range 10_000 {
		doc.Codes = append(doc.Codes, json.RawMessage(fmt.Sprintf(
			`{"id":"code/ABCDEFGHIJKL%04d","at":1790000000000,"body":{"issuer":"Example %d","account":"anna@example.com","secret":"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ","place":%d,"added":1790000000}}`, n, n, n<<20)))
	}
	return doc
}

// One of 10,000 codes changes.
func BenchmarkSaveOneOf10000(b *testing.B) {
	p := newPhone(b, nil, b.TempDir())
	doc := huge()
	if err := p.store.Create(b.Context(), &doc); err != nil {
		b.Fatal(err)
	}
	for n := 0; b.Loop(); n++ {
		doc.Codes[n%len(doc.Codes)] = json.RawMessage(fmt.Sprintf(`{"id":"code/%d","at":%d,"body":{"issuer":"Example"}}`, n%len(doc.Codes), n))
		doc := vault.Document{Accounts: doc.Accounts, Codes: append([]json.RawMessage(nil), doc.Codes...)}
		if err := p.store.Save(b.Context(), &doc); err != nil {
			b.Fatal(err)
		}
	}
}

// A vault of 10,000 codes with as many changes as there can be before it is gathered without anybody's waiting.
func BenchmarkOpen10000(b *testing.B) {
	p := newPhone(b, nil, b.TempDir())
	doc := huge()
	if err := p.store.Create(b.Context(), &doc); err != nil {
		b.Fatal(err)
	}
	for n := range 15 {
		doc := vault.Document{Accounts: doc.Accounts, Codes: append([]json.RawMessage(nil), doc.Codes...)}
		doc.Codes[n] = json.RawMessage(`{"id":"changed"}`)
		if err := p.store.Save(b.Context(), &doc); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if _, err := p.store.Open(b.Context(), platform.Prompt{}); err != nil {
			b.Fatal(err)
		}
	}
}
