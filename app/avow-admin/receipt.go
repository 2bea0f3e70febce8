package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"avow/internal/wire"
)

func (a *app) receiptCommands() *cobra.Command {
	return group("receipt", "Proofs of answers: check one that a phone has saved", a.receiptVerify())
}

// receiptVerify needs no network: of the credential it takes the server's identity key, and what the file says of that does not count.
func (a *app) receiptVerify() *cobra.Command {
	return &cobra.Command{
		Use: "verify FILE", Short: "Check a saved proof against this server's identity key, without a network", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.open()
			if err != nil {
				return err
			}
			f, err := os.Open(args[0])
			if err != nil {
				return err
			}
			data, err := io.ReadAll(io.LimitReader(f, wire.MaxBody+1))
			if err := errors.Join(err, f.Close()); err != nil {
				return err
			}
			file, err := wire.ParseReceiptFile(data)
			if err != nil {
				return fmt.Errorf("%s is no proof that a phone has saved: %w", args[0], err)
			}
			p, err := file.Prove(c.Server.Identity)
			if err != nil {
				return fmt.Errorf("%s does not hold: it was not signed by %s, or was changed (%w)", args[0], c.Server.Host(), err)
			}
			at := time.Unix(p.Receipt.At, 0).UTC().Format(time.RFC3339)
			fields := []field{
				{"answer", string(p.Receipt.Kind)},
				{"action", string(p.Request.Action)},
				{"user", p.Request.Login},
				{"client", string(p.Request.Client.ID)},
				{"client name", p.Request.Client.Name},
				{"at", at},
				{"address", p.Request.Origin.IP},
				{"device", string(p.Receipt.Device)},
				{"verified by", string(p.Decision.UV)},
				{"request", string(p.Receipt.Request)},
			}
			return a.printOne(cmd, map[string]any{
				"answer": p.Receipt.Kind, "action": p.Request.Action, "user": p.Request.Login, "client": p.Request.Client.ID, "client_name": p.Request.Client.Name, "at": at,
				"address": p.Request.Origin.IP, "device": p.Receipt.Device, "verified_by": p.Decision.UV, "request": p.Receipt.Request,
			}, fields)
		},
	}
}
