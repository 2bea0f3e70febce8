package wire

import (
	"crypto/sha256"
	"maps"
	"slices"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"

	"avow/internal/authn"
)

// AuditSaltSize is the length of a record's salt.
const AuditSaltSize = 16

// auditLeafVersion begins every leaf. Another encoding gets another version; this one never changes, since hashes of it were signed.
const auditLeafVersion = "avow-audit-v1"

// AuditLeaf is the leaf of a record in the audit log's tree (docs/protocol.md, section 10): netstrings of the version, the number, the time, the
// action, the subject, and the SHA-256 of the salt and the personal fields. So the personal fields, and the salt with them, can be erased one
// day without a change of the tree, and nobody can find out by guessing what they were.
func AuditLeaf(number int64, salt []byte, a authn.AuditRecord) []byte {
	hidden := sha256.Sum256(append(slices.Clone(salt), personalFields(a)...))
	at := "" // the zero time
	if !a.At.IsZero() {
		at = strconv.FormatInt(a.At.UnixNano(), 10)
	}
	return netstrings(auditLeafVersion, strconv.FormatInt(number, 10), at, a.Action, a.Subject, string(hidden[:]))
}

// AuditLeafHash is the leaf's hash in the tree (RFC 6962, section 2.1).
func AuditLeafHash(number int64, salt []byte, a authn.AuditRecord) authn.Hash {
	return authn.Hash(tlog.RecordHash(AuditLeaf(number, salt, a)))
}

// personalFields has the facts at its end, by name.
func personalFields(a authn.AuditRecord) []byte {
	fields := []string{a.Actor, a.IP, a.Reason}
	for _, name := range slices.Sorted(maps.Keys(a.Facts)) {
		fields = append(fields, name, a.Facts[name])
	}
	return netstrings(fields...)
}

// netstrings writes texts so that no two lists look alike: length in decimal, colon, bytes, comma.
func netstrings(texts ...string) []byte {
	var b []byte
	for _, s := range texts {
		b = strconv.AppendInt(b, int64(len(s)), 10)
		b = append(b, ':')
		b = append(b, s...)
		b = append(b, ',')
	}
	return b
}
