package approval

import (
	"strconv"
	"testing"
)

// TestNumberIsRandom is R-026: chi-square over 100 000 numbers, by digit and by the thousand that a number falls into.
func TestNumberIsRandom(t *testing.T) {
	const n = 100_000
	var digits [6][10]int
	var thousands [1000]int
	for range n {
		s := randomNumber()
		v, err := strconv.Atoi(s)
		if err != nil || len(s) != 6 {
			t.Fatalf("number %q", s)
		}
		for i, c := range s {
			digits[i][c-'0']++
		}
		thousands[v/1000]++
	}
	chi := func(counts []int) (x float64) {
		want := float64(n) / float64(len(counts))
		for _, c := range counts {
			d := float64(c) - want
			x += d * d / want
		}
		return x
	}
	for i := range digits {
		if x := chi(digits[i][:]); x > 39.3 { // 9 degrees of freedom, one in 100 000
			t.Errorf("digit %d: chi-square %.1f", i, x)
		}
	}
	if x := chi(thousands[:]); x > 1204 { // 999 degrees of freedom, one in 100 000
		t.Errorf("thousands: chi-square %.1f", x)
	}
}
