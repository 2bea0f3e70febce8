package wire

import (
	"strings"
	"testing"

	"avow/internal/authn"
	"avow/internal/key"
)

// TestReceiptFile: a saved proof holds under the server's key, and under no other, nor when a part of it is another's.
func TestReceiptFile(t *testing.T) {
	server, phone, stranger := fresh(t), fresh(t), fresh(t)
	file := func(client string) ReceiptFile {
		r := ApprovalRequest{
			Issuer: "https://id.example.com", Device: "d_AAAAAAAAAAAAAAAAAAAAAA", ID: "r_AAAAAAAAAAAAAAAAAAAAAA", IssuedAt: 1770000000, Expires: 1770000120, User: "u_AAAAAAAAAAAAAAAAAAAAAA",
			Login: "anna.lind", Client: RequestClient{ID: "laptop-42", Name: client, Kind: authn.ClientComputer}, Action: authn.ActionSignIn, Match: authn.MatchTap, UV: authn.UVRequired,
		}
		asked, err := SignApprovalRequest(server, r)
		if err != nil {
			t.Fatal(err)
		}
		said, err := SignDecision(phone, Decision{
			Device: r.Device, Audience: r.Issuer, ID: key.RandomID(16), IssuedAt: 1770000030, Request: r.ID, RequestHash: HashText(asked), Kind: authn.Approve, UV: authn.UVPIN, Class: key.Software,
		})
		if err != nil {
			t.Fatal(err)
		}
		signed, err := SignReceipt(server, Receipt{
			Issuer: r.Issuer, Device: r.Device, Request: r.ID, RequestHash: HashText(asked), DecisionHash: HashText(said), Kind: authn.Approve, At: 1770000031,
		})
		if err != nil {
			t.Fatal(err)
		}
		return ReceiptFile{Version: 1, Issuer: r.Issuer, Identity: server.Key(), Request: asked, Decision: said, Receipt: signed}
	}
	good, other := file("LAPTOP-42"), file("SALES-PC")
	data, err := good.Encode()
	if err != nil {
		t.Fatal(err)
	}
	read, err := ParseReceiptFile(data)
	if err != nil || read != good {
		t.Fatalf("read %+v, %v", read, err)
	}
	p, err := read.Prove(server.Key())
	if err != nil || p.Request.Client.Name != "LAPTOP-42" || p.Decision.UV != authn.UVPIN || p.Receipt.At != 1770000031 {
		t.Errorf("it proves %+v, %v", p, err)
	}
	if _, err := read.Prove(stranger.Key()); err == nil {
		t.Error("it holds under a stranger's key")
	}
	for name, change := range map[string]func(*ReceiptFile){
		"request":  func(f *ReceiptFile) { f.Request = other.Request },
		"decision": func(f *ReceiptFile) { f.Decision = other.Decision },
		"receipt":  func(f *ReceiptFile) { f.Receipt = other.Receipt },
		"issuer":   func(f *ReceiptFile) { f.Issuer = "https://id.example.org" },
	} {
		f := good
		change(&f)
		if _, err := f.Prove(server.Key()); err == nil {
			t.Errorf("it holds with another %s", name)
		}
	}
	for _, bad := range []string{`{"v":2}`, `{}`, strings.Replace(string(data), `"v"`, `"x"`, 1), string(data) + "{}"} {
		if _, err := ParseReceiptFile([]byte(bad)); err == nil {
			t.Errorf("%.40s was read", bad)
		}
	}
}

func fresh(t *testing.T) key.Private {
	t.Helper()
	k, err := key.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return k
}
