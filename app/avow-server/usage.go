package main

import "strings"

// isCobraUsage finds the mistakes of a command line that cobra has no type for.
func isCobraUsage(err error) bool {
	for _, start := range []string{"unknown command", "accepts ", "requires at least", "required flag(s)"} {
		if strings.HasPrefix(err.Error(), start) {
			return true
		}
	}
	return false
}
