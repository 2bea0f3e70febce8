package transfer

import (
	"encoding/binary"
	"hash"
	"math/bits"
	"sync"

	"golang.org/x/crypto/blake2b"
)

// Argon2d is RFC 9106 with y = 0, version 0x13. golang.org/x/crypto has only the other two kinds, since this one tells its memory accesses to
// who can watch them. KeePass uses it by default, on a machine of one's own, and so does whoever wants to read its files.

const (
	argonVersion = 0x13
	argonSlices  = 4
	argonWords   = 128 // 64-bit words of a block of 1 KiB
)

type argonBlock [argonWords]uint64

// argonInput are the inputs of RFC 9106, section 3.1. memory is in KiB. The caller has bounded all numbers.
type argonInput struct {
	password, salt, secret, data []byte
	passes, memory, lanes        uint32
	size                         uint32 // of the key, in bytes
}

// argon2d derives the key.
func argon2d(in argonInput) []byte {
	columns := max(in.memory/(argonSlices*in.lanes), 2) * argonSlices
	a := &argonMemory{lanes: in.lanes, columns: columns, blocks: make([]argonBlock, in.lanes*columns)}
	defer clear(a.blocks)
	a.begin(in)
	for pass := range in.passes {
		for slice := range uint32(argonSlices) {
			var lanes sync.WaitGroup
			for lane := range in.lanes {
				lanes.Go(func() { a.segment(pass, slice, lane) })
			}
			lanes.Wait()
		}
	}
	last := a.blocks[columns-1]
	for lane := uint32(1); lane < in.lanes; lane++ {
		for i, word := range a.blocks[(lane+1)*columns-1] {
			last[i] ^= word
		}
	}
	return argonHash(last.bytes(), in.size)
}

// argonMemory is the matrix B of lanes rows.
type argonMemory struct {
	lanes, columns uint32
	blocks         []argonBlock
}

// begin fills the first two blocks of each lane (section 3.2, steps 1 to 4).
func (a *argonMemory) begin(in argonInput) {
	h := newBlake2b(blake2b.Size)
	number := func(n uint32) { h.Write(binary.LittleEndian.AppendUint32(nil, n)) }
	for _, n := range []uint32{in.lanes, in.size, in.memory, in.passes, argonVersion, 0} {
		number(n)
	}
	for _, text := range [][]byte{in.password, in.salt, in.secret, in.data} {
		number(uint32(len(text)))
		h.Write(text)
	}
	h0 := h.Sum(nil)
	defer clear(h0)
	for lane := range a.lanes {
		for column := range uint32(2) {
			seed := binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(append([]byte(nil), h0...), column), lane)
			a.blocks[lane*a.columns+column].set(argonHash(seed, argonWords*8))
			clear(seed)
		}
	}
}

// segment fills a quarter of a lane in one pass (steps 5 and 6). The other lanes fill theirs at the same time, and none reads those.
func (a *argonMemory) segment(pass, slice, lane uint32) {
	length := a.columns / argonSlices
	first := uint32(0)
	if pass == 0 && slice == 0 {
		first = 2
	}
	for i := first; i < length; i++ {
		column := slice*length + i
		before := (column + a.columns - 1) % a.columns
		previous := &a.blocks[lane*a.columns+before]
		from := &a.blocks[a.reference(previous[0], pass, slice, lane, i)]
		argonMix(&a.blocks[lane*a.columns+column], previous, from, pass > 0)
	}
}

// reference is the block that the random word picks (section 3.4).
func (a *argonMemory) reference(random uint64, pass, slice, lane, i uint32) uint32 {
	length := a.columns / argonSlices
	other := uint32(random>>32) % a.lanes
	if pass == 0 && slice == 0 {
		other = lane
	}
	area, start := a.columns-length, (slice+1)%argonSlices*length
	if pass == 0 {
		area, start = slice*length, 0
	}
	switch {
	case other == lane:
		area += i - 1
	case i == 0:
		area--
	}
	x, _ := bits.Mul64(random<<32>>32*(random<<32>>32), 1<<32)
	y, _ := bits.Mul64(uint64(area)*x, 1<<32)
	return other*a.columns + (start+area-1-uint32(y))%a.columns
}

