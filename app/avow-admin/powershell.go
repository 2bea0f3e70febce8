package main

import (
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"avow/app/avow-admin/powershell"
)

// categories are PowerShell's words for the exit codes.
var categories = []powershell.ExitCode{
	{Code: exitRefused, Category: "InvalidOperation"}, {Code: exitUsage, Category: "InvalidArgument"}, {Code: exitUnreachable, Category: "ConnectionError"},
}

func powershellCommand(root *cobra.Command) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use: "powershell", Short: "Write the PowerShell module for registration sessions", Args: cobra.NoArgs,
		Long: `powershell writes Avow.psm1 and Avow.psd1: Add-, Get- and Remove-AvowRegistrationSession and Send-AvowRegistrationNotification. They run this
program and give objects. In PowerShell: Import-Module ./Avow.psd1.
` + exitCodes,
		RunE: func(*cobra.Command, []string) error {
			files, err := module(root)
			if err != nil {
				return err
			}
			for name, data := range files {
				if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "out", ".", "the folder")
	return cmd
}

// module makes the module from the commands and the record.
func module(root *cobra.Command) (powershell.Files, error) {
	var names, times []string
	for _, f := range (record{}).fields(func(time.Time) string { return "a time" }) {
		names = append(names, f.name)
		if f.value == "a time" {
			times = append(times, f.name)
		}
	}
	return powershell.Make(root, slices.Clip(names), times, categories)
}
