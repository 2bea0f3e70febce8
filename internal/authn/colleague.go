package authn

import (
	"slices"
	"time"
)

// Limits of colleagues.
const (
	MaxColleagues      = 10
	ColleagueMailsADay = 3 // one-time codes that anybody who knows a login can have sent
)

// Errors of naming colleagues.
var (
	ErrColleaguesMany = Fail(Invalid, "colleagues_many", "Name at most 10 colleagues.")
	ErrColleaguesFew  = Fail(Invalid, "colleagues_few", "Name more colleagues, or ask for fewer of them: so many have to say Yes, and your organisation says how many at least.")
	ErrColleagueSelf  = Fail(Invalid, "colleague_self", "You can't name yourself, nor anybody twice.")
)

// NameColleagues says who may bring the account back together, and how many of them have to say Yes: at least as many as the organisation wants. Nobody takes
// it back.
func (g RestoreGuard) NameColleagues(list []UserID, needed, least int) (RestoreGuard, error) {
	switch {
	case len(list) == 0:
		g.Colleagues, g.Needed = nil, 0
		return g, nil
	case len(list) > MaxColleagues:
		return g, ErrColleaguesMany
	case needed < max(least, 1) || needed > len(list):
		return g, ErrColleaguesFew
	}
	sorted := slices.Sorted(slices.Values(list))
	if slices.Contains(list, g.User) || len(slices.Compact(sorted)) != len(list) {
		return g, ErrColleagueSelf
	}
	g.Colleagues, g.Needed = slices.Clone(list), needed
	return g, nil
}

// MailUnproved is MailOTP for somebody who has proved nothing yet.
func (g RestoreGuard) MailUnproved(now time.Time) (RestoreGuard, error) {
	if len(since(g.OTPMails, now.Add(-proofWindow))) >= ColleagueMailsADay {
		return g, ErrOTPResends
	}
	return g.MailOTP(now)
}

// Unproved reports whether nothing was proved for a restore by colleagues yet. Until then nobody is told anything that depends on the account.
func (r Restore) Unproved() bool { return r.Kind == RestoreByColleagues && len(r.Answers) == 0 }

// Ask begins to ask the colleagues, once the one-time code was right.
func (r Restore) Ask(colleagues []UserID, needed int, now time.Time) (Restore, error) {
	if err := r.Ended(now); err != nil {
		return r, err
	}
	if !r.Unproved() || r.State != RestoreProved || needed < 1 || needed > len(colleagues) {
		return r, ErrRestoreState
	}
	r.State, r.Needed, r.Answers = RestoreAsking, needed, nil
	for _, c := range colleagues {
		r.Answers = append(r.Answers, ColleagueAnswer{User: c})
	}
	return r, nil
}

// Asked notes the request that a colleague was sent; the one before counts no more.
func (r Restore) Asked(colleague UserID, request RequestID) Restore {
	r.Answers = slices.Clone(r.Answers)
	for i := range r.Answers {
		if a := &r.Answers[i]; a.User == colleague && !a.Answered {
			a.Request = request
		}
	}
	return r
}

// Answer takes what a colleague said to the request that he was sent last, once. ErrRestoreState for every other.
func (r Restore) Answer(colleague UserID, request RequestID, yes bool, now time.Time) (Restore, error) {
	if err := r.Ended(now); err != nil {
		return r, err
	}
	i := slices.IndexFunc(r.Answers, func(a ColleagueAnswer) bool {
		return a.User == colleague && a.Request == request && request != "" && !a.Answered
	})
	if r.State != RestoreAsking || i < 0 {
		return r, ErrRestoreState
	}
	r.Answers = slices.Clone(r.Answers)
	r.Answers[i].Answered, r.Answers[i].Yes, r.Answers[i].At = true, yes, now
	return r, nil
}

// Hopeless reports whether so many colleagues said No that the others are not enough.
func (r Restore) Hopeless() bool {
	left := 0
	for _, a := range r.Answers {
		if !a.Answered || a.Yes {
			left++
		}
	}
	return left < r.Needed
}
