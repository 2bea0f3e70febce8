package client

import (
	"context"
	"crypto"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"avow/internal/wire"
)

// prover makes calls that are proved by a key (docs/protocol.md, section 5).
type prover struct {
	*conn
	signer crypto.Signer
	kid    string
	limit  int64
	header http.Header // added to each request; no proof covers it
}

// call sends in as JSON, nothing when it is nil, and reads the answer into out unless that is nil.
func (p prover) call(ctx context.Context, method, path string, in, out any) error {
	return p.prove(ctx, method, path, "", in, out, p.kid)
}

// introduce is call with the key embedded in the proof: for a key that the server does not know yet.
func (p prover) introduce(ctx context.Context, path string, in, out any) error {
	return p.prove(ctx, http.MethodPost, path, "", in, out, "")
}

// plain is call without a proof: for what carries one in itself.
func (p prover) plain(parent context.Context, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("encode command: %w", err)
	}
	ctx, cancel := context.WithTimeout(parent, p.o.timeout())
	defer cancel()
	return p.roundTrip(ctx, func() error {
		req, err := newRequest(ctx, http.MethodPost, p.Server().Issuer+path, body, p.o.Agent)
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/json")
		began := time.Now()
		status, head, answer, err := send(parent, p.http, req, p.limit)
		if err == nil {
			err = decode(status, head, answer, out)
		}
		p.o.note(parent, http.MethodPost, path, began, status, err)
		return err
	})
}

func (p prover) prove(parent context.Context, method, path, query string, in, out any, kid string) error {
	return p.proveWithin(parent, p.o.timeout(), method, path, query, in, out, kid)
}

func (p prover) proveWithin(parent context.Context, limit time.Duration, method, path, query string, in, out any, kid string) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return fmt.Errorf("encode command: %w", err)
		}
	}
	ctx, cancel := context.WithTimeout(parent, limit)
	defer cancel()
	return p.roundTrip(ctx, func() error {
		err := p.try(parent, ctx, method, path, query, body, out, kid)
		if isUseNonce(err) {
			err = p.try(parent, ctx, method, path, query, body, out, kid)
		}
		return err
	})
}

func (p prover) try(parent, ctx context.Context, method, path, query string, body []byte, out any, kid string) error {
	req, err := p.request(ctx, method, path, query, body, kid)
	if err != nil {
		return err
	}
	began := time.Now()
	status, head, answer, err := send(parent, p.http, req, p.limit)
	if err == nil {
		p.keepNonce(head.Get(wire.NonceHeader))
		p.keepDate(head.Get("Date"))
		err = decode(status, head, answer, out)
	}
	p.o.note(ctx, method, path, began, status, err)
	return err
}

func (p prover) request(ctx context.Context, method, path, query string, body []byte, kid string) (*http.Request, error) {
	target := url.URL{Path: path} // a login in it may need escapes
	address := p.Server().Issuer + target.EscapedPath()
	proof := wire.NewProof(method, address, p.lastNonce(), body, p.o.now().Unix())
	var auth string
	var err error
	if kid == "" {
		auth, err = proof.SignNew(p.signer)
	} else {
		auth, err = proof.Sign(p.signer, kid)
	}
	if err != nil {
		return nil, fmt.Errorf("sign proof: %w", err)
	}
	if query != "" {
		address += "?" + query
	}
	req, err := newRequest(ctx, method, address, body, p.o.Agent)
	if err != nil {
		return nil, err
	}
	for name, values := range p.header {
		req.Header[name] = values
	}
	req.Header.Set("Authorization", auth)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}
