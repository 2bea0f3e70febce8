package transfer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"slices"
	"unicode/utf8"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/otp"
)

// ExportOptions say how an export is protected.
type ExportOptions struct {
	Passphrase key.Secret // Age, Aegis: at least MinPassphrase characters
	Recipient  string     // Age, in place of a passphrase: public keys as age-keygen prints them (age1…, age1pq1…), one a line
	Typed      string     // OTPAuth, Google: PlainPhrase, since nothing protects them
}

// PlainPhrase is what a person types before codes leave the app unprotected. A screen in another language compares with its own
// words and hands on these.
const PlainPhrase = "anybody can read this"

// MinPassphrase is the least number of characters of a passphrase (NIST SP 800-63B-4, section 3.1.1.1).
const MinPassphrase = 8

// ExportFormats are those that can be written; the first is the default.
func ExportFormats() []Format { return []Format{Age, Aegis, OTPAuth, Google} }

// Protected says whether an export of the format is encrypted.
func (f Format) Protected() bool { return f == Age || f == Aegis }

// The reasons for which nothing is exported.
var (
	ErrNotExported     = authn.Fail(authn.Invalid, "export_format_unknown", "Codes are not exported in this form. Choose another one.")
	ErrPassphraseShort = authn.Fail(authn.Invalid, "export_passphrase_short",
		"This passphrase is too short. Choose one of at least 8 characters, best several words.")
	ErrOneProtection = authn.Fail(authn.Invalid, "export_protection_one", "Protect the file by a passphrase or by a public key, not by both.")
	ErrRecipient     = authn.Fail(authn.Invalid, "export_recipient_invalid", "This is not a public key of age. It begins with age1; age-keygen -y prints it.")
	ErrNotConfirmed  = authn.Fail(authn.Forbidden, "export_not_confirmed",
		"Anybody who sees this export has your codes. Type the words that are shown to go on.")
	ErrDiffers = authn.Fail(authn.Internal, "export_differs",
		"What was exported is not what it should be, and cannot be relied on. Export again, to another place.")
)

// The reasons for which one code is left out of an export.
var (
	errNotCarried = authn.Fail(authn.Invalid, "export_code_not_carried", "This form of export cannot hold codes of this kind. Export it as an age file, too.")
	errNameLong   = authn.Fail(authn.Invalid, "export_name_long", "The name is too long for this form of export. Shorten it, or export an age file.")
)

// Export is codes as they leave the app, in memory. It has been read back, and is what it should be. Wipe it when it is not needed any more.
type Export struct {
	Format Format
	Count  int          // codes in it
	Left   []Unreadable // codes that this form cannot hold

	file  key.Secret
	texts []otp.Secret
}

// MakeExport writes the items in a form, reads that back, and compares it with what went in, to the last letter that the form can hold:
// docs/export.md says for each which that are. What of a code it can't hold at all is in Left, and must be shown.
//
// Making a key of a passphrase takes seconds on a slow phone, twice, and 256 MiB at most.
//
// Errors: ErrNothing, those above, ctx's.
func MakeExport(ctx context.Context, format Format, items []Item, o ExportOptions) (_ *Export, err error) {
	writer, known := exporters[format]
	if !known {
		return nil, ErrNotExported
	}
	if err := o.check(format); err != nil {
		return nil, err
	}
	x := &Export{Format: format}
	defer func() {
		if err != nil {
			x.Wipe()
		}
	}()
	var carried []Item
	for n, item := range items {
		err := item.Code.Validate()
		if err == nil {
			err = writer.carries(item)
		}
		if err != nil {
			x.Left = append(x.Left, Unreadable{where(n, item.Code.Issuer, item.Code.Account), err})
			continue
		}
		carried = append(carried, item)
	}
	if x.Count = len(carried); x.Count == 0 {
		return nil, ErrNothing
	}
	if x.Count > MaxEntries {
		return nil, ErrTooMany
	}
	again, err := writer.write(ctx, x, carried, o)
	if err != nil {
		return nil, err
	}
	if len(x.file) > MaxFile {
		return nil, ErrTooLarge
	}
	found, err := again(ctx)
	if err == nil {
		err = compareExport(carried, found, writer.keeps)
	}
	found.Wipe()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, ErrDiffers.Because(err)
	}
	return x, nil
}

