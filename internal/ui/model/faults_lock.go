package model

import "avow/assets/translations"

// lockFaults is what becomes of a fingerprint, a PIN and a test of delivery, by the code of the error.
var lockFaults = map[string]translations.Message{
	"user_verification_not_enrolled": "app.fault.no_finger",
	"user_verification_locked_out":   "app.fault.finger_locked",
	"user_verification_invalidated":  "app.fault.finger_changed", // the PIN still opens the keys
	"key_invalidated":                "app.fault.keys_gone",      // nothing does
	"too_many_tests":                 "app.fault.tested_just_now",
}
