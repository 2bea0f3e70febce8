//go:build !linux

package keystore

import "time"

func systemBoot() (string, time.Duration) { return processBoot() }
