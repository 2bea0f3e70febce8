// Package mailtext writes what people get by mail and text message. Notices of security events are plain text (RFC 5322 bodies without
// markup), in the language of who gets them. They ask for nothing; those that somebody can do something about hold one link, to a page of the server that
// asks once more. Messages that a person waits for, an invitation to connect a phone or a code, are the other kind. It sends nothing, knows no address and
// decides nothing; internal/server/notify does.
package mailtext

import (
	"fmt"
	"strings"
	"time"

	"avow/assets/translations"
	"avow/internal/authn"
)

// Texts writes mails.
type Texts struct {
	support string
	all     []*translations.Printer // for a reader whose language nobody knows
}

// New makes the texts. support is what to do when nothing helps, a phone number, and may be empty.
func New(support string) *Texts {
	t := &Texts{support: authn.CleanText(support, maxFact)}
	for _, l := range translations.Languages()[:unknown] {
		t.all = append(t.all, translations.New(l.Tag))
	}
	return t
}

// unknown is in how many languages a mail is written, one after the other, where nobody knows which one its reader understands: the first ones of
// translations.Languages. More would hide what it says.
const unknown = 2

// printers are those of a reader's language.
func (t *Texts) printers(language string) []*translations.Printer {
	if language == "" {
		return t.all
	}
	return []*translations.Printer{translations.New(language)}
}

const (
	maxFact    = 128
	maxSubject = 200
	maxLine    = 500
)

// texts of one kind: what happened, and what to do.
type texts struct{ subject, happened, do translations.Message }

var kinds = map[authn.NoticeKind]texts{
	authn.NoticeDeviceRegistered: {"notice.device_registered.subject", "notice.device_registered.text", "notice.device_registered.do"},
	authn.NoticeDeviceRevoked:    {"notice.device_revoked.subject", "notice.device_revoked.text", "notice.device_revoked.do"},
	authn.NoticeClaimRefused:     {"notice.claim_refused.subject", "notice.claim_refused.text", "notice.claim_refused.do"},
	authn.NoticeTooManyRequests:  {"notice.too_many_requests.subject", "notice.too_many_requests.text", "notice.too_many_requests.do"},
	authn.NoticeMuted:            {"notice.muted.subject", "notice.muted.text", "notice.muted.do"},
	authn.NoticeNotMe:            {"notice.not_me.subject", "notice.not_me.text", "notice.not_me.do"},
	authn.NoticeDeviceRefused:    {"notice.device_refused.subject", "notice.device_refused.text", "notice.device_refused.do"},
	authn.NoticeOfflineUnknown:   {"notice.offline_unknown.subject", "notice.offline_unknown.text", "notice.offline_unknown.do"},
	authn.NoticeOfflineLocked:    {"notice.offline_locked.subject", "notice.offline_locked.text", "notice.offline_locked.do"},
	authn.NoticeDeskUnknown:      {"notice.desk_unknown.subject", "notice.desk_unknown.text", "notice.desk_unknown.do"},
	authn.NoticeDeskCode:         {"notice.desk_code.subject", "notice.desk_code.text", "notice.desk_code.do"},
	authn.NoticeProofFailed:      {"notice.proof_failed.subject", "notice.proof_failed.text", "notice.proof_failed.do"},
	authn.NoticeJournalBroken:    {"notice.journal_broken.subject", "notice.journal_broken.text", "notice.journal_broken.do"},
	authn.NoticeCheckpoint:       {"notice.checkpoint.subject", "notice.checkpoint.text", "notice.checkpoint.do"},
	authn.NoticeLedgerBroken:     {"notice.ledger_broken.subject", "notice.ledger_broken.text", "notice.ledger_broken.do"},
	authn.NoticeOneAdmin:         {"notice.one_admin.subject", "notice.one_admin.text", "notice.one_admin.do"},
	authn.NoticeRestoreStarted:   {"notice.restore_started.subject", "notice.restore_started.text", "notice.restore_started.do"},
	authn.NoticeRestoreCodeWrong: {"notice.restore_code_wrong.subject", "notice.restore_code_wrong.text", "notice.restore_code_wrong.do"},
	authn.NoticeRestoreHeld:      {"notice.restore_held.subject", "notice.restore_held.text", "notice.restore_held.do"},
	authn.NoticeRestoreFinished:  {"notice.restore_finished.subject", "notice.restore_finished.text", "notice.restore_finished.do"},
	authn.NoticeRestoreBlocked:   {"notice.restore_blocked.subject", "notice.restore_blocked.text", "notice.restore_blocked.do"},
	authn.NoticeRestoreCodeNew:   {"notice.restore_code_new.subject", "notice.restore_code_new.text", "notice.restore_code_new.do"},
	authn.NoticeDeviceDuplicated: {"notice.device_duplicated.subject", "notice.device_duplicated.text", "notice.device_duplicated.do"},
	authn.NoticeDuplicateRaced:   {"notice.duplicate_raced.subject", "notice.duplicate_raced.text", "notice.duplicate_raced.do"},
	authn.NoticeDeviceWiped:      {"notice.device_wiped.subject", "notice.device_wiped.text", "notice.device_wiped.do"},
	authn.NoticeColleaguesAsked:  {"notice.colleagues_asked.subject", "notice.colleagues_asked.text", "notice.colleagues_asked.do"},
	authn.NoticeColleaguesNamed:  {"notice.colleagues_named.subject", "notice.colleagues_named.text", "notice.colleagues_named.do"},
	authn.NoticeBackupNew:        {"notice.backup_new.subject", "notice.backup_new.text", "notice.backup_new.do"},
	authn.NoticeBackupUsed:       {"notice.backup_used.subject", "notice.backup_used.text", "notice.backup_used.do"},
	authn.NoticeNamedColleague:   {"notice.named_colleague.subject", "notice.named_colleague.text", "notice.named_colleague.do"},
}

