package server_test

import "testing"

// many is how many calls race: a thousand, and a hundred under -short, which the race detector is given.
func many() int {
	if testing.Short() {
		return 100
	}
	return 1000
}
