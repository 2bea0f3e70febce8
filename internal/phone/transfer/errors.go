package transfer

import "avow/internal/authn"

// The reasons for which a whole file is refused.
var (
	ErrPasswordNeeded = authn.Fail(authn.Unauthorized, "import_password_needed", "This file is protected. Type the password that you chose when you exported it.")
	ErrPasswordWrong  = authn.Fail(authn.Unauthorized, "import_password_wrong",
		"The password does not open this file. Type the one that you chose when you exported it; if it is right, the file is damaged: export it again.")
	ErrDamaged   = authn.Fail(authn.Invalid, "import_damaged", "This file is damaged. Export it again in the other app.")
	ErrTruncated = authn.Fail(authn.Invalid, "import_truncated", "The end of this file is missing. Copy it again, or export it again in the other app.")
	ErrEmpty     = authn.Fail(authn.Invalid, "import_empty", "This file is empty. Export it again in the other app.")
	ErrTooLarge  = authn.Fail(authn.Invalid, "import_too_large", "This file is too large to be an export of codes. Choose another one.")
	ErrTooMany   = authn.Fail(authn.Invalid, "import_too_many", "There are more entries in this file than can be imported. Export it in parts.")
	ErrTooHard   = authn.Fail(authn.Invalid, "import_too_hard",
		"Opening this file takes more memory or work than this app gives it. Import it on a computer, or export it again in another form.")
	ErrUnknownFormat = authn.Fail(authn.Invalid, "import_format_unknown",
		"This is not an export that this app knows. Export the codes in the other app again, as a file that other apps can read.")
	ErrVersion = authn.Fail(authn.Invalid, "import_version_unknown",
		"A newer version of the other app made this file. Update this app, or export in an older form.")
	ErrOtherAccount = authn.Fail(authn.Invalid, "import_other_account",
		"Only the account that exported this file can open it. Export it again and choose protection by a password.")
	ErrNoPassword = authn.Fail(authn.Invalid, "import_no_password",
		"Only the phone that exported this file can open it. Export it again and choose a password.")
	ErrNothing    = authn.Fail(authn.Invalid, "import_nothing", "There are no codes in this file. Choose another one.")
	ErrMixedParts = authn.Fail(authn.Invalid, "import_parts_mixed", "These QR codes are from different exports. Scan all those of one export.")
)

// The reasons for which an entry is left out, beside those of package otp.
var (
	errEntry    = authn.Fail(authn.Invalid, "import_entry_damaged", "This entry is damaged. Set it up again at the service.")
	errKind     = authn.Fail(authn.Invalid, "import_kind_unknown", "This entry is of a kind that this app does not know. Keep it in the other app.")
	errNoCode   = authn.Fail(authn.Invalid, "import_entry_no_code", "This entry has no codes.")
	errLine     = authn.Fail(authn.Invalid, "import_line_unknown", "This line is not a link for one-time codes.")
	errPassword = authn.Fail(authn.Invalid, "import_entry_other_password", "This entry is protected by another password. Show it in the other app and scan it.")

	errDeviceKey = authn.Fail(authn.Invalid, "import_entry_device_key",
		"Only the phone it was made on can open this entry. Export it there as QR codes and scan them.")
)
