// Package directory brings the users of an LDAP directory (RFC 4511) or of Active Directory into the store and keeps them as they are there, and
// asks the directory whether a password is right (the second proof of a registration). It reads and binds; it writes nothing into the
// directory, keeps no password, follows no referral, and is no directory itself.
//
// A read is paged (RFC 2696). Between full reads, one a day at least, only what has changed is read; who has vanished, whom the filter
// no longer takes, and whose groups have changed at the group's entry only is found by a full read. Users who vanish are disabled, never deleted. Local
// users are left alone, also where the directory has one of the same login.
package directory
