package qr

// The weights of ISO/IEC 18004, 7.8.3.1.
const (
	penaltyRun    = 3
	penaltyBlock  = 3
	penaltyFinder = 40
	penaltyShare  = 10
)

// penalty is how hard a code would be to read with its mask (ISO/IEC 18004, 7.8.3.1): long runs of one colour, blocks,
// rows that look like a finder pattern, and an unequal share of dark and light.
func (c Code) penalty() int {
	total := 0
	row, column := make([]bool, c.size), make([]bool, c.size)
	for i := range c.size {
		for j := range c.size {
			row[j], column[j] = c.dark[i*c.size+j], c.dark[j*c.size+i]
		}
		total += runPenalty(row) + runPenalty(column) + finderPenalty(row) + finderPenalty(column)
	}
	return total + c.blockPenalty() + c.sharePenalty()
}

func runPenalty(line []bool) int {
	total, run := 0, 1
	for i := 1; i <= len(line); i++ {
		if i < len(line) && line[i] == line[i-1] {
			run++
			continue
		}
		if run >= 5 {
			total += penaltyRun + run - 5
		}
		run = 1
	}
	return total
}

// finderPenalty counts 1:1:3:1:1 with four light modules on one side; beyond the edge all is light.
func finderPenalty(line []bool) int {
	pattern := [7]bool{true, false, true, true, true, false, true}
	light := func(from, to int) bool {
		for i := max(from, 0); i < min(to, len(line)); i++ {
			if line[i] {
				return false
			}
		}
		return true
	}
	total := 0
	for i := 0; i+len(pattern) <= len(line); i++ {
		if [7]bool(line[i:i+7]) == pattern && (light(i-4, i) || light(i+7, i+11)) {
			total += penaltyFinder
		}
	}
	return total
}

func (c Code) blockPenalty() int {
	total := 0
	for y := 1; y < c.size; y++ {
		for x := 1; x < c.size; x++ {
			d := c.dark[y*c.size+x]
			if d == c.dark[y*c.size+x-1] && d == c.dark[(y-1)*c.size+x] && d == c.dark[(y-1)*c.size+x-1] {
				total += penaltyBlock
			}
		}
	}
	return total
}

func (c Code) sharePenalty() int {
	dark := 0
	for _, d := range c.dark {
		if d {
			dark++
		}
	}
	off := dark*20 - len(c.dark)*10 // twentieths away from one half
	if off < 0 {
		off = -off
	}
	return penaltyShare * (off / len(c.dark))
}
