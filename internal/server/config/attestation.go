package config

import (
	"fmt"
	"os"
	"regexp"

	"avow/internal/authn"
	"avow/internal/server/attestation"
)

var appForm = regexp.MustCompile(`^[A-Z0-9]{10}\.[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$`)

func (a Attestation) check(c Config, faults *Faults) {
	oneOf(faults, "attestation.policy", a.Policy, string(authn.AttestationNone), string(authn.AttestationRequired))
	if a.Policy == string(authn.AttestationRequired) && a.GoogleStatusFile == "" && len(a.AppleApps) == 0 {
		faults.add("attestation.policy", "No phone could be connected, since nothing that phones prove is believed", "Set google_status_file or apple_apps too")
	}
	list := func(b []byte) error { _, err := attestation.ParseStatus(b); return err }
	roots := func(b []byte) error { _, err := attestation.ParseRoots(b); return err }
	parses(faults, "attestation.google_status_file", c.Path(a.GoogleStatusFile), list)
	parses(faults, "attestation.google_roots_file", c.Path(a.GoogleRootsFile), roots)
	for _, id := range a.AppleApps {
		if !appForm.MatchString(id) {
			faults.add("attestation.apple_apps", fmt.Sprintf("%.100q is not the id of an app", id), `Write it as "TEAMID1234.com.example.avow"`)
		}
	}
	parses(faults, "attestation.apple_roots_file", c.Path(a.AppleRootsFile), roots)
}

// parses checks that a file, if one is named, is there and can be read as what it should be.
func parses(faults *Faults, key, path string, parse func([]byte) error) {
	if path == "" {
		return
	}
	before := len(*faults)
	if readable(faults, key, path, false); len(*faults) > before {
		return
	}
	b, err := os.ReadFile(path)
	if err == nil {
		err = parse(b)
	}
	if err != nil {
		faults.add(key, fmt.Sprintf("%s cannot be understood: %v", path, err), "Fetch the file anew")
	}
}
