package console

import (
	"time"

	"avow/assets/translations"
	"avow/internal/authn"
	"avow/internal/computer/agent"
)

// sentences are the words for errors that need no more than their code.
var sentences = map[string]translations.Message{
	"access_denied":            "login.error_access_denied",
	"expired_token":            "login.error_expired",
	"request_expired":          "login.error_expired",
	"unknown_user_id":          "login.error_unknown_user",
	"invalid_client":           "login.error_invalid_client",
	"temporarily_unavailable":  "login.error_too_many",
	"request_open":             "login.error_request_open",
	"too_many_open":            "login.error_too_many",
	"too_many_requests":        "login.error_too_many",
	"server_unreachable":       "login.error_unreachable",
	"server_not_ready":         "login.error_unreachable",
	"server_nonsense":          "login.error_unreachable",
	"tls_untrusted":            "login.error_unreachable",
	"computer_stolen":          "login.error_computer_stolen",
	"computer_removed":         "login.error_computer_removed",
	"computer_reported_stolen": "login.error_computer_stolen",
	"bad_offline_code":         "login.error_bad_offline_code",
	"challenge_missing":        "login.error_challenge_missing",
	"challenge_over":           "login.error_challenge_over",
	"offline_code_used":        "login.error_used",
	"offline_denied":           "login.error_offline_denied",
	"offline_no_grant":         "login.error_no_grant",
	"offline_locked":           "login.error_locked",
	"offline_uses_spent":       "login.error_uses_spent",
	"grant_over":               "login.error_grant_over",
	"grant_revoked":            "login.error_grant_revoked",
	"journal_full":             "login.error_journal_full",
	"state_damaged":            "login.error_state_damaged",
	"state_not_written":        "login.error_state_not_written",
	"login_daemon":             "login.error_daemon",
	"not_for_you":              "login.error_not_for_you",
	"internal":                 "login.error_internal",
}

// refusal is the last word to somebody who was not let in. An error without words of ours keeps its own sentence, which is English.
func (k *talk) refusal(r agent.Refused) string {
	if (r.Code == "offline_wait" || r.Code == "offline_code_wrong") && r.After > 0 {
		return k.t.T("login.error_wait", "Count", minutes(r.After))
	}
	if id, ok := sentences[r.Code]; ok {
		return k.t.T(id)
	}
	return r.Text
}

// notice says why a code did not let in.
func (k *talk) notice(s agent.Offline) string {
	n := s.Notice
	switch n.Code {
	case "offline_code_wrong":
		return k.t.T("login.error_wrong", "Count", n.Left)
	case "code_of_other_computer":
		return k.t.T("login.error_code_of_other_computer", "Computer", s.Computer, "Prefix", s.Prefix)
	case "desk_code_over", "desk_code_not_given", "desk_code_used":
		return k.t.T("login.error_desk_over")
	}
	return k.refusal(agent.Refused{Kind: authn.Invalid, Code: n.Code, Text: n.Text, After: n.After})
}

func minutes(d time.Duration) int { return int((d + time.Minute - 1) / time.Minute) }
