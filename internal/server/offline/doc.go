// Package offline is the server's part of signing in to a computer without a network (docs/protocol.md, section 7): computers and their
// keys, the grants that come with an approved online sign-in, lists of codes passed on from computers to phones, the service desk's codes, and the
// comparison of what computers say they let in with what phones say they have shown. It can make the service desk's codes, from a key that
// comes from the server's secret, and no others: of a phone's codes it has public halves only.
//
// Routes of computers: POST /v1/computer/enroll, POST /v1/computer/sync, POST /v1/computer/desk-code. Route of phones: POST /v1/offline.
//
// What a computer or phone names that is not its own is passed over, as if it were not there: neither of them could go on if one old note or
// list were refused for ever. When a grant may be renewed or ends is decided in package authn.
package offline
