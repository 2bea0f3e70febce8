package key

// The check symbols of a restore code: a shortened Reed-Solomon code over GF(32) = GF(2)[x]/(x^5+x^2+1), α = x. The 28 symbols are the coefficients
// of a polynomial, the first character that of x^27, which α^0 and α^1 are roots of. So any two codes differ in three characters or more: one or two
// wrong ones are always found, two that changed places too, and where exactly one is wrong, which one.

// gfPower has the powers of α, twice around so that sums of two logarithms need no reduction; gfLog is its inverse.
var gfPower, gfLog = func() (power [62]byte, log [32]byte) {
	x := byte(1)
	for i := range 31 {
		power[i], power[i+31], log[x] = x, x, byte(i)
		if x <<= 1; x&32 != 0 {
			x ^= 0b100101
		}
	}
	return power, log
}()

func gfMul(a, b byte) byte {
	if a == 0 || b == 0 {
		return 0
	}
	return gfPower[int(gfLog[a])+int(gfLog[b])]
}

// locator is α to the exponent of the symbol at i.
func locator(i int) byte { return gfPower[restoreSymbols-1-i] }

// syndromes are the values of the polynomial at α^0 and α^1: both 0 for a code that is right.
func syndromes(symbols *[restoreSymbols]byte) (s0, s1 byte) {
	for i, c := range symbols {
		s0 ^= c
		s1 ^= gfMul(c, locator(i))
	}
	return s0, s1
}

// restoreCheck sets the last two symbols. With a before last and b last: a + b = s0 and αa + b = s1, so a = (s0 + s1) / (1 + α).
func restoreCheck(symbols *[restoreSymbols]byte) {
	symbols[restoreData], symbols[restoreData+1] = 0, 0
	s0, s1 := syndromes(symbols)
	inverse := gfPower[31-int(gfLog[1^gfPower[1]])]
	a := gfMul(s0^s1, inverse)
	symbols[restoreData], symbols[restoreData+1] = a, s0^a
}

// suspects are the positions that alone, or as two neighbors that changed places, explain syndromes that are not 0; nil where neither does. It is what
// probably happened, not what certainly did: two wrong characters may look like one.
func suspects(symbols *[restoreSymbols]byte, s0, s1 byte) []int {
	switch {
	case s0 != 0 && s1 != 0: // one wrong by s0: s1 = s0 * locator
		for i := range symbols {
			if gfMul(s0, locator(i)) == s1 {
				return []int{i}
			}
		}
	case s0 == 0: // what was added at one place was taken away at another
		var found []int
		for i := range restoreSymbols - 1 {
			if gfMul(symbols[i]^symbols[i+1], locator(i)^locator(i+1)) == s1 {
				found = append(found, i, i+1)
			}
		}
		if len(found) == 2 {
			return found
		}
	}
	return nil
}