// argonMix is the compression function G (section 3.5); from the second pass on it adds to what is there.
func argonMix(out, x, y *argonBlock, add bool) {
	var r, z argonBlock
	for i := range r {
		r[i] = x[i] ^ y[i]
	}
	z = r
	for i := 0; i < argonWords; i += 16 {
		argonRound(&z[i], &z[i+1], &z[i+2], &z[i+3], &z[i+4], &z[i+5], &z[i+6], &z[i+7],
			&z[i+8], &z[i+9], &z[i+10], &z[i+11], &z[i+12], &z[i+13], &z[i+14], &z[i+15])
	}
	for i := 0; i < 16; i += 2 {
		argonRound(&z[i], &z[i+1], &z[i+16], &z[i+17], &z[i+32], &z[i+33], &z[i+48], &z[i+49],
			&z[i+64], &z[i+65], &z[i+80], &z[i+81], &z[i+96], &z[i+97], &z[i+112], &z[i+113])
	}
	for i := range z {
		z[i] ^= r[i]
		if add {
			z[i] ^= out[i]
		}
	}
	*out = z
}

// argonRound is the permutation P (section 3.6) on sixteen words.
func argonRound(v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15 *uint64) {
	argonQuarter(v0, v4, v8, v12)
	argonQuarter(v1, v5, v9, v13)
	argonQuarter(v2, v6, v10, v14)
	argonQuarter(v3, v7, v11, v15)
	argonQuarter(v0, v5, v10, v15)
	argonQuarter(v1, v6, v11, v12)
	argonQuarter(v2, v7, v8, v13)
	argonQuarter(v3, v4, v9, v14)
}

func argonQuarter(pa, pb, pc, pd *uint64) {
	a, b, c, d := *pa, *pb, *pc, *pd
	a += b + 2*uint64(uint32(a))*uint64(uint32(b))
	d = bits.RotateLeft64(d^a, -32)
	c += d + 2*uint64(uint32(c))*uint64(uint32(d))
	b = bits.RotateLeft64(b^c, -24)
	a += b + 2*uint64(uint32(a))*uint64(uint32(b))
	d = bits.RotateLeft64(d^a, -16)
	c += d + 2*uint64(uint32(c))*uint64(uint32(d))
	b = bits.RotateLeft64(b^c, -63)
	*pa, *pb, *pc, *pd = a, b, c, d
}

// argonHash is the hash H' of any length (section 3.3).
func argonHash(in []byte, size uint32) []byte {
	head := binary.LittleEndian.AppendUint32(nil, size)
	if size <= blake2b.Size {
		h := newBlake2b(int(size))
		h.Write(head)
		h.Write(in)
		return h.Sum(nil)
	}
	h := newBlake2b(blake2b.Size)
	h.Write(head)
	h.Write(in)
	v := h.Sum(nil)
	var out []byte
	for left := int(size); ; {
		out = append(out, v[:blake2b.Size/2]...)
		if left -= blake2b.Size / 2; left <= blake2b.Size {
			h := newBlake2b(left)
			h.Write(v)
			return h.Sum(out)
		}
		next := blake2b.Sum512(v)
		v = next[:]
	}
}

func newBlake2b(size int) hash.Hash {
	h, err := blake2b.New(size, nil)
	if err != nil {
		panic(err) // a size of 1 to 64, no key: cannot fail
	}
	return h
}

func (b *argonBlock) set(raw []byte) {
	for i := range b {
		b[i] = binary.LittleEndian.Uint64(raw[8*i:])
	}
}

func (b *argonBlock) bytes() []byte {
	var out []byte
	for _, word := range b {
		out = binary.LittleEndian.AppendUint64(out, word)
	}
	return out
}
