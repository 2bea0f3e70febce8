package portal

import (
	"net/http"
	"strings"

	"avow/assets/web"
	"avow/internal/server/api"
	"avow/internal/server/portal/page"
	"avow/internal/store"
)

func (s *Service) start(a page.Request) error {
	return s.Render(a, http.StatusOK, web.Start, s.Frame(a, a.T("web.start.title"), web.StartPage{}))
}

// missing answers what nobody else does: programs get a problem, people a page.
func (s *Service) missing(a page.Request) error {
	for _, prefix := range []string{"/v1/", "/oidc/", "/.well-known/"} {
		if strings.HasPrefix(a.R.URL.Path, prefix) {
			api.Problem(a.W, store.ErrNotFound)
			return nil
		}
	}
	return store.ErrNotFound
}

func (s *Service) static(a page.Request) error {
	f, ok := s.Pages.Files[a.R.URL.Path]
	if !ok {
		return store.ErrNotFound
	}
	a.W.Header().Set("Content-Type", f.Type)
	a.W.Header().Set("Cache-Control", "public, max-age=31536000, immutable") // its address holds a hash of it
	_, _ = a.W.Write(f.Body)
	return nil
}
