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
