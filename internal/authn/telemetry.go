package authn

import (
	"fmt"
	"slices"
	"time"
)

// TelemetryPolicy says whether users may be asked to send counters of how they use the app. Stored and sent: append, never rename.
type TelemetryPolicy string

// The policies.
const (
	TelemetryAsked TelemetryPolicy = "asked" // each user decides; nothing is sent before
	TelemetryOff   TelemetryPolicy = "off"   // nobody is asked, nothing is sent, nothing is taken
)

// Valid reports whether p is one of the policies.
func (p TelemetryPolicy) Valid() bool { return p == TelemetryAsked || p == TelemetryOff }

// ErrTelemetryOff is answered to a report where the organisation wants none.
var ErrTelemetryOff = Fail(Forbidden, "telemetry_off", "Your organisation takes no usage reports. Nothing was kept.")

// Counter names what a report counts. Sent, stored and shown: append, never rename. There are no other names, so a report can't say anything else.
type Counter string

// The counters.
const (
	CountStarts       Counter = "starts"        // the app was opened
	CountApprovals    Counter = "approvals"     // Yes
	CountDenials      Counter = "denials"       // No
	CountNotMe        Counter = "not_me"        // It's not me
	CountMissed       Counter = "missed"        // requests whose time ran out
	CountOfflineCodes Counter = "offline_codes" // for a computer without a network
	CountCodesCopied  Counter = "codes_copied"  // of other services
	CountImports      Counter = "imports"       // codes taken over from another app
	CountExports      Counter = "exports"       // and given out
	CountRestores     Counter = "restores"      // accounts brought back
	CountUnreachable  Counter = "unreachable"   // the server could not be reached
	CountFaults       Counter = "faults"        // something went wrong that the person saw
	CountCrashes      Counter = "crashes"       // the app broke
)

// Counters are all counters, in the order in which they are shown.
var Counters = []Counter{
	CountStarts, CountApprovals, CountDenials, CountNotMe, CountMissed, CountOfflineCodes, CountCodesCopied, CountImports, CountExports, CountRestores,
	CountUnreachable, CountFaults, CountCrashes,
}

// Valid reports whether c is one of the counters.
func (c Counter) Valid() bool { return slices.Contains(Counters, c) }

// Bucket says roughly how often. What never happened is not in a report at all.
type Bucket string

// Buckets are all of them, from few to many.
var Buckets = []Bucket{"1", "2-5", "6-20", ">20"}

// Valid reports whether b is one of the buckets.
func (b Bucket) Valid() bool { return slices.Contains(Buckets, b) }

// BucketOf is the bucket of a number; "" for none.
func BucketOf(n int) Bucket {
	switch {
	case n < 1:
		return ""
	case n == 1:
		return Buckets[0]
	case n <= 5:
		return Buckets[1]
	case n <= 20:
		return Buckets[2]
	}
	return Buckets[3]
}

// AppFamily is the kind of system that the app runs on, and nothing closer. Sent and stored: append, never rename.
type AppFamily string

// AppFamilies are all of them.
var AppFamilies = []AppFamily{"android", "ios", "linux", "macos", "windows", "other"}

// Valid reports whether f is one of the families.
func (f AppFamily) Valid() bool { return slices.Contains(AppFamilies, f) }

// TelemetrySum is how many reports of a week had a counter in a bucket. Counter and Bucket are "" where the reports themselves are counted. It is all that a server
// keeps of them: which counters came together is not known, nor from whom, from where, or on which day.
type TelemetrySum struct {
	Week    string // 2026-W48, ISO 8601
	App     string // version: 1.2.0
	Family  AppFamily
	Counter Counter
	Bucket  Bucket
	Reports int64
}

// TelemetryWeek is the week of a time, as sums have it.
func TelemetryWeek(t time.Time) string {
	year, week := t.UTC().ISOWeek()
	return fmt.Sprintf("%04d-W%02d", year, week)
}

// TelemetryKept is how long sums are kept.
const TelemetryKept = 2 * 365 * 24 * time.Hour
