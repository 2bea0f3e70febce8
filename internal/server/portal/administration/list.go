package administration

import (
	"net/url"
	"strconv"
	"strings"

	"avow/assets/web"
	"avow/internal/authn"
	"avow/internal/server/portal/signin"
)

// perPage is how many rows a list has.
const perPage = 50

const maxPage = 1 << 20

// pageOf is which page of a list is asked for, from 1.
func pageOf(v signin.Visitor) int {
	n, _ := strconv.Atoi(v.R.URL.Query().Get("page")) // what is no number is the first page
	return min(max(n, 1), maxPage)
}

func offset(v signin.Visitor) int { return (pageOf(v) - 1) * perPage }

// query is what is looked for.
func query(v signin.Visitor) string { return authn.CleanText(v.R.URL.Query().Get("q"), 200) }

// paging says which part of a list of total rows is shown when there are rows on the page.
func paging(v signin.Visitor, rows, total int) web.Paging {
	first := offset(v)
	p := web.Paging{Total: total}
	if rows > 0 {
		p.From, p.To = first+1, first+rows
	}
	if n := pageOf(v); n > 1 {
		p.Earlier = at(v, "page", strconv.Itoa(n-1))
	}
	if first+rows < total && rows > 0 {
		p.Later = at(v, "page", strconv.Itoa(pageOf(v)+1))
	}
	return p
}

// at is the address of the visitor's page with one value changed.
func at(v signin.Visitor, name, value string) string {
	q := url.Values{}
	for k, values := range v.R.URL.Query() {
		if len(values) > 0 && values[0] != "" && k != name {
			q.Set(k, values[0])
		}
	}
	q.Set(name, value)
	return v.R.URL.EscapedPath() + "?" + q.Encode()
}

// person names a user. What a directory says may hold signs that turn text around: pages show none.
func person(u authn.User) web.Person {
	p := web.Person{ID: string(u.ID), Login: authn.CleanText(u.Login, 128), Name: authn.CleanText(u.Name, 128)}
	if p.Name == "" {
		p.Name = p.Login
	}
	return p
}

// who takes the kind off an actor: people are listed by their login.
func who(actor string) string {
	for _, kind := range []string{"admin:", "user:", "desk:"} {
		if login, ok := strings.CutPrefix(actor, kind); ok {
			return login
		}
	}
	return actor
}
