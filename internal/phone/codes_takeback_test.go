package phone

import (
	"testing"

	"avow/internal/otp"
	"avow/internal/phone/codes"
	"avow/internal/phone/escrow"
)

// What an import did is taken back: new codes go for good, one from the trash goes back there, and what is gone already is passed over.
func TestTakeBackCodes(t *testing.T) {
	r := unlocked(t)
	ctx := t.Context()
	old := must(r.AddCode(ctx, codeEntry(1, otp.TOTP)))
	if err := r.TrashCode(ctx, old); err != nil {
		t.Fatal(err)
	}
	ids := must(r.AddCodes(ctx, []codes.Entry{codeEntry(1, otp.TOTP), codeEntry(2, otp.TOTP), codeEntry(3, otp.TOTP)}))
	if err := r.DeleteCode(ctx, ids[2]); err != nil || ids[0] != old {
		t.Fatalf("%v, %v", ids, err)
	}
	if err := r.TakeBackCodes(ctx, ids[1:], ids[:1]); err != nil {
		t.Fatal(err)
	}
	if all := r.Codes(); len(all) != 1 || all[0].ID != old || all[0].Trashed.IsZero() {
		t.Errorf("left are %+v", all)
	}
	r.Lock()
	if err := r.TakeBackCodes(ctx, ids, nil); err == nil {
		t.Error("it was done while locked")
	}
}

// Who opened an escrow wipes it: what was taken from it stays.
func TestJoinedCodesOutliveTheirEscrow(t *testing.T) {
	from, to := unlocked(t), unlocked(t)
	ctx := t.Context()
	must(from.AddCode(ctx, codeEntry(1, otp.TOTP)))
	doc := escrow.Document{Codes: from.codes.Escrow()}
	if err := to.takeCodes(doc.Codes); err != nil {
		t.Fatal(err)
	}
	doc.Wipe()
	for _, e := range to.codes.Escrow() {
		if len(e.Body) == 0 || e.Body[0] != '{' {
			t.Errorf("the phone hands on %q", e.Body)
		}
	}
	if err := to.save(ctx); err != nil {
		t.Error(err)
	}
}
