package wire

import (
	"errors"
	"fmt"
	"regexp"

	"avow/internal/authn"
)

// TelemetryPath takes a Telemetry (POST). It asks for no proof and no key, and answers 204.
const TelemetryPath = "/v1/telemetry"

// TelemetryVersion is the version of the document.
const TelemetryVersion = 1

// Telemetry is a report of how an app was used in a week or more, sent to the organisation's own server only, and only after its user has said yes. It has no text of its
// own making: each value is one of a list, or the version of the program. Nothing in it names a person, a device, an account, a host or a time, and the counters come in
// an order that is drawn anew each time.
type Telemetry struct {
	Version  int                `json:"v"`
	App      string             `json:"app"` // version of the app: 1.2.0
	Family   authn.AppFamily    `json:"family"`
	Counters []TelemetryCounter `json:"counters"`
}

// TelemetryCounter is one counter of a report.
type TelemetryCounter struct {
	Name  authn.Counter `json:"name"`
	Times authn.Bucket  `json:"times"`
}

var appVersion = regexp.MustCompile(`^[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}$`)

// Validate says what a report must not have.
func (t Telemetry) Validate() error {
	switch {
	case t.Version != TelemetryVersion:
		return fmt.Errorf("telemetry: version %d is not one that this program knows", t.Version)
	case !appVersion.MatchString(t.App):
		return errors.New("telemetry: app is not a version like 1.2.0")
	case !t.Family.Valid():
		return errors.New("telemetry: family is not one of the list")
	}
	seen := map[authn.Counter]bool{}
	for _, c := range t.Counters {
		switch {
		case !c.Name.Valid():
			return errors.New("telemetry: a counter is not one of the list")
		case !c.Times.Valid():
			return errors.New("telemetry: a bucket is not one of the list")
		case seen[c.Name]:
			return fmt.Errorf("telemetry: counter %q stands twice", c.Name)
		}
		seen[c.Name] = true
	}
	return nil
}

// TelemetrySums answers GET /v1/admin/telemetry: what the reports of the last weeks add up to.
type TelemetrySums struct {
	Policy authn.TelemetryPolicy `json:"policy"`
	Sums   []TelemetrySum        `json:"sums"` // the newest week first
}

// TelemetrySum is authn.TelemetrySum. Counter and Times are "" where it counts reports.
type TelemetrySum struct {
	Week    string          `json:"week"`
	App     string          `json:"app"`
	Family  authn.AppFamily `json:"family"`
	Counter authn.Counter   `json:"counter,omitempty"`
	Times   authn.Bucket    `json:"times,omitempty"`
	Reports int64           `json:"reports"`
}
