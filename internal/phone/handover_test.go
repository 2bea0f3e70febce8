package phone

import (
	"encoding/json"
	"testing"

	"avow/internal/key"
	"avow/internal/phone/escrow"
	"avow/internal/phone/platform"
)

// TestHandoverHasCodes: codes of other services go to the new phone, are joined with those that it has, and go to nobody else.
func TestHandoverHasCodes(t *testing.T) {
	h, one, _, _ := twoAccounts(t)
	if err := h.Unlock(t.Context(), platform.Prompt{}); err != nil {
		t.Fatal(err)
	}
	entry := func(id, body string, at int64) escrow.Entry {
		return escrow.Entry{ID: id, At: at, Body: json.RawMessage(`{"issuer":"` + body + `"}`)}
	}
	give := func(list ...escrow.Entry) {
		h.Core.mu.Lock()
		defer h.Core.mu.Unlock()
		h.doc.Codes = nil
		for _, e := range list {
			h.doc.Codes = append(h.doc.Codes, must(json.Marshal(e)))
		}
		if err := h.readCodes(); err != nil {
			t.Fatal(err)
		}
	}
	give(entry("c1", "GitHub", 1), entry("c2", "Nextcloud", 5))
	to := must(key.Generate())
	file := must(h.sealHandover(h.find(one.ID), to.Key()))
	got := must(openHandover(must(to.ECDH()), one.User, file))
	if len(got.Codes) != 2 || string(got.Codes[0].Body) != `{"issuer":"GitHub"}` {
		t.Fatalf("handed over %d codes", len(got.Codes))
	}
	if _, err := openHandover(must(must(key.Generate()).ECDH()), one.User, file); err == nil {
		t.Error("another key opens it")
	}

	give(entry("c2", "Old name", 2), entry("c3", "Steam", 1)) // what the new phone has
	if err := h.takeCodes(got.Codes); err != nil {
		t.Fatal(err)
	}
	h.Core.mu.Lock()
	defer h.Core.mu.Unlock()
	have := h.codes.Escrow()
	if len(have) != 3 || string(have[1].Body) != `{"issuer":"Nextcloud"}` {
		t.Errorf("%d codes, the second is %s", len(have), have[1].Body)
	}
}