// facts in the order in which a mail lists them; what stands under another name is for programs.
var facts = []struct {
	name  string
	label translations.Message
}{
	{"name", "notice.fact.name"},
	{"login", "notice.fact.login"},
	{"device", "notice.fact.device"},
	{"model", "notice.fact.model"},
	{"client", "notice.fact.client"},
	{"computer", "notice.fact.computer"},
	{"place", "notice.fact.place"},
	{"ip", "notice.fact.ip"},
	{"record", "notice.fact.record"},
	{"left", "notice.fact.left"},
	{"colleagues", "notice.fact.colleagues"},
}

// reactions are what a mail says before its link.
var reactions = map[authn.Reaction]translations.Message{
	authn.ReactionBlockRestore: "notice.react.block_restore",
	authn.ReactionBlockDevice:  "notice.react.block_device",
}

// Mail writes the mail of a notice. org is the organisation's name, language a tag of BCP 47 or "": then the subject is in the first language, the body in
// all, one after the other. link is where the reader can react, or "". Lines end in "\n". What others wrote, such as a phone's name, comes without line
// breaks and control characters. A kind of notice that has no text is an error.
func (t *Texts) Mail(n authn.Notice, org, language, link string) (subject, body string, err error) {
	text, ok := kinds[n.Kind]
	if !ok {
		return "", "", fmt.Errorf("mail: no text for a notice of kind %q", n.Kind)
	}
	printers := t.printers(language)
	org = authn.CleanText(org, maxFact)
	parts := make([]string, 0, len(printers))
	for _, p := range printers {
		parts = append(parts, t.write(p, text, n, org, link))
	}
	subject = authn.CleanText(printers[0].T(text.subject, "Organisation", org, "Login", fact(n, "login")), maxSubject)
	body = strings.Join(parts, "\n\n———\n\n")
	if note := n.Facts["checkpoint"]; note != "" {
		body += "\n\n" + verbatim(note)
	}
	return subject, body, nil
}

// verbatim keeps the lines of what is for programs: a checkpoint is the server's own and must arrive as it was signed.
func verbatim(note string) string {
	var b strings.Builder
	for line := range strings.Lines(note) {
		b.WriteString(authn.CleanText(line, maxLine) + "\n")
	}
	return b.String()
}

func fact(n authn.Notice, name string) string { return authn.CleanText(n.Facts[name], maxFact) }

func (t *Texts) write(p *translations.Printer, text texts, n authn.Notice, org, link string) string {
	var b strings.Builder
	b.WriteString(p.T(text.happened, "Organisation", org) + "\n\n")
	for _, f := range Facts(p, n) {
		b.WriteString(f.Label + ": " + f.Value + "\n")
	}
	b.WriteString(p.T("notice.fact.at") + ": " + when(p, n.At) + "\n\n")
	b.WriteString(p.T(text.do) + "\n")
	if t.support != "" {
		b.WriteString(p.T("notice.support", "Organisation", org, "Support", t.support) + "\n")
	}
	b.WriteString("\n")
	if id := reactions[n.Kind.Reaction()]; id != "" && link != "" {
		b.WriteString(p.T(id) + "\n" + link + "\n" + p.T("notice.react.careful"))
	} else {
		b.WriteString(p.T("notice.no_link"))
	}
	return b.String()
}

// Happened says in one or two sentences what a notice tells of; "" for a kind that has no text.
func Happened(p *translations.Printer, n authn.Notice, org string) string {
	text, ok := kinds[n.Kind]
	if !ok {
		return ""
	}
	return p.T(text.happened, "Organisation", authn.CleanText(org, maxFact))
}

// Fact is one line of a notice.
type Fact struct{ Label, Value string }

// Facts are what a notice says beside its text, clean and in order.
func Facts(p *translations.Printer, n authn.Notice) (list []Fact) {
	for _, f := range facts {
		if value := fact(n, f.name); value != "" {
			list = append(list, Fact{p.T(f.label), value})
		}
	}
	if until, err := time.Parse(time.RFC3339, n.Facts["until"]); err == nil {
		list = append(list, Fact{p.T("notice.fact.until"), when(p, until)})
	}
	return list
}

// when names the zone as well: a mail is read where the server is not.
func when(p *translations.Printer, at time.Time) string {
	at = at.Local()
	return p.Day(at) + ", " + p.Clock(at) + " " + at.Format("MST")
}
