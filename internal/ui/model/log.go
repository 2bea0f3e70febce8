package model

import "avow/internal/phone/debuglog"

// LogBook is the debug log.
type LogBook = debuglog.Book

// NewLogBook keeps up to max lines in memory only.
func NewLogBook(max int) *LogBook { return debuglog.Open(debuglog.Options{Lines: max}) }
