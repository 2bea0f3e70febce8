package restore_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/tries"
	"avow/internal/wire"
)

// TestWrongProofs is R-097: five a day for a user, then nothing for a day and a notice.
func TestWrongProofs(t *testing.T) {
	r := newRig(t)
	for range authn.MaxFailedProofs {
		r.told(authn.NoticeRestoreCodeWrong, 0)
		_, err := r.NewRestorer().Prove("anna", key.NewRestoreCode())
		r.want("a wrong code", err, authn.ErrRestoreRefused)
	}
	r.told(authn.NoticeRestoreCodeWrong, 1)
	for range 3 {
		_, err := r.NewRestorer().Prove("anna", r.code)
		r.want("the right code after five wrong ones", err, authn.ErrRestoreRefused)
	}
	r.told(authn.NoticeRestoreCodeWrong, 1)
	if len(r.mails()) != 0 {
		t.Error("a mail was sent")
	}
	r.Advance(24*time.Hour + time.Second)
	_, err := r.NewRestorer().Prove("anna", r.code)
	r.must(err)
	for range authn.MaxFailedProofs {
		_, _ = r.NewRestorer().Prove("anna", key.NewRestoreCode())
	}
	_, err = r.NewRestorer().Prove("anna", r.code)
	r.want("again", err, authn.ErrRestoreRefused)
	r.must(r.Server.Restore.Allow(context.Background(), r.anna.User, "admin:maja", "she called"))
	_, err = r.NewRestorer().Prove("anna", r.code)
	r.must(err)
}

// TestWrongProofsOfAnAddress is R-097: twenty an hour, whoever they are for; a right one costs nothing.
func TestWrongProofsOfAnAddress(t *testing.T) {
	r := newRig(t)
	for range 25 {
		_, err := r.NewRestorer().Prove("anna", r.code)
		if err != nil && authn.CodeOf(err) != "otp_resends" {
			r.must(err)
		}
	}
	for i := range 20 {
		login := "nobody"
		if i%2 == 1 {
			login = string(rune('a'+i)) + "nna"
		}
		_, err := r.NewRestorer().Prove(login, key.NewRestoreCode())
		r.want("a wrong code", err, authn.ErrRestoreRefused)
	}
	for _, login := range []string{"anna", "nobody"} {
		_, err := r.NewRestorer().Prove(login, r.code)
		if e := authn.AsError(err); e.Code != "too_many_tries" || e.RetryAfter <= 0 {
			t.Errorf("%s after twenty wrong codes: %v", login, err)
		}
	}
	r.Advance(time.Hour)
	_, err := r.NewRestorer().Prove("nobody", r.code)
	r.want("an hour later", err, authn.ErrRestoreRefused)
}

// TestCalls: somebody who only keeps the server busy is slowed.
func TestCalls(t *testing.T) {
	r := newRig(t)
	r.Server.Restore.SetLimit(tries.Limit{PerMinute: 1, Burst: 3}, 20)
	p := r.NewRestorer()
	for range 1 { // a nonce is fetched first
		p.Begin("anna")
	}
	p.Begin("anna")
	_, err := p.StartRestore(context.Background(), wire.RestoreStart{Login: "anna"})
	if authn.CodeOf(err) != "too_many_tries" {
		t.Errorf("the fourth call: %v", err)
	}
}

// asked sends a call by hand and returns status, header names and body.
func asked(r *rig, k key.Private, path string, in any) (int, []string, []byte) {
	r.t.Helper()
	body, err := json.Marshal(in)
	r.must(err)
	var nonce string
	for range 2 {
		proof, err := wire.NewProof(http.MethodPost, r.Site.Issuer+path, nonce, body, r.Now().Unix()).SignNew(k)
		r.must(err)
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, r.Site.Issuer+path, bytes.NewReader(body))
		r.must(err)
		req.Header.Set("Authorization", proof)
		req.Header.Set("Content-Type", "application/json")
		answer, err := r.Browser().Do(req)
		r.must(err)
		text, err := io.ReadAll(answer.Body)
		r.must(err)
		answer.Body.Close()
		if nonce = answer.Header.Get(wire.NonceHeader); answer.StatusCode != http.StatusUnauthorized {
			return answer.StatusCode, slices.Sorted(maps.Keys(answer.Header)), text
		}
	}
	r.t.Fatal("no nonce is good")
	return 0, nil, nil
}

