package sheet_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"hash/crc32"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"avow/assets/translations"
	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/scanner"
	"avow/internal/phone/sheet"
	"avow/internal/wire"
)

var show = flag.String("show", "", "folder to write the sheets to, for looking at them")

func made(t testing.TB) sheet.Sheet {
	t.Helper()
	code, err := key.ParseRestoreCode(sample.Text())
	if err != nil {
		t.Fatal(err)
	}
	return sheet.Sheet{
		Organisation: "Lund Energy AB", Login: "anna.lind", Support: "+46 46 123 45 00, it@lundenergy.example", At: time.Date(2026, 1, 12, 10, 32, 0, 0, time.UTC),
		Link: wire.RestoreLink{Host: "id.lundenergy.example", User: "u_AQIDBAUGBwgJCgsMDQ4PEA", Pin: key.Pin{1, 2, 3}, Code: code},
	}
}

var sample = func() key.RestoreCode {
	c, err := key.RestoreCodeOf([]byte("Kq\x11\xe3\x9b\x02\x7f\xd4\xc8\x31\xaa\x56\x0e\xf9\x63\x85"))
	if err != nil {
		panic(err)
	}
	return c
}()

var sheets = map[string]func(*sheet.Sheet){
	"usual": func(*sheet.Sheet) {},
	"least": func(s *sheet.Sheet) { s.Support = "" },
	"long": func(s *sheet.Sheet) {
		s.Organisation = strings.Repeat("Österreichische Kraftwerksgesellschaft ", 6)
		s.Login = strings.Repeat("anna.", 25)
		s.Link.Host = strings.Repeat("abcdefghi.", 20) + "example:65535"
		s.Support = strings.Repeat("service desk ", 30)
	},
	"other letters": func(s *sheet.Sheet) {
		s.Organisation, s.Login = "Łódź Ελλάς Київ 東京 😀", "zażółć\u0301"
	},
}

// every sheet, in every language, is one page whose picture is its link.
func TestSheet(t *testing.T) {
	for _, lang := range translations.Languages() {
		for name, change := range sheets {
			t.Run(lang.Tag+"/"+name, func(t *testing.T) {
				s := made(t)
				change(&s)
				pdf, err := s.PDF(translations.New(lang.Tag))
				if err != nil {
					t.Fatal(err)
				}
				if n := len(regexp.MustCompile(`/Type /Page\b[^s]`).FindAll(pdf, -1)); n != 1 {
					t.Errorf("%d pages", n)
				}
				if bytes.Contains(pdf, []byte("/BaseFont /Helvetica")) || !bytes.Contains(pdf, []byte("/FontFile2")) {
					t.Error("a font is not in the file")
				}
				if len(pdf) > 300<<10 {
					t.Errorf("%d bytes", len(pdf))
				}
				readsAs(t, picture(t, pdf), s.Link)
				if *show != "" {
					if err := os.WriteFile(filepath.Join(*show, lang.Tag+"-"+strings.ReplaceAll(name, " ", "-")+".pdf"), pdf, 0o600); err != nil {
						t.Fatal(err)
					}
				}
			})
		}
	}
}

// readsAs scans a picture as the app does.
func readsAs(t *testing.T, png []byte, want wire.RestoreLink) {
	t.Helper()
	got, err := scanner.Picture(context.Background(), bytes.NewReader(png))
	if err != nil || got.Kind != scanner.RestoreSheet {
		t.Fatalf("the picture is a %q, %v", got.Kind, err)
	}
	l, ok := got.Link.(wire.RestoreLink)
	if !ok || l.Host != want.Host || l.User != want.User || l.Pin != want.Pin || !l.Code.Equal(want.Code) {
		t.Errorf("the picture is of another sheet: %v", got.Link)
	}
}

var pictureObject = regexp.MustCompile(`(?s)/Subtype /Image\s+/Width (\d+)\s+/Height (\d+).*?/BitsPerComponent (\d+).*?/Length (\d+)>>\s+stream\n`)

// picture takes the one picture out of the file: a PDF keeps the data of a PNG as it is.
func picture(t *testing.T, pdf []byte) []byte {
	t.Helper()
	at := pictureObject.FindSubmatchIndex(pdf)
	if at == nil {
		t.Fatal("no picture in the file")
	}
	number := func(i int) (n int) {
		if _, err := fmt.Sscan(string(pdf[at[2*i]:at[2*i+1]]), &n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	w, h, depth, length := number(1), number(2), number(3), number(4)
	data := pdf[at[1] : at[1]+length]
	if r, err := zlib.NewReader(bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	} else if _, err := io.Copy(io.Discard, r); err != nil {
		t.Fatal(err)
	}
	palette := regexp.MustCompile(`/Indexed`).Match(pdf[at[0]:at[1]])
	color := byte(0)
	if palette {
		color = 3
	}
	var out bytes.Buffer
	out.WriteString("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, data []byte) {
		_ = binary.Write(&out, binary.BigEndian, uint32(len(data)))
		body := append([]byte(kind), data...)
		out.Write(body)
		_ = binary.Write(&out, binary.BigEndian, crc32.ChecksumIEEE(body))
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(w)), uint32(h))
	chunk("IHDR", append(head, byte(depth), color, 0, 0, 0))
	if palette {
		chunk("PLTE", []byte{255, 255, 255, 0, 0, 0})
	}
	chunk("IDAT", data)
	chunk("IEND", nil)
	if _, err := png.Decode(bytes.NewReader(out.Bytes())); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Where a PDF can be drawn, the sheet is scanned off the page, as from paper.
func TestSheetDrawn(t *testing.T) {
	draw, err := exec.LookPath("pdftoppm")
	if err != nil {
		t.Skip("pdftoppm is not here: the picture in the file is read by TestSheet")
	}
	s := made(t)
	pdf, err := s.PDF(translations.New("en"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(draw, "-png", "-r", "100", "-")
	cmd.Stdin = bytes.NewReader(pdf)
	page, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	readsAs(t, page, s.Link)
}

// A sheet that restores nothing is not printed.
func TestSheetRefuses(t *testing.T) {
	for name, change := range map[string]func(*sheet.Sheet){
		"no user": func(s *sheet.Sheet) { s.Link.User = "" }, "a device": func(s *sheet.Sheet) { s.Link.User = authn.UserID(authn.NewDeviceID()) },
		"no code": func(s *sheet.Sheet) { s.Link.Code = key.RestoreCode{} }, "no host": func(s *sheet.Sheet) { s.Link.Host = "" },
	} {
		s := made(t)
		change(&s)
		if _, err := s.PDF(translations.New("en")); err == nil {
			t.Errorf("%s: printed", name)
		}
	}
}

//
func TestSheetRedacts(t *testing.T) {
	s := made(t)
	for _, v := range []any{s, &s, []sheet.Sheet{s}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			got := fmt.Sprintf(verb, v)
			for _, bad := range append(strings.Fields(sample.Text()), fmt.Sprintf("%x", []byte(sample.Bytes()))) {
				if strings.Contains(got, bad) {
					t.Errorf("%s of %T shows %s", verb, v, bad)
				}
			}
		}
	}
}
