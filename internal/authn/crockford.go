package authn

import "avow/internal/key"

// CrockfordDigits are the characters of Crockford's base32, in upper case and without its aliases.
const CrockfordDigits = key.CrockfordDigits

// Crockford is Crockford's base32 without padding.
var Crockford = key.Crockford

// CleanCrockford is what a person meant who typed a code.
func CleanCrockford(typed string) string { return key.CleanCrockford(typed) }
