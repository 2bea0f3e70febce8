package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"avow/internal/qr"
	"avow/internal/testenv/camera"
	"avow/internal/testenv/readers"
)

type benchFlags struct {
	json    bool
	budget  time.Duration
	frames  int
	hostile int
	seed    uint64
	sizes   []string
}

func newScanBenchCommand() *cobra.Command {
	var flags benchFlags
	cmd := &cobra.Command{
		Use:   "bench [FOLDER…]",
		Short: "compare the scanner with other readers",
		Long: `Reads the same pictures with the app's scanner, as a frame and with all effort, with gozxing as it is, and, where they are installed, with
zbarimg and ZXingReader (Debian: zbar-tools, zxing-cpp-tools), one after the other, and prints how many each read, how many wrong, and the CPU
time that it took. Of folders, the PNG files that have a TXT file beside them with what they say, turned in four ways; without folders,
frames as a camera makes them, by class of trouble, and pictures that are made to keep readers busy.

The time of the programs includes their start and the opening of the file; "start" is what that takes for a picture of 8x8 pixels.`,
		RunE: func(cmd *cobra.Command, folders []string) error {
			folder, err := os.MkdirTemp("", "avow-scan")
			if err != nil {
				return err
			}
			defer func() { _ = os.RemoveAll(folder) }()
			var problem error
			pictures := flags.generated(&problem)
			if len(folders) > 0 {
				pictures = photographs(folders, &problem)
			}
			available := readers.Available(cmd.Context(), folder, flags.budget)
			scores := readers.Contest(cmd.Context(), available, pictures)
			if err := errors.Join(problem, cmd.Context().Err()); err != nil {
				return err
			}
			return flags.print(cmd, available, scores)
		},
	}
	cmd.Flags().BoolVar(&flags.json, "json", false, "one JSON line for a reader and a group of pictures")
	cmd.Flags().DurationVar(&flags.budget, "budget", qr.FrameBudget, "what the scanner may take for a frame")
	cmd.Flags().IntVar(&flags.frames, "frames", 20, "frames of each class and size")
	cmd.Flags().IntVar(&flags.hostile, "hostile", 0, "hostile pictures, which say nothing")
	cmd.Flags().Uint64Var(&flags.seed, "seed", 1, "the first of the frames: the same seed makes the same frames")
	cmd.Flags().StringSliceVar(&flags.sizes, "sizes", []string{"640x480", "1280x720", "1920x1080"}, "of the frames")
	return cmd
}

func (f benchFlags) generated(problem *error) func(func(readers.Picture) bool) {
	return func(yield func(readers.Picture) bool) {
		for _, name := range f.sizes {
			var size image.Point
			if _, err := fmt.Sscanf(name, "%dx%d", &size.X, &size.Y); err != nil || size.X < 320 || size.Y < 240 || size.X > 8000 || size.Y > 8000 {
				*problem = fmt.Errorf("%q is no size from 320x240 to 8000x8000", name)
				return
			}
			for i := range f.frames {
				for _, class := range camera.Classes {
					s := class.Sample(size, f.seed+uint64(i))
					group := string(class) + " " + name
					if !yield(readers.Picture{Group: group, Name: fmt.Sprintf("%s %d", group, s.Seed), Text: s.Text, Image: readers.Grey(s.Frame)}) {
						return
					}
				}
			}
		}
		for i := range f.hostile {
			img := camera.Hostile(image.Pt(1280, 720), f.seed+uint64(i))
			if !yield(readers.Picture{Group: "hostile 1280x720", Name: fmt.Sprintf("hostile %d", i), Image: img}) {
				return
			}
		}
	}
}

func photographs(folders []string, problem *error) func(func(readers.Picture) bool) {
	return func(yield func(readers.Picture) bool) {
		for _, folder := range folders {
			files, err := filepath.Glob(filepath.Join(folder, "*.png"))
			if err != nil || len(files) == 0 {
				*problem = fmt.Errorf("no PNG files in %s", folder)
				return
			}
			for _, file := range files {
				want, err := os.ReadFile(strings.TrimSuffix(file, ".png") + ".txt")
				if err != nil {
					continue
				}
				img, err := openPNG(file)
				if err != nil {
					*problem = err
					return
				}
				for quarters := range 4 {
					p := readers.Picture{Group: filepath.Base(folder), Name: fmt.Sprintf("%s %d", file, quarters*90), Text: utf8OrLatin1(want), Image: readers.Turned(img, quarters)}
					if !yield(p) {
						return
					}
				}
			}
		}
	}
}

func openPNG(name string) (*image.Gray, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	img, err := png.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	return readers.Grey(img), nil
}

// utf8OrLatin1 takes what is not UTF-8 as ISO-8859-1.
func utf8OrLatin1(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var out []rune
	for _, c := range b {
		out = append(out, rune(c))
	}
	return string(out)
}

// benchLine is one line of "scan bench --json". Times are milliseconds of CPU.
type benchLine struct {
	Reader     string   `json:"reader"`
	Pictures   string   `json:"pictures"` // "" for all
	All        int      `json:"all"`
	Read       int      `json:"read"`
	Wrong      int      `json:"wrong"`
	MedianRead float64  `json:"median_read"` // of those that were read
	Median     float64  `json:"median"`
	P99        float64  `json:"p99"`
	Max        float64  `json:"max"`
	Start      float64  `json:"start"`
	Wrongs     []string `json:"wrongs,omitempty"`
}

func (f benchFlags) print(cmd *cobra.Command, available []readers.Reader, scores []readers.Score) error {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	start := map[string]float64{}
	for _, r := range available {
		start[r.Name] = ms(r.Start)
	}
	table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', tabwriter.AlignRight)
	if !f.json {
		fmt.Fprintln(table, "pictures\treader\tread\tof\twrong\tmedian read\tmedian\tp99\tmax\tstart\t")
	}
	enc := json.NewEncoder(cmd.OutOrStdout())
	for _, s := range scores {
		line := benchLine{s.Reader, s.Group, s.All, s.Read, s.Wrong, ms(s.MedianRead), ms(s.Median), ms(s.P99), ms(s.Max), start[s.Reader], s.Wrongs}
		if f.json {
			if err := enc.Encode(line); err != nil {
				return err
			}
			continue
		}
		name := line.Pictures
		if name == "" {
			name = "all"
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t\n",
			name, line.Reader, line.Read, line.All, line.Wrong, line.MedianRead, line.Median, line.P99, line.Max, line.Start)
	}
	return table.Flush()
}
