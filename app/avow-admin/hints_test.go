package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// answering are the packages of which the server's administration is made, and the client's own errors.
var answering = []string{
	"internal/server", "internal/server/admin", "internal/server/registration", "internal/server/site", "internal/server/proof", "internal/server/api", "internal/server/offline",
	"internal/server/device", "internal/authn", "internal/store", "internal/store/sqlite", "internal/client", "internal/server/people", "internal/server/restore", "internal/server/directory", "internal/server/telemetry", "internal/server/debuglog", "app/avow-admin/bulk",
}

// plain are the codes that need no hint, by why.
var plain = map[string]string{
	"the sentence says all": `bad_login bad_mail bad_phone_number bad_status bad_language bad_role user_of_directory own_account last_owner vanished_without_full no_directory higher_role
		directory_vanished directory_fault directory_refused directory_base directory_limit directory_untrusted directory_no_tls directory_rights directory_too_many
		directory_unreachable bad_mode bad_client_id bad_client_kind bad_client_name bad_match bad_computer_id bad_computer_name
		bad_offline bad_computer_state user_exists client_exists computer_removed wipe_scope never_signed_in desk_grant_over desk_grant_ended no_desk_codes`,
	"the server or the network, not the command": `storage_closed storage_folder_missing storage_unreachable storage_full storage_read_only storage_busy storage_failed
		storage_damaged storage_newer storage_older ledger_damaged folder_in_use not_ready stopping busy server_unreachable server_not_ready server_nonsense cancelled pin_mismatch tls_untrusted plain_http bad_issuer
		bad_body not_found exists use_nonce proof_used too_many_tries stream_ended`,
	"answered to phones": `telemetry_off log_blank log_too_long session_expired session_used session_revoked session_claimed proof_missing proof_wrong proof_tries attestation_required wrong_password password_expired account_locked device_key_missing device_revoked
		device_pending key_mismatch bad_registration request_unknown request_expired already_decided wrong_number too_many_wrong_numbers user_verification_required
		bad_decision request_open too_many_open too_many_requests grant_unknown grant_over grant_revoked computer_reported_stolen bad_record
		backup_refused bad_command bad_escrow bad_receipt bad_colleagues colleague_self colleague_unknown colleagues_few colleagues_many device_probation duplicate_claimed duplicate_expired duplicate_open duplicate_refused
		duplicate_unknown duplicate_used escrow_changed escrow_too_large if_match no_escrow notice_unknown otp_expired otp_resends otp_wrong restore_blocked restore_expired restore_failed
		restore_forbidden restore_held restore_not_allowed restore_over restore_refused restore_state restore_unknown statement_used wipe_unknown`,
	"answered to computers": `enroll_token_unknown enroll_token_expired enroll_token_used computer_key_missing bad_journal bad_batch desk_code_not_given desk_code_over
		desk_code_used`,
	"answered in the browser": `start_unknown check_over check_wrong check_needed bad_user_verification bad_attestation bad_telemetry bad_lock bad_wrong_pins bad_grant_days bad_grant_uses
		bad_colleagues_hold bad_colleagues_needed bad_group bad_old_device bad_probation bad_restore bad_restore_delivery bad_restore_hold too_many_groups`,
}

// Every code that the administration can answer was thought of: it has a hint, or a reason why it has none; and no hint is for a code that is gone.
func TestEveryCode(t *testing.T) {
	known := map[string]string{}
	for why, codes := range plain {
		for _, code := range strings.Fields(codes) {
			known[code] = why
		}
	}
	for code := range hints {
		if known[code] != "" {
			t.Errorf("%s has a hint and is said to need none", code)
		}
		known[code] = "hint"
	}
	found := map[string]bool{"invalid_client": true} // of OAuth, package oidc
	for _, dir := range answering {
		for code, where := range codesOf(t, dir) {
			found[code] = true
			if known[code] == "" {
				t.Errorf("%s: %s has no hint: give it one in hints, or say here why it needs none", where, code)
			}
		}
	}
	if len(found) < 80 {
		t.Errorf("only %d codes were found: they are made in another way now", len(found))
	}
	for code, why := range known {
		if !found[code] {
			t.Errorf("no server answers %s (%s)", code, why)
		}
	}
}

// codesOf are the codes that a package's calls of Fail name, each with a place.
func codesOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("../..", dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]string{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") || filepath.Base(path) == "relyingparty.go" { // of OAuth, with words of its own
			continue
		}
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files := token.NewFileSet()
		f, err := parser.ParseFile(files, path, src, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 3 || name(call.Fun) != "Fail" {
				return true
			}
			code, ok := call.Args[1].(*ast.BasicLit)
			if !ok {
				t.Errorf("%s: a code that is no word", files.Position(call.Pos()))
				return true
			}
			word, err := strconv.Unquote(code.Value)
			if err != nil {
				t.Fatal(err)
			}
			codes[word] = files.Position(call.Pos()).String()
			return true
		})
	}
	return codes
}

func name(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}
