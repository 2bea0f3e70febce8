package modeltest

import (
	"crypto/ecdh"
	"fmt"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/wire"
)

// Computers are those of the pictures, and one in each state that they do not have.
func Computers() []phone.Computer {
	day := func(month time.Month, day, hour, minute int) time.Time {
		return time.Date(2026, month, day, hour, minute, 0, 0, time.Local)
	}
	computer := func(n byte, name string, state phone.ComputerState, left int, in, until time.Time) phone.Computer {
		return phone.Computer{
			Grant: authn.GrantID{n}, Account: "d_1", ID: authn.ClientID(fmt.Sprintf("computer-%d", n)), Name: name, Login: "anna.lind", Organisation: "Lund Energy",
			SignedInAt: in, Until: until, State: state, CodesLeft: left, CodesTotal: 50, Next: 51 - left,
		}
	}
	noList := computer(5, "FRONT-DESK", phone.ComputerNoList, 0, day(time.March, 1, 8, 0), day(time.March, 15, 8, 0))
	noList.CodesTotal, noList.Next = 0, 0
	return []phone.Computer{
		computer(1, "LAPTOP-42", phone.ComputerReady, 37, Now, day(time.March, 17, 10, 32)),
		computer(2, "SALES-PC", phone.ComputerFew, 4, day(time.March, 2, 16, 5), day(time.March, 16, 16, 5)),
		computer(3, "WAREHOUSE-3", phone.ComputerReady, 50, day(time.February, 24, 9, 0), day(time.March, 10, 9, 0)),
		computer(4, "OLD-THINKPAD", phone.ComputerOld, 0, day(time.February, 2, 9, 0), day(time.February, 16, 9, 0)),
		noList,
		computer(6, "LAPTOP-17", phone.ComputerRevoked, 0, day(time.March, 1, 8, 0), day(time.March, 15, 8, 0)),
		computer(7, "NOTEBOOK-8", phone.ComputerStolen, 0, day(time.March, 1, 8, 0), day(time.March, 15, 8, 0)),
	}
}

// WithComputers is the state of an app that has computers.
func WithComputers(computers ...phone.Computer) phone.State {
	s := Open()
	s.Computers = computers
	return s
}

// Challenge is what a computer asks whose clock is off.
func Challenge(c phone.Computer, off time.Duration) phone.Challenge {
	const warn = 10 * time.Minute
	return phone.Challenge{Computer: c, Link: wire.OfflineLink{Grant: c.Grant}, Clock: Now.Add(off), Off: off, Warn: off.Abs() > warn}
}

// OfflineCode is the answer to a challenge.
func OfflineCode(c phone.Computer) phone.OfflineCode {
	return phone.OfflineCode{Computer: c, Text: "4821 9930", Method: authn.OfflineQR, Until: Now.Add(phone.ShowCodeFor)}
}

// ListCode is a code of a list.
func ListCode(c phone.Computer, number int) phone.OfflineCode {
	code := phone.OfflineCode{Computer: c, Text: "7K QM2X RD4T", Method: authn.OfflineList, Number: number, Left: c.CodesTotal - number, Until: Now.Add(phone.ShowCodeFor)}
	if number%2 == 0 {
		code.Text = "7K 3HN8 W0ZB"
	}
	return code
}

// OfflineLink is the code on the screen of the computer of a grant.
func OfflineLink(id authn.GrantID) string {
	k, err := ecdh.P256().NewPrivateKey(append(make([]byte, 31), 1))
	if err != nil {
		panic(err)
	}
	p, err := key.FromECDH(k.PublicKey())
	if err != nil {
		panic(err)
	}
	return wire.OfflineLink{Host: "id.lundenergy.example", Grant: id, Ephemeral: p, Time: uint32(Now.Unix())}.Encode()
}

// ComputerLink enrolls a computer, which is not for phones.
func ComputerLink() string {
	return wire.ComputerLink{Host: "id.lundenergy.example", Token: key.Secret("0123456789abcdef")}.Encode()
}
