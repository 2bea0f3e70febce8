package directory_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/go-ldap/ldap/v3"

	"avow/internal/key"
	"avow/internal/server/directory"
)

// slapd is a real OpenLDAP server in a temporary folder, with an LDAP directory below dc=example,dc=com and one in the shape of Active Directory
// below dc=ad,dc=test.
type slapd struct {
	t          *testing.T
	dir        string
	plain, tls string // ports of ldap:// and ldaps://
	ca         *x509.CertPool
	program    string
	process    *exec.Cmd
}

const (
	rootPassword   = "root-password"
	readerPassword = "reader-password"
)

// startSlapd starts one that holds what the LDIF says. Without encryption it knows neither StartTLS nor ldaps.
func startSlapd(t *testing.T, ldif string, encrypted bool) *slapd {
	t.Helper()
	if os.Getenv("AVOW_TEST_SERVICES") == "" {
		t.Skip("needs slapd of Debian; set AVOW_TEST_SERVICES=1")
	}
	s := &slapd{t: t, dir: t.TempDir(), plain: freePort(t), tls: freePort(t)}
	// AppArmor keeps slapd, by its path, to the folders of the system's own directory.
	s.program = filepath.Join(s.dir, "slapd")
	program, err := os.ReadFile("/usr/sbin/slapd")
	if err != nil {
		t.Fatal(err)
	}
	s.write("slapd", program, 0o700)
	schema, err := filepath.Abs(filepath.Join("testdata", "ad.schema"))
	if err != nil {
		t.Fatal(err)
	}
	var conf bytes.Buffer
	err = template.Must(template.ParseFiles(filepath.Join("testdata", "slapd.conf"))).Execute(&conf, map[string]any{"Dir": s.dir, "Schema": schema, "TLS": encrypted})
	if err != nil {
		t.Fatal(err)
	}
	s.write("slapd.conf", conf.Bytes(), 0o600)
	s.makeCertificate()
	for _, db := range []string{"example", "ad"} {
		if err := os.Mkdir(filepath.Join(s.dir, db), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for suffix, text := range map[string]string{"dc=example,dc=com": exampleTree + ldif, "dc=ad,dc=test": adTree} {
		add := exec.CommandContext(t.Context(), s.program, "-T", "add", "-q", "-f", filepath.Join(s.dir, "slapd.conf"), "-b", suffix)
		add.Stdin = strings.NewReader(text)
		if out, err := add.CombinedOutput(); err != nil {
			t.Fatalf("slapadd: %v\n%s", err, out)
		}
	}
	s.start()
	t.Cleanup(s.stop)
	return s
}

// start runs slapd and returns once it answers: it says that it starts before it listens.
func (s *slapd) start() {
	s.t.Helper()
	listen := "ldap://127.0.0.1:" + s.plain + "/ ldaps://127.0.0.1:" + s.tls + "/"
	var said bytes.Buffer
	s.process = exec.Command(s.program, "-d", "none", "-h", listen, "-f", filepath.Join(s.dir, "slapd.conf"))
	s.process.Stderr = &said
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	again, end := time.NewTicker(5*time.Millisecond), time.After(20*time.Second)
	defer again.Stop()
	for {
		if conn, err := net.Dial("tcp", "127.0.0.1:"+s.tls); err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-again.C:
		case <-end:
			s.stop()
			s.t.Fatalf("slapd does not start\n%s", said.String())
		}
	}
}

func (s *slapd) stop() {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Kill()
	_ = s.process.Wait()
	s.process = nil
}

func (s *slapd) write(name string, b []byte, mode os.FileMode) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), b, mode); err != nil {
		s.t.Fatal(err)
	}
}

