package phone

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"avow/internal/authn"
	"avow/internal/phone/escrow"
)

// keptAccount is the account's part of an escrow: what is the user's, and not of one phone's keys. Phones join what they have, so that two of them come to the
// same and rest. Append fields, never rename.
type keptAccount struct {
	Login     string         `json:"login"`
	Name      string         `json:"name"`
	Receipts  []Receipt      `json:"receipts,omitempty"`  // the newest, by time
	Computers []keptComputer `json:"computers,omitempty"` // by id
}

// keptComputer is a computer that the user could sign in to without a network. The grant itself is bound to a phone's key and goes with it.
type keptComputer struct {
	ID    authn.ClientID `json:"id"`
	Name  string         `json:"name"`
	Until int64          `json:"until"` // unix seconds
}

const (
	accountEntry = "account"

	maxKeptReceipts  = 20 // some 100 KiB: they are sent with each change
	maxKeptComputers = 100
)

// content is what an account's escrow should hold, with its digest; mu must be held and the vault be open.
func (c *Core) content(a *account) (escrow.Document, authn.Hash, error) {
	doc, digest, err := c.outline(a)
	if err == nil && a.stored.Restore.Codes {
		doc.Codes = c.codes.Escrow()
	}
	return doc, digest, err
}

// outline is content but for the codes, of which there may be thousands; they are in the digest.
func (c *Core) outline(a *account) (escrow.Document, authn.Hash, error) {
	now, s := c.cfg.Now(), &a.stored
	own, err := c.cfg.Keys.Public(s.Keys.Exchange)
	if err != nil {
		return escrow.Document{}, authn.Hash{}, err
	}
	doc := escrow.Document{V: escrow.Version, User: s.User, Devices: slices.Clone(s.Sealed.Members)}
	doc.Admit(s.ID, own)
	body, err := json.Marshal(c.keptAccount(a, now))
	if err != nil {
		return escrow.Document{}, authn.Hash{}, errors.New("encode account: an entry is not JSON") // the cause could quote it
	}
	if h := authn.Hash(sha256.Sum256(body)); h != s.Sealed.Body {
		entry := escrow.Entry{ID: accountEntry, At: s.Sealed.At}.Edit(body, now)
		s.Sealed.Body, s.Sealed.At = h, entry.At
	}
	doc.Account = escrow.Entry{ID: accountEntry, At: s.Sealed.At, Body: body}
	doc.Sort()
	var sum escrow.Sum
	if s.Restore.Codes {
		sum = c.codes.Sum()
	}
	return doc, digest(doc, sum), nil
}

func (c *Core) keptAccount(a *account, now time.Time) keptAccount {
	s := a.stored
	k := keptAccount{Login: s.Login, Name: s.Name, Receipts: newest(s.Receipts), Computers: slices.Clone(s.Sealed.Computers)}
	for _, g := range s.Offline.Grants {
		k.Computers = append(k.Computers, keptComputer{ID: g.Grant.Computer.ID, Name: g.Grant.Computer.Name, Until: g.Grant.Expires})
	}
	k.Computers = joinComputers(k.Computers, now)
	return k
}

// newest are the receipts that an escrow keeps.
func newest(all []Receipt) []Receipt {
	list := slices.Clone(all)
	for i := range list {
		list[i].At = list[i].At.UTC().Round(0)
	}
	slices.SortFunc(list, func(a, b Receipt) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Decision, b.Decision))
	})
	list = slices.CompactFunc(list, func(a, b Receipt) bool { return a.Decision == b.Decision })
	return list[:min(len(list), maxKeptReceipts)]
}

// joinComputers keeps each once, the one that is good for longer, and none whose time is over.
func joinComputers(all []keptComputer, now time.Time) []keptComputer {
	slices.SortFunc(all, func(a, b keptComputer) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(b.Until, a.Until), cmp.Compare(a.Name, b.Name))
	})
	all = slices.CompactFunc(all, func(a, b keptComputer) bool { return a.ID == b.ID })
	all = slices.DeleteFunc(all, func(k keptComputer) bool { return k.Until <= now.Unix() })
	return all[:min(len(all), maxKeptComputers)]
}

// digestOf is the same for documents of the same content, whatever their generation and the time of the account's entry.
func digestOf(doc escrow.Document) authn.Hash { return digest(doc, escrow.SumOf(doc.Codes)) }

// digest is digestOf for a document whose codes have that sum.
func digest(doc escrow.Document, sum escrow.Sum) authn.Hash {
	doc.Generation, doc.Account.At, doc.Codes = 0, 0, nil
	doc.Devices = append([]escrow.Member{}, doc.Devices...) // nothing is an empty list
	b, err := json.Marshal(struct {
		Document escrow.Document `json:"document"`
		Codes    escrow.Sum      `json:"codes"`
	}{doc, sum})
	defer clear(b)
	if err != nil {
		return authn.Hash{}
	}
	return authn.Hash(sha256.Sum256(b))
}

// takeCodes joins what another phone of the user hands over into the open vault; the next save stores it.
func (c *Core) takeCodes(theirs []escrow.Entry) error {
	c.saving.Lock()
	defer c.saving.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.doc == nil {
		return ErrLocked
	}
	merged, err := escrow.MergeEntries(c.codes.Escrow(), theirs)
	if err != nil {
		return err
	}
	return c.joinCodes(merged)
}

// live counts the entries that were not deleted.
func live(list []escrow.Entry) (n int) {
	for _, e := range list {
		if !e.Deleted {
			n++
		}
	}
	return n
}

// take joins what an escrow holds into account and vault; mu must be held and the vault be open.
func (c *Core) take(a *account, theirs escrow.Document) error {
	var k keptAccount
	if err := json.Unmarshal(theirs.Account.Body, &k); err != nil {
		return escrow.ErrDamaged.Because(errors.New("the account's entry is not one"))
	}
	s := &a.stored
	mine := escrow.Document{V: escrow.Version, User: s.User, Account: theirs.Account, Devices: slices.Clone(s.Sealed.Members)}
	mine.Codes = c.codes.Escrow()
	mine.Sort()
	merged, err := escrow.Merge(mine, theirs)
	if err != nil {
		return err
	}
	if len(theirs.Codes) > 0 {
		if err := c.joinCodes(merged.Codes); err != nil {
			return err
		}
		s.Restore.Codes = true
	}
	s.Sealed.Members = merged.Devices
	s.Sealed.Computers = joinComputers(append(s.Sealed.Computers, k.Computers...), c.cfg.Now())
	for _, r := range slices.Backward(k.Receipts) { // the oldest first
		if !slices.ContainsFunc(s.Receipts, func(have Receipt) bool { return have.Decision == r.Decision }) {
			a.addReceipt(r)
		}
	}
	s.Sealed.At = max(s.Sealed.At, theirs.Account.At)
	return nil
}
