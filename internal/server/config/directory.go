package config

import (
	"crypto/x509"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"avow/internal/server/directory"
)

// The bounds of directory.every.
const (
	minEvery = time.Minute
	maxEvery = 24 * time.Hour
)

func (d Directory) check(c Config, fs *Faults) {
	oneOf(fs, "directory.tls", d.TLS, string(directory.StartTLS), string(directory.NoEncryption))
	oneOf(fs, "directory.schema", d.Schema, string(directory.LDAP), string(directory.ActiveDirectory))
	if d.PageSize < 1 || d.PageSize > directory.MaxPageSize {
		fs.add("directory.page_size", fmt.Sprintf("%d is not between 1 and %d", d.PageSize, directory.MaxPageSize), "Write a number in between")
	}
	if d.Every < minEvery || d.Every > maxEvery {
		fs.add("directory.every", fmt.Sprintf("%s is not between 1m and 24h", d.Every), `Write for instance "15m"`)
	}
	if d.URL == "" {
		if d.BaseDN != "" || d.BindDN != "" {
			fs.add("directory.url", "The address of the directory is missing", "Set url, or leave base_dn and bind_dn empty to have no directory")
		}
		return
	}
	if u, err := directory.ParseURL(d.URL); err != nil {
		fs.add("directory.url", fmt.Sprintf("%.200q is not the address of a directory", d.URL), `Write it as "ldaps://ldap.example.com"`)
	} else if u.Scheme == "ldaps" && d.TLS == string(directory.NoEncryption) {
		fs.add("directory.tls", "An ldaps:// address is always encrypted", `Leave tls out, or write an ldap:// address`)
	}
	if d.CAFile != "" {
		d.checkCA(c, fs)
	}
	d.checkNames(fs)
	switch {
	case d.BindDN != "" && d.PasswordFile == "":
		fs.add("directory.password_file", "There is a bind_dn without a password", "Put the password into a file of its own and name the file here")
	case d.BindDN == "" && d.PasswordFile != "":
		fs.add("directory.bind_dn", "There is a password without a bind_dn", "Name who reads, or leave password_file empty")
	case d.PasswordFile != "":
		readable(fs, "directory.password_file", c.Path(d.PasswordFile), true)
	}
}

func (d Directory) checkCA(c Config, fs *Faults) {
	before := len(*fs)
	readable(fs, "directory.ca_file", c.Path(d.CAFile), false)
	if len(*fs) > before {
		return
	}
	if _, err := c.DirectoryCA(); err != nil {
		fs.add("directory.ca_file", c.Path(d.CAFile)+" holds no certificate", "Put the authority's certificate there, as PEM")
	}
}

// checkNames checks what the directory's own language is for.
func (d Directory) checkNames(fs *Faults) {
	const do = `Write it as "ou=people,dc=example,dc=com"`
	if d.BaseDN == "" {
		fs.add("directory.base_dn", "Where the users are is missing", do)
	}
	if _, err := ldap.ParseDN(d.BaseDN); err != nil {
		fs.add("directory.base_dn", fmt.Sprintf("%.200q is not a DN", d.BaseDN), do)
	}
	if _, err := ldap.ParseDN(d.GroupBase); err != nil {
		fs.add("directory.group_base", fmt.Sprintf("%.200q is not a DN", d.GroupBase), do)
	}
	if _, err := ldap.ParseDN(d.BindDN); err != nil && (d.Schema != string(directory.ActiveDirectory) || strings.Count(d.BindDN, "@") != 1) {
		fs.add("directory.bind_dn", fmt.Sprintf("%.200q is not a DN", d.BindDN), `Write it as "cn=avow,dc=example,dc=com"`)
	}
	if d.Filter != "" {
		if _, err := ldap.CompileFilter(d.Filter); err != nil {
			fs.add("directory.filter", fmt.Sprintf("%.200q is not a filter", d.Filter), `Write it as "(objectClass=inetOrgPerson)", with brackets around`)
		}
	}
}

// DirectoryCA are the authorities of ca_file; nil when there is none.
func (c Config) DirectoryCA() (*x509.CertPool, error) {
	if c.Directory.CAFile == "" {
		return nil, nil
	}
	b, err := os.ReadFile(c.Path(c.Directory.CAFile))
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(b) {
		return nil, fmt.Errorf("%s holds no certificate", c.Path(c.Directory.CAFile))
	}
	return pool, nil
}
