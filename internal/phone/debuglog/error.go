package debuglog

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"

	"avow/internal/authn"
)

// constants are errors whose words are the standard library's own.
var constants = []error{
	context.Canceled, context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, io.ErrShortWrite,
	os.ErrDeadlineExceeded, fs.ErrNotExist, fs.ErrExist, fs.ErrPermission, fs.ErrClosed, fs.ErrInvalid, net.ErrClosed,
}

// describe is what of an error may be known: the codes of ours and the kinds of others, from the outside in. The words of an error are left out unless its type
// vouches for them: an error may quote what it could not read.
func describe(err error) string { return strings.Join(parts(err, 0), ": ") }

// maxDepth bounds how far an error is unwrapped.
const maxDepth = 12

func parts(err error, depth int) []string {
	if err == nil {
		return []string{"nil"}
	}
	if depth > maxDepth {
		return []string{"…"}
	}
	next := func(head string, in error) []string {
		if in == nil {
			return []string{head}
		}
		return append([]string{head}, parts(in, depth+1)...)
	}
	switch e := err.(type) { //nolint:errorlint // one step at a time
	case *authn.Error:
		return next(word(e.Code), e.Err)
	case syscall.Errno:
		return []string{e.Error()}
	case *fs.PathError:
		return next(word(e.Op), e.Err)
	case *os.SyscallError:
		return next(word(e.Syscall), e.Err)
	case *os.LinkError:
		return next(word(e.Op), e.Err)
	case *url.Error:
		return next("call", e.Err)
	case *net.OpError:
		return next(word(e.Op), e.Err)
	case *net.DNSError:
		switch {
		case e.IsNotFound:
			return []string{"name not found"}
		case e.IsTimeout:
			return []string{"name server timed out"}
		}
		return []string{"name server failed"}
	case *tls.CertificateVerificationError:
		return next("certificate", e.Err)
	case x509.UnknownAuthorityError:
		return []string{"certificate of an unknown authority"}
	case x509.HostnameError:
		return []string{"certificate of another name"}
	case x509.CertificateInvalidError:
		return []string{fmt.Sprintf("certificate not valid, reason %d", e.Reason)}
	case tls.AlertError:
		return []string{fmt.Sprintf("tls alert %d", uint8(e))}
	case *json.SyntaxError:
		return []string{fmt.Sprintf("json syntax at %d", e.Offset)}
	case *json.UnmarshalTypeError:
		return []string{fmt.Sprintf("json type at %d", e.Offset)}
	case slog.LogValuer:
		v := slog.AnyValue(e).Resolve()
		if v.Kind() == slog.KindString {
			return []string{quoted(clean(v.String(), maxValue))}
		}
	}
	for _, c := range constants {
		if err == c { //nolint:errorlint // the very one
			return []string{c.Error()}
		}
	}
	switch e := err.(type) { //nolint:errorlint // one step at a time
	case interface{ Unwrap() error }:
		if in := e.Unwrap(); in != nil {
			return parts(in, depth+1) // its own words may quote something
		}
	case interface{ Unwrap() []error }:
		var all []string
		for _, in := range e.Unwrap() {
			all = append(all, strings.Join(parts(in, depth+1), ": "))
		}
		return []string{strings.Join(all, "; ")}
	}
	var timeout interface{ Timeout() bool }
	if errors.As(err, &timeout) && timeout.Timeout() {
		return []string{"timed out"}
	}
	return []string{"[" + strings.TrimPrefix(fmt.Sprintf("%T", err), "*") + "]"}
}
