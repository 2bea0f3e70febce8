package wire

import (
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"mime/quotedprintable"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"avow/internal/authn"
	"avow/internal/key"
)

// Checkpoint says how the audit log's tree was at a size. As text it is a C2SP tlog-checkpoint in a signed note: the origin, the size, the
// root, an empty line, and a line with the signature of the server's identity key.
type Checkpoint struct {
	Origin string // the host of the issuer, with its port if it has one
	Size   int64
	Root   authn.Hash
}

// checkpointSignature is the type of the signature: 0xff says that it is none of C2SP's list, the rest is its name. It is ES256 by the identity key,
// which everybody who verifies has pinned already.
const checkpointSignature = "\xffavow.checkpoint/ES256"

// maxCheckpoint is how long a checkpoint may be.
const maxCheckpoint = 2 << 10

// checkpointKey is the identity key as a key of notes.
type checkpointKey struct {
	origin string
	public key.Public
	signer crypto.Signer // nil: for verifying
}

// Name implements note.Signer and note.Verifier.
func (k checkpointKey) Name() string { return k.origin }

// KeyHash implements them: C2SP signed-note's key id.
func (k checkpointKey) KeyHash() uint32 {
	sum := sha256.Sum256([]byte(k.origin + "\n" + checkpointSignature + string(k.public.Bytes())))
	return binary.BigEndian.Uint32(sum[:])
}

// Sign implements note.Signer.
func (k checkpointKey) Sign(text []byte) ([]byte, error) { return key.Sign(k.signer, text) }

// Verify implements note.Verifier.
func (k checkpointKey) Verify(text, sig []byte) bool { return key.Verify(k.public, text, sig) }

// Sign writes the signed note. What it signs has line breaks, which the input of a JWS never has: no signature of one is good for the other.
func (c Checkpoint) Sign(s crypto.Signer) (string, error) {
	p, err := key.PublicOf(s)
	if err != nil {
		return "", err
	}
	b, err := note.Sign(&note.Note{Text: c.text()}, checkpointKey{c.Origin, p, s})
	if err != nil {
		return "", fmt.Errorf("sign checkpoint: %w", err)
	}
	return string(b), nil
}

func (c Checkpoint) text() string {
	return c.Origin + "\n" + strconv.FormatInt(c.Size, 10) + "\n" + base64.StdEncoding.EncodeToString(c.Root[:]) + "\n"
}

// ErrCheckpoint means that a text is no checkpoint of this server.
var ErrCheckpoint = errors.New("this is not a checkpoint that this server signed")

// ParseCheckpoint reads a signed note and verifies it. Lines behind the root, and signatures of others, which a witness may add, are passed over.
func ParseCheckpoint(text, origin string, identity key.Public) (Checkpoint, error) {
	if len(text) > maxCheckpoint {
		return Checkpoint{}, ErrCheckpoint
	}
	n, err := note.Open([]byte(text), note.VerifierList(checkpointKey{origin: origin, public: identity}))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	lines := strings.SplitN(n.Text, "\n", 4)
	if len(lines) < 4 || lines[0] != origin {
		return Checkpoint{}, ErrCheckpoint
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return Checkpoint{}, ErrCheckpoint
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != len(authn.Hash{}) {
		return Checkpoint{}, ErrCheckpoint
	}
	return Checkpoint{origin, size, authn.Hash(root)}, nil
}

// FindCheckpoints takes the signed notes out of a file to which they were written one after the other, or of a mail with other text around them.
// It verifies nothing.
func FindCheckpoints(text string) (notes []string) {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		if !signatureLine(lines[i]) || i < 4 || lines[i-1] != "" {
			continue
		}
		first := i - 1
		for first > 0 && lines[first-1] != "" && !signatureLine(lines[first-1]) {
			first--
		}
		end := i
		for end < len(lines) && signatureLine(lines[end]) {
			end++
		}
		if i-1-first >= 3 {
			notes = append(notes, strings.Join(lines[first:end], "\n")+"\n")
		}
		i = end - 1
	}
	return notes
}

func signatureLine(line string) bool { return strings.HasPrefix(line, "— ") }

// ReadCheckpoints takes the checkpoints out of a file, which may be a saved mail, and verifies them all. One that does not verify, and a file without any, is an error.
func ReadCheckpoints(text, origin string, identity key.Public) (list []Checkpoint, err error) {
	notes := FindCheckpoints(text)
	if _, body, ok := strings.Cut(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n"); ok && len(notes) == 0 {
		// A mail as it is on the way has its dashes and equals signs written otherwise (RFC 2045, section 6.7).
		if b, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(body))); err == nil {
			notes = FindCheckpoints(string(b))
		}
	}
	for _, n := range notes {
		c, err := ParseCheckpoint(n, origin, identity)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	if len(list) == 0 {
		return nil, errors.New("there is no checkpoint in it")
	}
	return list, nil
}
