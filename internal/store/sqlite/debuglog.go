package sqlite

import (
	"time"

	"avow/internal/authn"
)

const debugLogColumns columns = `id, device_id, user_id, at, note, log`

// debugLogRead has what follows from the text, too; debugLogList has the text left out.
const (
	debugLogRead columns = debugLogColumns + `, length(CAST(log AS BLOB))`
	debugLogList columns = `id, device_id, user_id, at, note, '', length(CAST(log AS BLOB))`
)

func debugLogDest(l *authn.DebugLog) []any {
	return []any{(*string)(&l.ID), (*string)(&l.Device), (*string)(&l.User), (*nanos)(&l.At), &l.Note, &l.Text, &l.Size}
}

var (
	qDebugLog        = prepared(debugLogRead.read(`debug_logs WHERE id = ?`))
	qDebugLogs       = prepared(debugLogList.read(`debug_logs ORDER BY at DESC, seq DESC LIMIT ?`))
	qDebugLogsByUser = prepared(debugLogList.read(`debug_logs WHERE user_id = ? ORDER BY at DESC, seq DESC LIMIT ?`))
	qDebugLogsOf     = prepared(debugLogList.read(`debug_logs WHERE device_id = ? ORDER BY at DESC, seq DESC LIMIT ?`))
	qCreateDebugLog  = prepared(debugLogColumns.insert(`debug_logs`))
	qDeleteDebugLog  = prepared(`DELETE FROM debug_logs WHERE id = ?`)
	qDeleteDebugLogs = prepared(`DELETE FROM debug_logs WHERE seq IN (SELECT seq FROM debug_logs WHERE at < ? ORDER BY at, seq LIMIT ?)`)
)

// DebugLog implements store.Reader.
func (r reader) DebugLog(id authn.DebugLogID) (authn.DebugLog, error) {
	return one(r.turn, qDebugLog, debugLogDest, string(id))
}

// DebugLogs implements store.Reader.
func (r reader) DebugLogs(user authn.UserID, limit int) ([]authn.DebugLog, error) {
	if user == "" {
		return many(r.turn, qDebugLogs, debugLogDest, int64(max(0, limit)))
	}
	return many(r.turn, qDebugLogsByUser, debugLogDest, string(user), int64(max(0, limit)))
}

// DebugLogsOf implements store.Reader.
func (r reader) DebugLogsOf(d authn.DeviceID, limit int) ([]authn.DebugLog, error) {
	return many(r.turn, qDebugLogsOf, debugLogDest, string(d), int64(max(0, limit)))
}

// CreateDebugLog implements store.Tx.
func (t *tx) CreateDebugLog(l authn.DebugLog) error {
	return t.changeOne(qCreateDebugLog, string(l.ID), string(l.Device), string(l.User), at(l.At), l.Note, l.Text)
}

// DeleteDebugLog implements store.Tx.
func (t *tx) DeleteDebugLog(id authn.DebugLogID) error {
	return t.deleteOne(qDeleteDebugLog, string(id))
}

// DeleteDebugLogs implements store.Tx.
func (t *tx) DeleteDebugLogs(before time.Time, limit int) (int, error) {
	n, err := t.change(qDeleteDebugLogs, at(before), int64(max(0, limit)))
	return int(n), err
}

const telemetryColumns columns = `week, app, family, counter, bucket, reports`

func telemetryDest(s *authn.TelemetrySum) []any {
	return []any{&s.Week, &s.App, (*string)(&s.Family), (*string)(&s.Counter), (*string)(&s.Bucket), &s.Reports}
}

var (
	qTelemetry       = prepared(telemetryColumns.read(`telemetry WHERE week >= ? ORDER BY week DESC, app, family, counter, bucket`))
	qAddTelemetry    = prepared(telemetryColumns.insert(`telemetry`) + ` ON CONFLICT DO UPDATE SET reports = reports + excluded.reports`)
	qDeleteTelemetry = prepared(`DELETE FROM telemetry WHERE week < ?`)
)

// TelemetrySums implements store.Reader.
func (r reader) TelemetrySums(week string) ([]authn.TelemetrySum, error) {
	return many(r.turn, qTelemetry, telemetryDest, week)
}

// AddTelemetry implements store.Tx.
func (t *tx) AddTelemetry(s authn.TelemetrySum) error {
	return t.changeOne(qAddTelemetry, s.Week, s.App, string(s.Family), string(s.Counter), string(s.Bucket), s.Reports)
}

// DeleteTelemetry implements store.Tx.
func (t *tx) DeleteTelemetry(week string) (int, error) {
	n, err := t.change(qDeleteTelemetry, week)
	return int(n), err
}
