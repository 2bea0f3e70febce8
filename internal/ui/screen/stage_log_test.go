package screen_test

import (
	"errors"

	"avow/internal/phone/debuglog"
)

// noteTrouble writes a line of trouble. The log shows where it was written, so the place is part of the pictures: nothing else may move it.
func noteTrouble(log *debuglog.Book) {
	log.Note("the server can't be reached", errors.New("dial tcp: no route to host"))
}