// makeCertificate makes the server's certificate, which is its own authority.
func (s *slapd) makeCertificate() {
	s.t.Helper()
	cert, private := selfSigned(s.t)
	s.write("cert.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}), 0o600)
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		s.t.Fatal(err)
	}
	s.write("key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
	s.ca = x509.NewCertPool()
	s.ca.AddCert(cert)
}

func selfSigned(t *testing.T) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sketch := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "slapd of a test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, sketch, sketch, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, private
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// config reads the LDAP half, by StartTLS.
func (s *slapd) config() directory.Config {
	return directory.Config{
		URL: "ldap://127.0.0.1:" + s.plain, CA: s.ca, BindDN: "cn=reader,dc=example,dc=com", Password: key.Secret(readerPassword),
		BaseDN: "ou=people,dc=example,dc=com", Schema: directory.LDAP, PageSize: 500, Every: 15 * time.Minute,
	}
}

// adConfig reads the half in the shape of Active Directory, by LDAPS.
func (s *slapd) adConfig() directory.Config {
	return directory.Config{
		URL: "ldaps://127.0.0.1:" + s.tls, CA: s.ca, BindDN: "cn=reader,dc=ad,dc=test", Password: key.Secret(readerPassword),
		BaseDN: "dc=ad,dc=test", Schema: directory.ActiveDirectory, PageSize: 2, Every: 15 * time.Minute,
	}
}

// root is a connection of the directory's administrator for changes.
func (s *slapd) root(suffix string) *ldap.Conn {
	s.t.Helper()
	conn, err := ldap.DialURL("ldap://127.0.0.1:" + s.plain)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	if err := conn.Bind("cn=root,"+suffix, rootPassword); err != nil {
		s.t.Fatal(err)
	}
	return conn
}

// set replaces one attribute; without values it is removed.
func (s *slapd) set(dn, name string, values ...string) {
	s.t.Helper()
	m := ldap.NewModifyRequest(dn, nil)
	m.Replace(name, values)
	if err := s.root(suffixOf(dn)).Modify(m); err != nil {
		s.t.Fatalf("set %s of %s: %v", name, dn, err)
	}
}

func (s *slapd) add(dn string, attributes map[string][]string) {
	s.t.Helper()
	a := ldap.NewAddRequest(dn, nil)
	for name, values := range attributes {
		a.Attribute(name, values)
	}
	if err := s.root(suffixOf(dn)).Add(a); err != nil {
		s.t.Fatalf("add %s: %v", dn, err)
	}
}

func (s *slapd) remove(dn string) {
	s.t.Helper()
	if err := s.root(suffixOf(dn)).Del(ldap.NewDelRequest(dn, nil)); err != nil {
		s.t.Fatalf("remove %s: %v", dn, err)
	}
}

func suffixOf(dn string) string {
	if strings.HasSuffix(dn, "dc=ad,dc=test") {
		return "dc=ad,dc=test"
	}
	return "dc=example,dc=com"
}

func personDN(login string) string { return "uid=" + login + ",ou=people,dc=example,dc=com" }

const exampleTree = `dn: dc=example,dc=com
objectClass: organization
objectClass: dcObject
o: Example
dc: example

dn: cn=reader,dc=example,dc=com
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: reader-password

dn: ou=people,dc=example,dc=com
objectClass: organizationalUnit
ou: people

dn: ou=groups,dc=example,dc=com
objectClass: organizationalUnit
ou: groups

dn: ou=policies,dc=example,dc=com
objectClass: organizationalUnit
ou: policies

dn: cn=default,ou=policies,dc=example,dc=com
objectClass: organizationalRole
objectClass: pwdPolicy
cn: default
pwdAttribute: userPassword
pwdMaxAge: 7776000
pwdLockout: TRUE
pwdMaxFailure: 20

dn: cn=machines,ou=policies,dc=example,dc=com
objectClass: organizationalRole
objectClass: pwdPolicy
cn: machines
pwdAttribute: userPassword
pwdMaxAge: 0

dn: uid=anna,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: anna
cn: Anna Lind
sn: Lind
displayName: Anna  Lind
mail: anna.lind@example.com
mobile: +46 70 123 45 67
telephoneNumber: +46 46 555 01 00
preferredLanguage: de-AT, en;q=0.5
userPassword: anna-password
pwdChangedTime: 20261101080000Z

dn: uid=bo,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: bo
cn: Bo Ek
sn: Ek
telephoneNumber: 046 555 01 01
userPassword: bo-password
pwdAccountLockedTime: 000001010000Z

`

const adTree = `dn: dc=ad,dc=test
objectClass: domainDNS
dc: ad
maxPwdAge: -36288000000000

dn: cn=reader,dc=ad,dc=test
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: reader-password

dn: cn=Cleo Falk,dc=ad,dc=test
objectClass: user
objectCategory: person
cn: Cleo Falk
sn: Falk
sAMAccountName: cleo
objectGUID:: MyIRAFVEd2aImaq7zN3u/w==
displayName: Cleo Falk
mail: cleo@ad.test
userAccountControl: 512
pwdLastSet: 134064288000000000
whenChanged: 20261101080000.0Z
userPassword: cleo-password

dn: cn=Dan Holm,dc=ad,dc=test
objectClass: user
objectCategory: person
cn: Dan Holm
sn: Holm
sAMAccountName: dan
objectGUID:: AQIDBAUGBwgJCgsMDQ4PEA==
userAccountControl: 66050
pwdLastSet: 134064288000000000
whenChanged: 20261101080000.0Z

dn: cn=Eva Berg,dc=ad,dc=test
objectClass: user
objectCategory: person
cn: Eva Berg
sn: Berg
sAMAccountName: eva
objectGUID:: 8fLz9PX29/j5+vv8/f7/AA==
userAccountControl: 66048
pwdLastSet: 0
whenChanged: 20261101080000.0Z

dn: cn=broken,dc=ad,dc=test
objectClass: user
objectCategory: person
cn: broken
sn: broken
sAMAccountName: broken
objectGUID:: 8fLz9PX29/j5+vv8/f7/AQ==
pwdLastSet: 134064288000000000
whenChanged: 20261101080000.0Z

`

// many is the LDIF of n users more, u0000 and on.
func many(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `dn: uid=u%05[1]d,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: u%05[1]d
cn: User %[1]d
sn: %[1]d
mail: u%05[1]d@example.com
mobile: +46 70 %07[1]d
preferredLanguage: en
pwdChangedTime: 20261101080000Z
modifyTimestamp: 20261101080000Z
memberOf: cn=staff,ou=groups,dc=example,dc=com

`, i)
	}
	return b.String()
}
