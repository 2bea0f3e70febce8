package model

import "avow/assets/translations"

// saying is an error in the app's words.
type saying struct {
	title, sentence translations.Message
	hard            bool // there is no "try again"
}

// restoreFaults is what becomes of a restore, of devices and of a new phone, by the code of the error.
var restoreFaults = map[string]saying{
	"restore_refused":           {title: "app.fault.restore_refused_title", sentence: "app.fault.restore_refused"},
	"restore_forbidden":         {title: "app.fault.restore_forbidden_title", sentence: "app.fault.restore_forbidden", hard: true},
	"restore_not_allowed":       {title: "app.fault.restore_not_allowed_title", sentence: "app.fault.restore_not_allowed"},
	"restore_blocked":           {title: "app.fault.restore_blocked_title", sentence: "app.fault.restore_blocked", hard: true},
	"restore_unknown":           {title: "app.fault.restore_unknown_title", sentence: "app.fault.restore_unknown"},
	"restore_expired":           {title: "app.fault.restore_expired_title", sentence: "app.fault.restore_expired"},
	"restore_failed":            {title: "app.fault.restore_failed_title", sentence: "app.fault.restore_failed"},
	"restore_held":              {title: "app.fault.restore_held_title", sentence: "app.fault.restore_held"},
	"restore_state":             {title: "app.fault.restore_state_title", sentence: "app.fault.restore_state"},
	"restore_over":              {title: "app.fault.restore_state_title", sentence: "app.fault.restore_state"},
	"otp_expired":               {title: "app.fault.otp_expired_title", sentence: "app.fault.otp_expired"},
	"otp_resends":               {title: "app.fault.otp_resends_title", sentence: "app.fault.otp_resends"},
	"no_escrow":                 {title: "app.fault.no_escrow_title", sentence: "app.fault.no_escrow"},
	"escrow_changed":            {title: "app.fault.escrow_changed_title", sentence: "app.fault.escrow_changed"},
	"restore_code_unknown":      {title: "app.fault.no_restore_code_title", sentence: "app.fault.no_restore_code"},
	"restore_not_here":          {title: "app.fault.not_here_title", sentence: "app.fault.not_here"},
	"restore_elsewhere":         {title: "app.restore.elsewhere", sentence: "app.restore.elsewhere_text"},
	"escrow_not_ours":           {title: "app.fault.not_ours_title", sentence: "app.fault.not_ours", hard: true},
	"escrow_rolled_back":        {title: "app.fault.rolled_back_title", sentence: "app.fault.rolled_back", hard: true},
	"device_probation":          {title: "app.fault.probation_title", sentence: "app.fault.probation"},
	"duplicate_unknown":         {title: "app.fault.duplicate_old_title", sentence: "app.fault.duplicate_old"},
	"duplicate_expired":         {title: "app.fault.duplicate_old_title", sentence: "app.fault.duplicate_old"},
	"duplicate_used":            {title: "app.fault.duplicate_old_title", sentence: "app.fault.duplicate_old"},
	"duplicate_claimed":         {title: "app.fault.duplicate_claimed_title", sentence: "app.fault.duplicate_claimed", hard: true},
	"duplicate_refused":         {title: "app.fault.duplicate_refused_title", sentence: "app.fault.duplicate_refused"},
	"duplicate_forged":          {title: "app.fault.duplicate_forged_title", sentence: "app.fault.duplicate_forged", hard: true},
	"duplicate_handover_forged": {title: "app.fault.duplicate_forged_title", sentence: "app.fault.handover_forged", hard: true},
	"duplicate_unreadable":      {title: "app.fault.unreadable_title", sentence: "app.fault.unreadable"},
	"device_unknown":            {title: "app.fault.device_gone_title", sentence: "app.fault.device_gone"},
	"statement_used":            {title: "app.fault.statement_used_title", sentence: "app.fault.statement_used"},
	"attestation_required":      {title: "app.fault.attestation_title", sentence: "app.fault.attestation"},
	"too_many_codes_to_copy":    {title: "app.fault.too_many_codes_title", sentence: "app.fault.too_many_codes"},
}
