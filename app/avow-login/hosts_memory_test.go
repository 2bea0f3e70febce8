package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// paths of the module that its memory is watched on.
var watched = map[string]string{
	"ok-after-words": letIn, "fail-a": refused, "killed-at-answer": unavailable, "killed-in-ok": unavailable, "huge": unavailable,
	"info-flood": unavailable, "ok-twice": refused,
}

// testMemory has memcheck and the compiler's sanitizers watch the module: no error, nothing lost, no descriptor left.
func (r *rig) testMemory(t *testing.T) {
	t.Run("valgrind", func(t *testing.T) {
		suppressions := filepath.Join(r.dir, "valgrind.supp")
		if err := os.WriteFile(suppressions, []byte(wrapperLeaks), 0o644); err != nil {
			t.Fatal(err)
		}
		for name, want := range watched {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				// The helper is another program: --trace-children is off, but the child is the same until it calls execve.
				code, said := r.pamtester(t, "timeout=30 helper="+r.link(t, name), "anna.lind", "valgrind", "--error-exitcode=99", "--leak-check=full",
					"--errors-for-leak-kinds=definite", "--track-fds=yes", "--child-silent-after-fork=yes", "--suppressions="+suppressions)
				if !strings.Contains(said, want) || code == 99 || (code == 0) != (want == letIn) {
					t.Errorf("exit code %d:\n%s", code, said)
				}
				if !strings.Contains(said, "ERROR SUMMARY: 0 errors") {
					t.Errorf("memcheck found:\n%s", said)
				}
				for _, open := range regexp.MustCompile(`Open (?:file descriptor|AF_UNIX socket) [^\n]*\n[^\n]*\n[^\n]*`).FindAllString(said, -1) {
					if !strings.Contains(open, "<inherited from parent>") {
						t.Errorf("left open: %s", open)
					}
				}
			})
		}
	})
	t.Run("sanitizers", func(t *testing.T) {
		asan := library(t, "libasan.so")
		ubsan := library(t, "libubsan.so")
		if asan == "" || ubsan == "" {
			t.Skip("this C compiler has no sanitizers")
		}
		s := *r
		s.module = filepath.Join(r.dir, "sanitized", "pam_avow.so")
		make_(t, "MODULE="+s.module, "PAMCFLAGS=-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all", "PAMLDFLAGS=", s.module)
		for name, want := range watched {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				code, said := s.pamtester(t, "timeout=30 helper="+r.link(t, name), "anna.lind", "env", "LD_PRELOAD="+strings.Join([]string{asan, ubsan, r.wrapper}, " "),
					"ASAN_OPTIONS=detect_leaks=0:verify_asan_link_order=0")
				if !strings.Contains(said, want) || (code == 0) != (want == letIn) || strings.Contains(said, "Sanitizer") || strings.Contains(said, "runtime error") {
					t.Errorf("exit code %d:\n%s", code, said)
				}
			})
		}
	})
	t.Run("analyzer", func(t *testing.T) {
		cmd := exec.CommandContext(t.Context(), "cc", "-std=c11", "-O2", "-fanalyzer", "-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Werror", "-c", "-o", os.DevNull, "pam/pam_avow.c")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
}

func library(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "cc", "-print-file-name="+name).Output()
	if path := strings.TrimSpace(string(out)); err == nil && filepath.IsAbs(path) {
		return path
	}
	return ""
}

// wrapperLeaks are those of libpam_wrapper itself, which copies libpam at its start.
const wrapperLeaks = `{
   libpam_wrapper
   Memcheck:Leak
   match-leak-kinds: definite
   ...
   obj:*/libpam_wrapper.so*
}
`
