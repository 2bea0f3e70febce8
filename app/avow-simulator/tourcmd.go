package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"avow/app/avow-simulator/tour"
)

// began is when the program started, for the time to the first screen.
var began = time.Now()

func newTourCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "tour",
		Short: "walk the main job through the real screens, without a display",
		Long: `Walks the main job, from the QR to the computer that lets someone in, through the real screens by taps and typing.
Prints each step, writes a PNG of each screen, light and dark, and a contact sheet of all that lies in the folder (index.html), and fails if any step does.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := tour.Run(cmd.Context(), tour.Options{Out: cmd.OutOrStdout(), Dir: out, Began: began}); err != nil {
				return err
			}
			if out != "" {
				fmt.Fprintf(cmd.OutOrStdout(), "Pictures: %s\n", out)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", ".avow/tour", `folder of the pictures; "" writes none`)
	return cmd
}
