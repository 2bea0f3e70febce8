package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"avow/internal/cli"
	"avow/internal/otp"
	"avow/internal/phone/codes"
	"avow/internal/phone/platform"
)

func (p *cliPhone) codes() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "codes",
		Short: "codes of other services: list, add, show, change, trash",
		Long: `Codes of other services on this phone. A code is named by its id, as "codes list" prints it, or by words that find it alone. A code's link holds its
secret: it is read from standard input, or written there only with --secret.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.codesList(), p.codesAdd(), p.codesShow(), p.codesEdit(), p.codesMove(),
		p.codesDo("trash CODE", "put a code into the trash, where it stays for 30 days", false, p.trash),
		p.codesDo("restore CODE", "take a code out of the trash", true, p.untrash),
		p.codesDo("delete CODE", "delete a code in the trash for good", true, p.delete),
		p.codesNext())
	return cmd
}

func (p *cliPhone) trash(ctx context.Context, id codes.ID) error { return p.core.TrashCode(ctx, id) }

func (p *cliPhone) untrash(ctx context.Context, id codes.ID) error {
	return p.core.UntrashCode(ctx, id)
}

func (p *cliPhone) delete(ctx context.Context, id codes.ID) error { return p.core.DeleteCode(ctx, id) }

// opened runs f with the vault open.
func (p *cliPhone) opened(cmd *cobra.Command, f func(context.Context) error) error {
	return p.with(cmd, func(ctx context.Context) error {
		ctx, err := p.unlocked(ctx)
		if err != nil {
			return err
		}
		return f(ctx)
	})
}

// changing is opened for what changes codes. Where an account keeps them for a restore, its server gets them; one that is away gets them later.
func (p *cliPhone) changing(cmd *cobra.Command, f func(context.Context) error) error {
	return p.opened(cmd, func(ctx context.Context) error {
		if err := f(ctx); err != nil {
			return err
		}
		_ = p.core.Sync(ctx)
		return nil
	})
}

// code finds the one that a person means.
func (p *cliPhone) code(name string, trash bool) (codes.View, error) {
	if v, err := p.core.CodeView(codes.ID(name)); err == nil {
		return v, nil
	}
	found := p.core.FindCodes(codes.Query{Text: name, Trash: trash})
	switch len(found) {
	case 0:
		return codes.View{}, codes.ErrNotFound
	case 1:
		return p.core.CodeView(found[0])
	}
	return codes.View{}, cli.Usage{Text: fmt.Sprintf("%d codes are found by these words: add some, or give the id that \"phone codes list\" prints", len(found))}
}

func (p *cliPhone) codesList() *cobra.Command {
	var q codes.Query
	var order string
	cmd := &cobra.Command{
		Use:   "list [WORDS]",
		Short: "list codes, without what they are now",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if q.Order = codes.Order(order); !slices.Contains([]codes.Order{codes.ByPlace, codes.ByName, codes.ByUse}, q.Order) {
				return cli.Usage{Text: "order is place, name or use"}
			}
			q.Text = strings.Join(args, " ")
			return p.opened(cmd, func(context.Context) error {
				out := serviceCodes{}
				for _, id := range p.core.FindCodes(q) {
					if v, err := p.core.CodeView(id); err == nil {
						out = append(out, newServiceCode(v))
					}
				}
				return p.print(cmd, out)
			})
		},
	}
	cmd.Flags().StringVar(&q.Group, "group", "", "only those in a group")
	cmd.Flags().StringVar(&order, "order", string(codes.ByPlace), "place (by hand), name or use")
	cmd.Flags().BoolVar(&q.Trash, "trash", false, "those in the trash")
	return cmd
}

func (p *cliPhone) codesAdd() *cobra.Command {
	var e codes.Entry
	cmd := &cobra.Command{
		Use:   "add -",
		Short: "add a code by its otpauth link, which is read from standard input",
		Long:  "Adds a code by its otpauth link. The link is read from standard input: it holds the secret, and other users of a machine can see command lines.",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] != "-" {
				return cli.Usage{Text: `give - and the link by standard input: it is secret, and other users can see command lines`}
			}
			text, err := given(cmd, "-")
			if err != nil {
				return err
			}
			if e.Code, err = otp.Parse(text); err != nil {
				return err
			}
			return p.changing(cmd, func(ctx context.Context) error {
				id, err := p.core.AddCode(ctx, e)
				if err != nil {
					return err
				}
				v, err := p.core.CodeView(id)
				if err != nil {
					return err
				}
				return p.print(cmd, newServiceCode(v))
			})
		},
	}
	cmd.Flags().StringVar(&e.Name, "name", "", "your own name for it")
	cmd.Flags().StringVar(&e.Note, "note", "", "a note")
	cmd.Flags().StringSliceVar(&e.Groups, "group", nil, "groups that it is in")
	cmd.Flags().BoolVar(&e.Pinned, "pin", false, "put it above the others")
	return cmd
}

func (p *cliPhone) codesShow() *cobra.Command {
	var secret bool
	cmd := &cobra.Command{
		Use:   "show CODE",
		Short: "show what a code is now, and the next one; with --secret its link instead",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.opened(cmd, func(ctx context.Context) error {
				v, err := p.code(strings.Join(args, " "), false)
				if err != nil {
					return err
				}
				if secret {
					uri, err := p.core.CodeURI(ctx, v.ID, platform.Prompt{Title: "Show the secret of a code"})
					if err != nil {
						return err
					}
					return p.print(cmd, serviceLink{ID: v.ID, Link: string(uri)})
				}
				now := time.Now()
				shown, err := p.core.Code(ctx, v.ID, now)
				if err != nil {
					return err
				}
				if shown.Text == "" {
					return cli.Usage{Text: `this code goes by a counter: ask for its next one with "phone codes next"`}
				}
				if err := p.core.UsedCode(ctx, v.ID); err != nil {
					return err
				}
				return p.print(cmd, newShownCode(v, shown, now))
			})
		},
	}
	cmd.Flags().BoolVar(&secret, "secret", false, "print the otpauth link with the secret")
	return cmd
}

func (p *cliPhone) codesNext() *cobra.Command {
	return &cobra.Command{
		Use:   "next CODE",
		Short: "show the next code of one that goes by a counter; the counter moves on first",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.changing(cmd, func(ctx context.Context) error {
				v, err := p.code(strings.Join(args, " "), false)
				if err != nil {
					return err
				}
				shown, err := p.core.AdvanceCode(ctx, v.ID)
				if err != nil {
					return err
				}
				if v, err = p.core.CodeView(v.ID); err != nil {
					return err
				}
				return p.print(cmd, newShownCode(v, shown, time.Time{}))
			})
		},
	}
}

func (p *cliPhone) codesEdit() *cobra.Command {
	var to codes.Draft
	var counter uint64
	cmd := &cobra.Command{
		Use:   "edit CODE",
		Short: "change name, note, groups, issuer, account, pin or counter of a code; what is not given stays",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.changing(cmd, func(ctx context.Context) error {
				v, err := p.code(strings.Join(args, " "), false)
				if err != nil {
					return err
				}
				d := v.Draft()
				for flag, set := range map[string]func(){
					"name": func() { d.Name = to.Name }, "note": func() { d.Note = to.Note }, "group": func() { d.Groups = to.Groups },
					"issuer": func() { d.Issuer = to.Issuer }, "account": func() { d.Account = to.Account }, "pin": func() { d.Pinned = to.Pinned },
					"counter": func() { d.Counter = otp.Counter(counter) },
				} {
					if cmd.Flags().Changed(flag) {
						set()
					}
				}
				if err := p.core.EditCode(ctx, v.ID, d); err != nil {
					return err
				}
				if v, err = p.core.CodeView(v.ID); err != nil {
					return err
				}
				return p.print(cmd, newServiceCode(v))
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&to.Name, "name", "", "your own name for it")
	flags.StringVar(&to.Note, "note", "", "a note")
	flags.StringSliceVar(&to.Groups, "group", nil, "groups that it is in, in place of those before")
	flags.StringVar(&to.Issuer, "issuer", "", "the service")
	flags.StringVar(&to.Account, "account", "", "your name there")
	flags.BoolVar(&to.Pinned, "pin", false, "put it above the others")
	flags.Uint64Var(&counter, "counter", 0, "the counter of the next code")
	return cmd
}

func (p *cliPhone) codesMove() *cobra.Command {
	var before string
	cmd := &cobra.Command{
		Use:   "move CODE",
		Short: "move a code to the end of the order by hand, or before another one",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.changing(cmd, func(ctx context.Context) error {
				v, err := p.code(strings.Join(args, " "), false)
				if err != nil {
					return err
				}
				var other codes.View
				if before != "" {
					if other, err = p.code(before, false); err != nil {
						return err
					}
				}
				if err := p.core.MoveCode(ctx, v.ID, other.ID); err != nil {
					return err
				}
				return p.print(cmd, newServiceCode(v))
			})
		},
	}
	cmd.Flags().StringVar(&before, "before", "", "the code that it comes before")
	return cmd
}

// codesDo does one thing to one code.
func (p *cliPhone) codesDo(use, short string, trash bool, do func(context.Context, codes.ID) error) *cobra.Command {
	return &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.changing(cmd, func(ctx context.Context) error {
				v, err := p.code(strings.Join(args, " "), trash)
				if err != nil {
					return err
				}
				if trash && v.Trashed.IsZero() {
					return cli.Usage{Text: "this code is not in the trash"}
				}
				if err := do(ctx, v.ID); err != nil {
					return err
				}
				after, err := p.core.CodeView(v.ID)
				if err != nil {
					after = v // deleted
				}
				return p.print(cmd, newServiceCode(after))
			})
		},
	}
}

// serviceCode is a code in a list.
type serviceCode struct {
	ID      codes.ID `json:"id"`
	Kind    otp.Kind `json:"kind"`
	Issuer  string   `json:"issuer,omitempty"`
	Account string   `json:"account,omitempty"`
	Name    string   `json:"name,omitempty"`
	Note    string   `json:"note,omitempty"`
	Groups  []string `json:"groups,omitempty"`
	Pinned  bool     `json:"pinned,omitempty"`
	Digits  int      `json:"digits"`
	Period  int      `json:"period,omitempty"`
	Counter uint64   `json:"counter,omitempty"`
	Uses    int      `json:"uses,omitempty"`
	Weak    bool     `json:"weak,omitempty"`
	PurgeAt string   `json:"purge_at,omitempty"` // in the trash: when it goes for good
}

func newServiceCode(v codes.View) serviceCode {
	l := serviceCode{
		ID: v.ID, Kind: v.Kind, Issuer: v.Issuer, Account: v.Account, Name: v.Name, Note: v.Note, Groups: v.Groups, Pinned: v.Pinned,
		Digits: int(v.Digits), Period: int(v.Period), Counter: uint64(v.Counter), Uses: v.Uses, Weak: v.Weak,
	}
	if at := v.PurgeAt(); !at.IsZero() {
		l.PurgeAt = at.UTC().Format(time.RFC3339)
	}
	return l
}

func (l serviceCode) String() string {
	parts := []string{string(l.ID), string(l.Kind)}
	for _, text := range []string{l.Name, l.Issuer, l.Account} {
		if text != "" {
			parts = append(parts, text)
		}
	}
	for _, g := range l.Groups {
		parts = append(parts, "group: "+g)
	}
	if l.Pinned {
		parts = append(parts, "pinned")
	}
	if l.Weak {
		parts = append(parts, "weak secret")
	}
	if l.PurgeAt != "" {
		parts = append(parts, "in the trash until "+l.PurgeAt)
	}
	return strings.Join(parts, "  ")
}

type serviceCodes []serviceCode

func (l serviceCodes) String() string { return lines(l, "There are no codes.") }

// serviceLink is a code's secret.
type serviceLink struct {
	ID   codes.ID `json:"id"`
	Link string   `json:"link"`
}

func (l serviceLink) String() string { return l.Link }

// shownCode is a code as it is typed.
type shownCode struct {
	ID       codes.ID `json:"id"`
	Code     string   `json:"code"`
	Next     string   `json:"next,omitempty"`
	SecsLeft int      `json:"seconds_left,omitempty"`
	Counter  uint64   `json:"counter,omitempty"` // of the next one
}

func newShownCode(v codes.View, s codes.Shown, now time.Time) shownCode {
	l := shownCode{ID: v.ID, Code: s.Text, Next: s.Next, Counter: uint64(v.Counter)}
	if !s.Until.IsZero() {
		l.SecsLeft = int(s.Until.Sub(now).Seconds()) + 1
	}
	return l
}

func (l shownCode) String() string {
	if l.Next == "" {
		return l.Code
	}
	return fmt.Sprintf("%s  %d seconds left, then %s", l.Code, l.SecsLeft, l.Next)
}
