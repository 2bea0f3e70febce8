package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"avow/internal/atomicfile"
	"avow/internal/authn"
	"avow/internal/cli"
	"avow/internal/key"
	"avow/internal/otp"
	"avow/internal/phone/platform"
	"avow/internal/phone/scanner"
	"avow/internal/phone/transfer"
	"avow/internal/qr"
)

func (p *cliPhone) importCodes() *cobra.Command {
	var passwordFile string
	var dryRun, different bool
	cmd := &cobra.Command{
		Use:   "import FILE…",
		Short: "take over the codes that another authenticator app or password manager exported",
		Long: `Takes over the codes in an export of another app. What the file is, it finds out by what is in it, and says so; docs/import.md lists the apps.
Codes that are here already are left out, and so is a code that differs from one of the same name, unless --different is given: then it is stored beside that.
Pictures of QR codes are read, too; of a Google migration give all of them at once, in any order.
With --dry-run it says what it would do, and stores nothing.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			return p.changing(cmd, func(ctx context.Context) error {
				password, err := secretFrom(passwordFile)
				if err != nil {
					return err
				}
				defer password.Wipe()
				found, err := readExports(ctx, files, password)
				if err != nil {
					return err
				}
				defer found.Wipe()
				plan := transfer.Compare(found, transfer.Beside(p.core.Codes(), p.core.SameCode))
				line := newImportLine(plan)
				if len(plan.Missing) > 0 && !dryRun {
					line.Error = "nothing was stored: parts of the export are missing"
					return errors.Join(p.print(cmd, line), fmt.Errorf("parts %s of %d are missing: give their pictures, too", numbers(plan.Missing), plan.Parts))
				}
				if !dryRun {
					take := plan.New
					if different {
						take = append(append([]transfer.Item(nil), plan.New...), plan.Different...)
					}
					if _, err := p.core.AddCodes(ctx, transfer.Entries(take)); err != nil {
						return err
					}
					line.Stored = len(take)
				}
				return p.print(cmd, line)
			})
		},
	}
	cmd.Flags().StringVar(&passwordFile, "password-file", "", "file that holds the password of the export, or the secret key of an age file")
	cmd.Flags().BoolVar(&different, "different", false, "store codes that differ from one of the same name, too")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be stored, and store nothing")
	return cmd
}

// secretFrom is what a file holds, without the end of its last line; nil for no file.
func secretFrom(file string) (key.Secret, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the password: %w", err)
	}
	return bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r")), nil
}

// readExports reads one file, or several pictures that belong together.
func readExports(ctx context.Context, files []string, password key.Secret) (transfer.Found, error) {
	var texts []string
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return transfer.Found{}, err
		}
		picture, err := isPicture(f)
		switch {
		case err != nil:
		case picture:
			var c scanner.Content
			c, err = scanner.Picture(ctx, f)
			texts = append(texts, c.Text)
		case len(files) > 1:
			err = cli.Usage{Text: "several files must all be pictures of QR codes: import the others one after the other"}
		default:
			var found transfer.Found
			found, err = transfer.Read(ctx, f, transfer.Options{Password: password, Memory: transfer.MaxMemory})
			_ = f.Close()
			return found, err
		}
		_ = f.Close()
		if err != nil {
			return transfer.Found{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	return transfer.ReadParts(texts)
}

// isPicture looks at the beginning of a file and goes back to it.
func isPicture(f *os.File) (bool, error) {
	begin := make([]byte, 512)
	n, err := io.ReadFull(f, begin)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return false, err
	}
	_, err = f.Seek(0, io.SeekStart)
	return strings.HasPrefix(http.DetectContentType(begin[:n]), "image/"), err
}

// importLine is what "import" prints: names, no secret.
type importLine struct {
	Format     transfer.Format  `json:"format"`
	App        string           `json:"app,omitempty"`
	New        []codeName       `json:"new"`
	Same       []codeName       `json:"same"`
	Different  []codeName       `json:"different"`
	Unreadable []unreadableCode `json:"unreadable"`
	Missing    []int            `json:"missing,omitempty"`
	Parts      int              `json:"parts,omitempty"`
	Stored     int              `json:"stored"`
	Error      string           `json:"error,omitempty"`
}

type codeName struct {
	Issuer  string `json:"issuer"`
	Account string `json:"account"`
	Kind    string `json:"kind"`
}

type unreadableCode struct {
	Where string `json:"where"`
	Code  string `json:"code"`
	Why   string `json:"why"`
}

func newImportLine(plan transfer.Plan) importLine {
	return importLine{
		Format: plan.Format, App: plan.Format.App(), New: codeNames(plan.New), Same: codeNames(plan.Same), Different: codeNames(plan.Different),
		Unreadable: unreadables(plan.Unreadable), Missing: plan.Missing, Parts: plan.Parts,
	}
}

func codeNames(items []transfer.Item) []codeName {
	out := []codeName{}
	for _, i := range items {
		out = append(out, codeName{i.Code.Issuer, i.Code.Account, string(i.Code.Kind)})
	}
	return out
}

func unreadables(list []transfer.Unreadable) []unreadableCode {
	out := []unreadableCode{}
	for _, u := range list {
		e := authn.AsError(u.Err)
		out = append(out, unreadableCode{u.Where, e.Code, e.Message})
	}
	return out
}

func (l importLine) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d new, %d here already, %d that differ, %d that cannot be read; stored %d", l.name(), len(l.New), len(l.Same), len(l.Different),
		len(l.Unreadable), l.Stored)
	for _, part := range []struct {
		title string
		names []codeName
	}{{"new", l.New}, {"here already", l.Same}, {"differs", l.Different}} {
		for _, n := range part.names {
			fmt.Fprintf(&b, "\n  %-12s  %s", part.title, strings.Trim(n.Issuer+": "+n.Account, ": "))
		}
	}
	writeUnreadable(&b, l.Unreadable)
	if len(l.Missing) > 0 {
		fmt.Fprintf(&b, "\n  parts %s of %d are missing", numbers(l.Missing), l.Parts)
	}
	return b.String()
}

func (l importLine) name() string {
	if l.App != "" {
		return l.App
	}
	return string(l.Format)
}

func writeUnreadable(b *strings.Builder, list []unreadableCode) {
	for _, u := range list {
		fmt.Fprintf(b, "\n  left out      %s: %s", u.Where, u.Why)
	}
}

func numbers(list []int) string {
	return strings.Trim(strings.Join(strings.Fields(fmt.Sprint(list)), ", "), "[]")
}

func (p *cliPhone) exportCodes() *cobra.Command {
	var format, passphraseFile, recipientFile, typed, pictures string
	cmd := &cobra.Command{
		Use:   "export FILE",
		Short: "write this phone's codes into a file, for keeping or for another app",
		Long: `Writes the codes that are not in the trash into a new file, reads that back and compares it before it says done. docs/export.md describes the forms:
age (encrypted; the default), aegis (encrypted), otpauth and google (not encrypted: they demand --type "` + transfer.PlainPhrase + `").`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.opened(cmd, func(ctx context.Context) error {
				o := transfer.ExportOptions{Typed: typed}
				var err error
				if o.Passphrase, err = secretFrom(passphraseFile); err != nil {
					return err
				}
				recipient, err := secretFrom(recipientFile)
				if err != nil {
					return err
				}
				o.Recipient = string(recipient)
				return p.exportTo(ctx, cmd, args[0], pictures, transfer.Format(format), o)
			})
		},
	}
	cmd.Flags().StringVar(&format, "format", string(transfer.Age), "age, aegis, otpauth or google")
	cmd.Flags().StringVar(&passphraseFile, "passphrase-file", "", "file that holds the passphrase of the export, at least 8 characters")
	cmd.Flags().StringVar(&recipientFile, "recipient-file", "", "file that holds public keys of age, one a line, in place of a passphrase")
	cmd.Flags().StringVar(&typed, "type", "", "the words that an export without encryption demands")
	cmd.Flags().StringVar(&pictures, "pictures", "", "folder for the QR codes of an export without encryption, as 001.png and so on")
	cmd.MarkFlagsMutuallyExclusive("passphrase-file", "recipient-file")
	return cmd
}

func (p *cliPhone) exportTo(ctx context.Context, cmd *cobra.Command, name, pictures string, format transfer.Format, o transfer.ExportOptions) error {
	if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		return cli.Usage{Text: name + " is there already: choose another name"}
	}
	if pictures != "" && format.Protected() {
		return cli.Usage{Text: "this form of export is only a file: it has no QR codes"}
	}
	entries, err := p.core.ExportCodes(ctx, platform.Prompt{Title: "Export codes"})
	if err != nil {
		return err
	}
	defer func() {
		for _, e := range entries {
			e.Code.Secret.Wipe()
			e.Code.PIN.Wipe()
		}
	}()
	x, err := transfer.MakeExport(ctx, format, transfer.Items(entries), o)
	if err != nil {
		return err
	}
	defer x.Wipe()
	var file bytes.Buffer
	if _, err := x.WriteTo(&file); err != nil {
		return err
	}
	defer clear(file.Bytes())
	if err := atomicfile.Write(name, file.Bytes()); err != nil {
		return err
	}
	if err := checkFile(x, name); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	if pictures != "" {
		if err := drawTexts(pictures, x.Texts()); err != nil {
			return err
		}
	}
	return p.print(cmd, exportLine{x.Format, name, x.Count, unreadables(x.Left)})
}

// drawTexts writes a QR code for each text.
func drawTexts(folder string, texts []otp.Secret) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	for i, text := range texts {
		code, err := qr.Encode(string(text), qr.LevelM)
		if err != nil {
			return err
		}
		picture, err := code.PNG(4)
		if err != nil {
			return err
		}
		err = atomicfile.Write(filepath.Join(folder, fmt.Sprintf("%03d.png", i+1)), picture)
		clear(picture)
		if err != nil {
			return err
		}
	}
	return nil
}

func checkFile(x *transfer.Export, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return x.Check(f)
}

// exportLine is what "export" prints.
type exportLine struct {
	Format transfer.Format  `json:"format"`
	File   string           `json:"file"`
	Codes  int              `json:"codes"`
	Left   []unreadableCode `json:"left_out"`
}

func (l exportLine) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d codes as %s, read back and compared; %d left out", l.File, l.Codes, l.Format, len(l.Left))
	writeUnreadable(&b, l.Left)
	return b.String()
}
