package wire

import (
	"crypto/sha256"
	"encoding/binary"

	"avow/internal/authn"
	"avow/internal/key"
)

// Messages between a computer with avow-login and the server, /v1/computer/, proved by the computer's key with the kid of
// ComputerKid; and those of phones about them, /v1/offline.

// ComputerKid is the kid of a computer's proofs: its id behind c_, so that it is never taken for a device's or an administrator's.
func ComputerKid(id authn.ClientID) string { return "c_" + string(id) }

// EnrollComputer binds a computer by the one-time token of a ComputerLink (POST /v1/computer/enroll). The proof brings the
// computer's key.
type EnrollComputer struct {
	Token SessionSecret `json:"token"`
	OS    string        `json:"os"`
	App   string        `json:"app"`
}

// ComputerSettings is what the server wants of a computer; it comes with every answer.
type ComputerSettings struct {
	ID         authn.ClientID      `json:"id"`
	Name       string              `json:"name"`
	Offline    authn.OfflinePolicy `json:"offline"`
	DeskJWK    key.Public          `json:"desk_jwk"`    // the service desk's exchange key: its lists are made for it
	ServerTime int64               `json:"server_time"` // unix seconds
}

// SyncComputer is what a computer tells at each contact (POST /v1/computer/sync). It may be sent again when the answer was lost.
type SyncComputer struct {
	Journal []JournalEntry `json:"journal"` // in order, at most MaxJournal
	Batches []string       `json:"batches"` // JWS of new lists, at most MaxBatches
	App     string         `json:"app"`
}

// What one SyncComputer carries at most, and one OfflineSync; more goes with the next.
const (
	MaxJournal = 50
	MaxBatches = 32
	MaxRecords = 100
)

// SyncedComputer answers it.
type SyncedComputer struct {
	ComputerSettings
	Grants     []string       `json:"grants"`      // JWS, all of the computer that are not long over, ended ones too
	Shown      []ListPosition `json:"shown"`       // how far the phones have gone in their lists
	JournalSeq uint64         `json:"journal_seq"` // of the last entry that the server has: those up to it may be forgotten
}

// ListPosition is a place in a list of codes.
type ListPosition struct {
	Batch authn.BatchID `json:"batch_id"`
	Index int           `json:"index"` // from 0
}

// UseDeskCode asks whether a code of the service desk's list, right by its hash, was given out for now, and uses it (POST
// /v1/computer/desk-code). authn.Gone when it was not, or its two minutes are over.
type UseDeskCode struct {
	Grant authn.GrantID `json:"grant_id"`
	Batch authn.BatchID `json:"batch_id"`
	Index int           `json:"index"`
}

// JournalKind is stored and sent: append, never rename.
type JournalKind string

// What a computer's journal tells of.
const (
	JournalSignIn  JournalKind = "sign_in" // let in without the server
	JournalRefused JournalKind = "refused" // a wrong code
	JournalLocked  JournalKind = "locked"  // too many of them: offline is off until online
)

// JournalEntry is one link of the hash chain in which a computer records what it decided without the server.
type JournalEntry struct {
	Seq    uint64              `json:"seq"` // from 1, without gaps
	At     int64               `json:"at"`  // unix seconds, by the computer's clock
	Kind   JournalKind         `json:"kind"`
	Login  string              `json:"login"` // as typed
	Grant  authn.GrantID       `json:"grant_id"`
	Method authn.OfflineMethod `json:"method,omitempty"`
	Use    string              `json:"use,omitempty"` // ChallengeUse or ListUse, of a sign-in
	Prev   authn.Hash          `json:"prev"`          // Sum of the entry before; zero for the first
}

// Sum is the SHA-256 that the next entry refers to.
func (e JournalEntry) Sum() authn.Hash {
	data := []byte("avow journal v1")
	data = binary.BigEndian.AppendUint64(data, e.Seq)
	data = binary.BigEndian.AppendUint64(data, uint64(e.At))
	for _, part := range [][]byte{[]byte(e.Kind), []byte(e.Login), e.Grant[:], []byte(e.Method), []byte(e.Use), e.Prev[:]} {
		data = binary.BigEndian.AppendUint16(data, uint16(len(part)))
		data = append(data, part...)
	}
	return sha256.Sum256(data)
}

// ChallengeUse names a code for a QR in journals and records: the hash of the QR's payload.
func ChallengeUse(challenge []byte) string { return authn.Hash(sha256.Sum256(challenge)).String() }

// ListUse names a code of a list in journals and records.
func ListUse(p ListPosition) string {
	data := binary.BigEndian.AppendUint32(append([]byte("avow list use v1"), p.Batch[:]...), uint32(p.Index))
	return authn.Hash(sha256.Sum256(data)).String()
}

// OfflineSync is what a phone tells of the codes that it has shown (POST /v1/offline); it may be sent again. With it the phone says that
// there were no others before.
type OfflineSync struct {
	Records []OfflineRecord `json:"records"` // at most MaxRecords
}

// OfflineRecord is the phone's own note of one code, written before the code was shown.
type OfflineRecord struct {
	Grant  authn.GrantID       `json:"grant_id"`
	At     int64               `json:"at"` // unix seconds, by the best clock that the phone has: the server's, if it knows it
	Method authn.OfflineMethod `json:"method"`
	Use    string              `json:"use"`            // ChallengeUse or ListUse
	List   *ListPosition       `json:"list,omitempty"` // of a list's code
}

// OfflineAnswer answers it with all that this device may use.
type OfflineAnswer struct {
	Grants     []string       `json:"grants"`  // JWS, ended ones too
	Batches    []string       `json:"batches"` // JWS, the newest of each grant last
	Used       []ListPosition `json:"used"`    // the last code of a list that a computer took
	ServerTime int64          `json:"server_time"`
}

// MaxOfflineAnswer is how many bytes of an OfflineAnswer or SyncedComputer are read: MaxGrants grants with two batches each.
const MaxOfflineAnswer = 1 << 20