func (o ExportOptions) check(format Format) error {
	switch {
	case !format.Protected():
		if o.Typed != PlainPhrase {
			return ErrNotConfirmed
		}
		return nil
	case len(o.Passphrase) > 0 && o.Recipient != "":
		return ErrOneProtection
	case o.Recipient != "" && format != Age:
		return ErrRecipient
	case o.Recipient == "" && (utf8.RuneCount(o.Passphrase) < MinPassphrase || len(o.Passphrase) > MaxPassword):
		return ErrPassphraseShort
	}
	return nil
}

// exporter is one form of export.
type exporter struct {
	// carries says why the form cannot hold a code, or nil.
	carries func(Item) error
	// write fills in x.file and, for forms that are shown as QR codes, x.texts. What it returns reads the export as another app would.
	write func(ctx context.Context, x *Export, items []Item, o ExportOptions) (again func(context.Context) (Found, error), err error)
	// keeps takes away from an item what the form has no place for.
	keeps func(Item) Item
}

var exporters = map[Format]exporter{
	Age:     {func(Item) error { return nil }, writeAge, func(i Item) Item { return i }},
	Aegis:   {aegisCarries, writeAegis, func(i Item) Item { i.Name = ""; return i }},
	OTPAuth: {func(Item) error { return nil }, writeLinks, func(i Item) Item { return Item{Code: i.Code} }},
	Google:  {googleCarries, writeGoogle, func(i Item) Item { return Item{Code: i.Code} }},
}

// readBack reads what is in memory as a file that somebody chose.
func (x *Export) readBack(o Options) func(context.Context) (Found, error) {
	return func(ctx context.Context) (Found, error) { return Read(ctx, bytes.NewReader(x.file), o) }
}

// compareExport returns nil if found is items, in their order, but for what the form does not keep.
func compareExport(items []Item, found Found, keeps func(Item) Item) error {
	if len(found.Items) != len(items) || len(found.Unreadable) != 0 || len(found.Missing) != 0 {
		return ErrDiffers
	}
	for i := range items {
		if !sameItem(keeps(items[i]), found.Items[i]) {
			return ErrDiffers
		}
	}
	return nil
}

// sameItem: the words are compared as they are after reading, which takes white space and control characters away.
func sameItem(a, b Item) bool {
	one, err := a.Code.Encode()
	if err != nil {
		return false
	}
	defer one.Wipe()
	two, err := b.Code.Encode()
	if err != nil {
		return false
	}
	defer two.Wipe()
	return one.Equal(two) && a.Code.PIN.Equal(b.Code.PIN) && clean(a.Name, maxName) == clean(b.Name, maxName) &&
		cleanNote(a.Note) == cleanNote(b.Note) && slices.Equal(cleanGroups(a.Groups), cleanGroups(b.Groups)) && a.Pinned == b.Pinned
}

// WriteTo writes the file. Check, with what was written, says whether it got there.
func (x *Export) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(x.file)
	return int64(n), err
}

// Check reads what was written, and fails with ErrDiffers if it is not this export to the last byte; a failing r is one reason for that.
func (x *Export) Check(r io.Reader) error {
	h := sha256.New()
	n, err := io.Copy(h, io.LimitReader(r, int64(len(x.file))+1))
	if err != nil {
		return ErrDiffers.Because(err)
	}
	want := sha256.Sum256(x.file)
	if n != int64(len(x.file)) || !bytes.Equal(h.Sum(nil), want[:]) {
		return ErrDiffers
	}
	return nil
}

// Texts are what to show as QR codes, one after the other; nil for a form that is only a file. Wipe of the export wipes them.
func (x *Export) Texts() []otp.Secret { return x.texts }

// Wipe overwrites the export.
func (x *Export) Wipe() {
	x.file.Wipe()
	for _, text := range x.texts {
		text.Wipe()
	}
	*x = Export{}
}
