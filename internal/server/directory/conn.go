package directory

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"avow/internal/authn"
)

// One answer of a directory may not fill the memory. The library has no setting of a connection for it.
func init() { ber.MaxPacketLengthBytes = 16 << 20 }

const (
	dialTime    = 10 * time.Second
	requestTime = 60 * time.Second // for one page
)

// What can go wrong before the directory has said anything. Administrators read it in the status; a user gets ErrUnreachable.
var (
	ErrUnreachable = authn.Fail(authn.Unavailable, "directory_unreachable", "The directory cannot be reached just now. Try again in a few minutes; if it stays, tell the service desk.")
	errNoAnswer    = authn.Fail(authn.Unavailable, "directory_unreachable", "The directory does not answer. Check that it runs, that directory.url is right and that no firewall is between.")
	errUntrusted   = authn.Fail(authn.Unavailable, "directory_untrusted", "The directory's certificate is not one that this server trusts. Name its authority in directory.ca_file, and use the host name that stands in the certificate.")
	errNoStartTLS  = authn.Fail(authn.Unavailable, "directory_no_tls", "The directory offers no StartTLS, and passwords must not travel in the clear. Set it up there, or use an ldaps:// address.")
	errRefused     = authn.Fail(authn.Unavailable, "directory_refused", "The directory refuses directory.bind_dn with the password in directory.password_file. Correct them.")
)

// dial connects and encrypts. Everything on the connection ends with ctx.
func (c Config) dial(ctx context.Context) (*ldap.Conn, func(), error) {
	u, err := ParseURL(c.URL)
	if err != nil {
		return nil, nil, err
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"ldap": "389", "ldaps": "636"}[u.Scheme]
	}
	conf := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.CA, ServerName: u.Hostname()}
	limit, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	d := &net.Dialer{}
	var raw net.Conn
	if u.Scheme == "ldaps" {
		raw, err = (&tls.Dialer{NetDialer: d, Config: conf}).DialContext(limit, "tcp", net.JoinHostPort(u.Hostname(), port))
	} else {
		raw, err = d.DialContext(limit, "tcp", net.JoinHostPort(u.Hostname(), port))
	}
	if err != nil {
		return nil, nil, connectFault(err)
	}
	// The library knows no context: closing the socket under it ends whatever it waits for.
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	stopDial := context.AfterFunc(limit, func() { _ = raw.Close() })
	conn := ldap.NewConn(raw, u.Scheme == "ldaps")
	conn.SetTimeout(requestTime)
	conn.Start()
	closeAll := func() {
		stop()
		_ = conn.Close()
	}
	if u.Scheme == "ldap" && c.TLS != NoEncryption {
		err = startTLS(conn, conf)
	}
	if !stopDial() && err == nil {
		err = errNoAnswer.Because(limit.Err())
	}
	if err != nil {
		closeAll()
		return nil, nil, err
	}
	return conn, closeAll, nil
}

// startTLS encrypts, or fails: there is no way back to the clear.
func startTLS(conn *ldap.Conn, conf *tls.Config) error {
	err := conn.StartTLS(conf)
	switch {
	case err == nil:
		return nil
	case ldapCode(err) < ldap.ErrorNetwork: // the directory's own No
		return errNoStartTLS.Because(err)
	case strings.Contains(err.Error(), "failed to verify certificate"): // the library keeps no more of the error than its text
		return errUntrusted.Because(err)
	}
	return errNoAnswer.Because(err)
}

func connectFault(err error) error {
	var bad *tls.CertificateVerificationError
	if errors.As(err, &bad) {
		return errUntrusted.Because(err)
	}
	return errNoAnswer.Because(err)
}

// ldapCode is the directory's result code; one of the library's own, 200 and more, when it gave none.
func ldapCode(err error) uint16 {
	var e *ldap.Error
	if errors.As(err, &e) {
		return e.ResultCode
	}
	return ldap.ErrorNetwork
}

// service connects as the one who reads.
func (c Config) service(ctx context.Context) (*ldap.Conn, func(), error) {
	conn, done, err := c.dial(ctx)
	if err != nil || c.BindDN == "" {
		return conn, done, err
	}
	if err := conn.Bind(c.BindDN, string(c.Password)); err != nil {
		done()
		switch code := ldapCode(err); {
		case code >= ldap.ErrorNetwork, code == ldap.LDAPResultBusy, code == ldap.LDAPResultUnavailable:
			return nil, nil, errNoAnswer.Because(err)
		}
		return nil, nil, errRefused.Because(err)
	}
	return conn, done, nil
}
