package main

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"avow/internal/atomicfile"
	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/wire"
)

func (a *app) clientCommands() *cobra.Command {
	return group("client", "Clients: computers and applications that people sign in to",
		a.clientAdd(), a.clientList(), a.clientKey(), a.clientTry())
}

func clientFields(c wire.AdminClient) []field {
	return []field{
		{"id", string(c.ID)},
		{"name", c.Name},
		{"kind", string(c.Kind)},
		{"match", string(c.Match)},
		{"known", strconv.FormatBool(c.Known)},
		{"disabled", strconv.FormatBool(c.Disabled)},
		{"created_at", stamp(c.CreatedAt)},
	}
}

func (a *app) clientAdd() *cobra.Command {
	var name, kind, match, file string
	var known bool
	cmd := &cobra.Command{
		Use: "add ID --key FILE", Short: "Register a computer or application by its public key", Args: cobra.ExactArgs(1),
		Example: `  avow-admin client key --out laptop-42.pem
  avow-admin client add laptop-42 --name LAPTOP-42 --key laptop-42.pem.pub --known`,
		RunE: func(cmd *cobra.Command, args []string) error {
			pub, err := readPublic(file)
			if err != nil {
				return err
			}
			admin, err := a.admin()
			if err != nil {
				return err
			}
			c, err := admin.AddClient(cmd.Context(), wire.AddClient{
				ID: authn.ClientID(args[0]), Name: name, Kind: authn.ClientKind(kind), Key: pub, Match: authn.MatchMode(match), Known: known,
				Reason: a.why("client add"),
			})
			if err != nil {
				return err
			}
			return a.printOne(cmd, c, clientFields(c))
		},
	}
	f := cmd.Flags()
	f.StringVar(&name, "name", "", "the name that people read on their phones (default: the id)")
	f.StringVar(&kind, "kind", string(authn.ClientComputer), "computer or web")
	f.StringVar(&file, "key", "", "its public key: a JWK, or PEM (PUBLIC KEY)")
	f.StringVar(&match, "match", "", "number, qr or tap (default: the server's match; tap is below NIST AAL2)")
	f.BoolVar(&known, "known", false, "it is the organisation's own computer")
	required(cmd, "key")
	return cmd
}

func required(cmd *cobra.Command, names ...string) {
	for _, name := range names {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic("a flag that was just made is there: " + err.Error())
		}
	}
}

// readPublic reads a JWK, or a PKIX public key in PEM. A private key is refused: it has no business here.
func readPublic(path string) (key.Public, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return key.Public{}, fmt.Errorf("read the public key: %w", err)
	}
	block, _ := pem.Decode(b)
	if block == nil {
		var k key.Public
		if err := json.Unmarshal(b, &k); err != nil || k.IsZero() {
			return key.Public{}, fmt.Errorf("%s is neither a JWK of a P-256 public key nor PEM", path)
		}
		return k, nil
	}
	if block.Type != "PUBLIC KEY" {
		return key.Public{}, fmt.Errorf("%s holds a %s; give the public half, which avow-admin client key writes to FILE.pub", path, block.Type)
	}
	any, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return key.Public{}, fmt.Errorf("read the public key %s: %w", path, err)
	}
	ec, ok := any.(*ecdsa.PublicKey)
	if !ok {
		return key.Public{}, fmt.Errorf("%s is not a P-256 key", path)
	}
	return key.FromECDSA(ec)
}

func (a *app) clientList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List all clients", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			admin, err := a.admin()
			if err != nil {
				return err
			}
			clients, err := admin.Clients(cmd.Context())
			if err != nil {
				return err
			}
			rows := make([][]field, 0, len(clients))
			for _, c := range clients {
				rows = append(rows, clientFields(c))
			}
			return a.print(cmd, wire.ClientList{Clients: clients}, "There are no clients. Add one: avow-admin client add ID --key FILE", rows)
		},
	}
}

func (a *app) clientKey() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use: "key --out FILE", Short: "Make a key pair for a computer; no server is asked", Args: cobra.NoArgs,
		Long: "key writes a new private key to FILE, which only you may read, and its public half to FILE.pub as a JWK for client add. Move FILE\nto the computer; it never has to leave it.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, path := range []string{out, out + ".pub"} {
				if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
					return fmt.Errorf("%s is there already and is not overwritten; choose another name with --out", path)
				}
			}
			k, err := key.Generate()
			if err != nil {
				return err
			}
			private, err := k.EncodePEM()
			if err != nil {
				return err
			}
			public, err := k.Key().MarshalJSON()
			if err != nil {
				return err
			}
			if err := atomicfile.Write(out, private); err != nil {
				return err
			}
			if err := atomicfile.Write(out+".pub", append(public, '\n')); err != nil {
				return err
			}
			return a.printOne(cmd, map[string]string{"private_key": out, "public_key": out + ".pub"},
				[]field{{"private_key", out}, {"public_key", out + ".pub"}})
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "the file of the private key")
	required(cmd, "out")
	return cmd
}
