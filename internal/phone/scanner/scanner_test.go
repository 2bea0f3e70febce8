package scanner_test

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"errors"
	"image"
	"image/draw"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/scanner"
	"avow/internal/qr"
	"avow/internal/wire"
)

var (
	registration = wire.RegistrationLink{Host: "id.example.com", Session: bytes.Repeat([]byte{7}, 16), Pin: key.Pin{1, 2, 3}}
	approval     = wire.ApprovalLink{Host: "id.example.com:8443", Handle: bytes.Repeat([]byte{9}, 16)}
	offline      = wire.OfflineLink{Host: "id.example.com", Grant: authn.GrantID{5}, Ephemeral: point, Time: 1770000000}
	anywhere     = wire.OfflineLink{Grant: authn.GrantID{5}, Ephemeral: point, Time: 1770000000}
	computer     = wire.ComputerLink{Host: "id.example.com", Token: bytes.Repeat([]byte{3}, 16), Pin: key.Pin{1, 2, 3}}
)

var (
	duplicate = wire.DuplicateLink{Host: "id.example.com", ID: bytes.Repeat([]byte{4}, 16), Optical: bytes.Repeat([]byte{5}, 16), Pin: key.Pin{1, 2, 3}}
	sheet     = wire.RestoreLink{Host: "id.example.com", User: authn.NewUserID(), Pin: key.Pin{1, 2, 3}, Code: key.NewRestoreCode()}
)

// point is the base point of P-256, a public key like any other.
var point = func() key.Public {
	k, err := ecdh.P256().NewPrivateKey(append(make([]byte, 31), 1))
	if err != nil {
		panic(err)
	}
	p, err := key.FromECDH(k.PublicKey())
	if err != nil {
		panic(err)
	}
	return p
}()

// text is a link of 78 characters, as it stands in a mail.
var text = registration.Encode()

var contents = map[string]struct {
	text string
	kind scanner.Kind
}{
	"registration":               {registration.Encode(), scanner.Registration},
	"registration from a mail":   {" https://id.example.com/" + registration.Encode()[len("HTTPS://ID.EXAMPLE.COM/"):] + "\n", scanner.Registration},
	"registration by scheme":     {registration.App(), scanner.Registration},
	"broken by quoted-printable": {text[:40] + "=\r\n" + text[40:70] + "=\n" + text[70:] + "\r\n", scanner.Registration},
	"broken by a mail program":   {"\n" + text[:31] + "\r\n " + text[31:62] + "\n\t" + text[62:] + "  ", scanner.Registration},
	"broken in an answer":        {"> " + text[:20] + "\n> " + text[20:], scanner.Text}, // the first line is not a link's
	"broken, quoted below":       {text[:20] + "\n> " + text[20:60] + "\n>> " + text[60:], scanner.Registration},
	"between brackets":           {"<" + strings.ToLower(text[:22]) + text[22:] + ">", scanner.Registration},
	"end of a sentence":          {"avow://id.example.com" + text[22:] + ".", scanner.Registration},
	"with invisible breaks":      {text[:30] + "\u200b" + text[30:50] + "\u00ad" + text[50:] + "\u00a0", scanner.Registration},
	"scheme in capitals":         {strings.ToUpper(registration.App()), scanner.Registration},
	"broken and cut":             {text[:40] + "=\r\n" + text[40:60], scanner.Damaged},
	"two links":                  {text + "\n" + text, scanner.Damaged},
	"words after it":             {text + " is the link", scanner.Damaged},
	"counted clicks":             {"https://click.example.net/?u=https%3A%2F%2Fid.example.com%2FR%23" + text[25:], scanner.URL},
	"approval":                   {approval.Encode(), scanner.Approval},
	"offline":                    {offline.Encode(), scanner.Offline},
	"offline by scheme":          {offline.App(), scanner.Offline},
	"offline without a host":     {anywhere.Encode(), scanner.Offline},
	"cut offline link":           {offline.Encode()[:70], scanner.Damaged},
	"computer":                   {computer.Encode(), scanner.ComputerEnroll},
	"duplicate":                  {duplicate.Encode(), scanner.Duplicate},
	"restore sheet":              {sheet.Encode(), scanner.RestoreSheet},
	"restore sheet by scheme":    {sheet.App(), scanner.RestoreSheet},
	"computer by scheme":         {computer.App(), scanner.ComputerEnroll},
	"cut link":                   {registration.Encode()[:60], scanner.Damaged},
	"link of a newer version":    {"HTTPS://ID.EXAMPLE.COM/Z#000000", scanner.Damaged},
	"unknown private link":       {"avow:whatever", scanner.Damaged},
	"code of another service":    {"otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ", scanner.OTPAuth},
	"export":                     {"otpauth-migration://offline?data=AA", scanner.Migration},
	"steam":                      {"steam://GEZDGNBVGY3TQOJQ", scanner.Steam},
	"wifi":                       {"WIFI:S:guest;T:WPA;P:x;;", scanner.Wifi},
	"contact":                    {"BEGIN:VCARD\nEND:VCARD", scanner.Contact},
	"web page":                   {"https://example.com/page", scanner.URL},
	"text":                       {"hello", scanner.Text},
	"nothing":                    {"", scanner.Text},
}