// TestSameAnswers is: nobody learns who is here, who has a code, and who is locked.
func TestSameAnswers(t *testing.T) {
	r := newRig(t)
	r.User("bo") // without a code
	r.User("cecilia")
	locked := r.Phone("cecilia")
	r.must(locked.Keep(key.NewRestoreCode(), file, 0))
	for range authn.MaxFailedProofs {
		_, _ = r.NewRestorer().Prove("cecilia", key.NewRestoreCode())
	}
	type shape struct {
		status int
		head   []string
		size   int
		names  []string
	}
	var shapes, refusals []shape
	var bodies []string
	for _, login := range []string{"anna", "bo", "cecilia", "nobody"} {
		k := r.Key()
		status, head, body := asked(r, k, "/v1/restore/start", wire.RestoreStart{Login: login})
		var fields map[string]json.RawMessage
		r.must(json.Unmarshal(body, &fields))
		shapes = append(shapes, shape{status, head, len(body), slices.Sorted(maps.Keys(fields))})

		p := r.NewRestorer()
		p.Begin(login)
		again := r.NewRestorer()
		again.Begin(login)
		if p.Started.Account != again.Started.Account || p.Started.Vouch != again.Started.Vouch || p.Started.RestoreID == again.Started.RestoreID {
			t.Errorf("%s: account or vouch changes, or the id does not", login)
		}
		stated := p.Restoration()
		k = r.Key()
		stated.DeviceJWK = k.Key()
		start := wire.RestoreStart{Login: login}
		_, _, body = asked(r, k, "/v1/restore/start", start)
		var started wire.RestoreStarted
		r.must(json.Unmarshal(body, &started))
		stated.RestoreID, stated.Challenge = started.RestoreID, started.Challenge
		status, head, body = asked(r, k, "/v1/restore/prove", p.Proof(stated, key.NewRestoreCode()))
		refusals = append(refusals, shape{status, head, len(body), nil})
		bodies = append(bodies, string(body))
	}
	for i := range shapes {
		if !equal(shapes[i], shapes[0]) {
			t.Errorf("the beginning looks different: %+v and %+v", shapes[i], shapes[0])
		}
		if !equal(refusals[i], refusals[0]) || bodies[i] != bodies[0] {
			t.Errorf("the refusal looks different: %+v %s and %+v %s", refusals[i], bodies[i], refusals[0], bodies[0])
		}
	}
	if refusals[0].status != http.StatusForbidden {
		t.Errorf("refused with %d", refusals[0].status)
	}
	// By id, as a sheet has it, in the same way.
	for _, id := range []authn.UserID{r.anna.User, authn.NewUserID()} {
		a, err := r.NewRestorer().StartRestore(context.Background(), wire.RestoreStart{Account: id})
		r.must(err)
		b, err := r.NewRestorer().StartRestore(context.Background(), wire.RestoreStart{Account: id})
		r.must(err)
		if a.Account != id || a.Vouch != b.Vouch || a.Vouch.IsZero() {
			t.Errorf("%s: %+v, %+v", id, a, b)
		}
	}
}

func equal(a, b struct {
	status int
	head   []string
	size   int
	names  []string
},
) bool {
	return a.status == b.status && a.size == b.size && slices.Equal(a.head, b.head) && slices.Equal(a.names, b.names)
}

// TestBadCalls: what is not as it should be is refused, and changes nothing.
func TestBadCalls(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	for name, q := range map[string]wire.RestoreStart{
		"nobody": {}, "both": {Login: "anna", Account: r.anna.User}, "an id that is none": {Account: "u_x"},
	} {
		if _, err := r.NewRestorer().StartRestore(ctx, q); authn.CodeOf(err) != "bad_restore" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, path := range []string{"start", "prove", "code", "resend", "state", "finish"} {
		status, _, _ := asked(r, r.Key(), "/v1/restore/"+path, map[string]any{"restore_id": "x_1", "more": true})
		if status != http.StatusBadRequest {
			t.Errorf("%s with a field that nobody knows: %d", path, status)
		}
		status, _, _ = asked(r, r.Key(), "/v1/restore/"+path, wire.RestoreProve{Statement: string(make([]byte, 100_000))})
		if status != http.StatusBadRequest {
			t.Errorf("%s with 100 kB: %d", path, status)
		}
	}
}
