// Package qr turns text into a picture of a QR code and a picture into text, by ISO/IEC 18004.
//
// It knows nothing of what the text means: links, one-time password URIs and their checks belong to the caller. It
// opens no file, makes no request and shows no words; what a person is told about a frame that could not be read is a
// [Hint], which the screens put into words.
//
// Writing is rsc.io/qr with our own choice of segments and mask. Reading is gozxing behind our own preparation of the
// picture. A second reader, goqr, helps with tilted frames only where the caller can tell its own payloads from
// damaged ones, see [Options.Accept].
package qr
