// Package qr turns text into a picture of a QR code and a picture into text, by ISO/IEC 18004.
//
// It knows nothing of what the text means: links, one-time password URIs and their checks belong to the caller. It
// opens no file, makes no request and shows no words; what a person is told about a frame that could not be read is a
// [Hint], which the screens put into words.
//
// Writing is rsc.io/qr with our own choice of segments and mask. Reading is our own up to the modules, gozxing's from there on: finder patterns
// are confirmed by rays and tell how the code is tilted, the grid follows the alignment patterns, the modules are measured in shades of grey
// and sharpened by what the timing patterns have lost. A picture in which that finds nothing is gozxing's, behind our own preparation. A
// second reader, goqr, is asked last, only for pictures and only where the caller can tell its own payloads from damaged ones, see
// [Options.Accept].
package qr
