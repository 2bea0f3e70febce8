// Package desktop has the picture sources of a computer: its camera (Linux, by Video4Linux) and what its displays show. Where the system has
// none of them that can be had without cgo, the answer is platform.ErrNoCamera or platform.ErrNoScreen, and a picture file does.
package desktop