var linked = []scanner.Kind{scanner.Registration, scanner.Approval, scanner.Offline, scanner.ComputerEnroll, scanner.Duplicate, scanner.RestoreSheet}

func TestClassify(t *testing.T) {
	for name, c := range contents {
		t.Run(name, func(t *testing.T) {
			got := scanner.Classify(c.text)
			if got.Kind != c.kind {
				t.Errorf("Classify(%q) is %s, want %s", c.text, got.Kind, c.kind)
			}
			if linked := slices.Contains(linked, got.Kind); linked != (got.Link != nil) {
				t.Errorf("kind %s with link %v", got.Kind, got.Link)
			}
		})
	}
}

// What was put together again is the same link, to the last bit.
func TestLinksOfMailsAreWhole(t *testing.T) {
	n := 0
	for name, c := range contents {
		if c.kind != scanner.Registration {
			continue
		}
		n++
		if got := scanner.Classify(c.text); got.Link == nil || got.Link.Encode() != registration.Encode() {
			t.Errorf("%s became another link", name)
		}
	}
	if n < 9 {
		t.Errorf("only %d links", n)
	}
}

func TestPicture(t *testing.T) {
	code, err := qr.Encode(registration.Encode(), qr.LevelM)
	if err != nil {
		t.Fatal(err)
	}
	png, err := code.PNG(4)
	if err != nil {
		t.Fatal(err)
	}
	got, err := scanner.Picture(context.Background(), bytes.NewReader(png))
	if err != nil || got.Link == nil || got.Link.Encode() != registration.Encode() {
		t.Fatalf("Picture: %v, %v", got.Kind, err)
	}
	if _, err := scanner.Picture(context.Background(), bytes.NewReader(png[:100])); err == nil {
		t.Error("half a picture was read")
	}
	if _, err := scanner.Picture(context.Background(), bytes.NewReader(nil)); err == nil || errors.Is(err, qr.ErrNotFound) {
		t.Errorf("no picture at all: %v", err)
	}
}

func FuzzClassify(f *testing.F) {
	for _, c := range contents {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c := scanner.Classify(text)
		if c.Link != nil && scanner.Classify(c.Link.Encode()).Kind != c.Kind {
			t.Errorf("%q does not come back", text)
		}
	})
}

// Several codes in a picture are all listed, each with its kind, in the order in which people read.
func TestSeveral(t *testing.T) {
	sheet := image.NewGray(image.Rect(0, 0, 900, 700))
	draw.Draw(sheet, sheet.Rect, image.White, image.Point{}, draw.Src)
	texts := []string{"otpauth-migration://offline?data=one", registration.Encode(), "otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ", "WIFI:S:guest;T:WPA;P:x;;"}
	for i, text := range texts {
		code, err := qr.Encode(text, qr.LevelM)
		if err != nil {
			t.Fatal(err)
		}
		picture := code.Image(5)
		draw.Draw(sheet, picture.Rect.Add(image.Pt(40+i%2*420, 20+i/2*350+i%2*25)), picture, image.Point{}, draw.Src)
	}
	want := []scanner.Kind{scanner.Migration, scanner.Registration, scanner.OTPAuth, scanner.Wifi}
	for name, read := range map[string]func(context.Context, image.Image) ([]scanner.Content, error){"frame": scanner.FrameAll, "picture": scanner.ImageAll} {
		got, err := read(t.Context(), sheet)
		if err != nil {
			t.Fatal(err)
		}
		var kinds []scanner.Kind
		for i, c := range got {
			kinds = append(kinds, c.Kind)
			if i < len(texts) && c.Text != texts[i] {
				t.Errorf("%s: number %d is %q, want %q", name, i, c.Text, texts[i])
			}
		}
		if !slices.Equal(kinds, want) {
			t.Errorf("%s: got %v, want %v", name, kinds, want)
		}
	}
}

// While a frame is read, older ones are dropped: the next that is looked at is the newest.
func TestWatchReadsTheNewest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		code, err := qr.Encode(registration.Encode(), qr.LevelM)
		if err != nil {
			t.Fatal(err)
		}
		frames := make(chan image.Image)
		looked := 0
		show := func(img image.Image) {
			frames <- img
		}
		empty := image.NewGray(image.Rect(0, 0, 40, 40))
		go show(empty)
		got, err := scanner.Watch(t.Context(), frames, func(error) {
			if looked++; looked > 1 {
				t.Error("an old frame was looked at")
				return
			}
			for range 20 { // they come while the first is read
				show(empty)
			}
			show(code.Image(4))
		})
		if err != nil || got.Kind != scanner.Registration {
			t.Errorf("got %v, %v", got.Kind, err)
		}
		close(frames)
		if _, err := scanner.Watch(t.Context(), frames, nil); !errors.Is(err, scanner.ErrCameraLost) {
			t.Errorf("after the camera stopped: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := scanner.Watch(ctx, make(chan image.Image), nil); !errors.Is(err, context.Canceled) {
			t.Errorf("canceled: %v", err)
		}
	})
}
