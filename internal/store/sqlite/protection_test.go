package sqlite

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/otp"
	"avow/internal/store"
	"avow/internal/wire"
)

// How a column is protected: what somebody gets who steals the database (R-126, threat T8). There is no "secret" among them.
const (
	public    = "public"           // lets nobody in: ids, states, times, nonces that only a key's holder can answer
	hashOf    = "hash"             // SHA-256 of at least 128 random bits
	macOf     = "mac"              // of something that could be guessed, by a key from outside the database
	stretched = "argon2id"         // of 65 random bits, keyed from outside the database: nothing to try without that key
	publicKey = "public key"       // the public half only
	personal  = "personal"         // about people; to be kept from others, but opens nothing
	encrypted = "ciphertext"       // age, to keys that only phones and people have
	statement = "signed statement" // a JWS, good for what it says to whom it says it
)

// protection has every column of the schema. A new one fails TestEveryColumnIsProtected until its protection has been thought of.
var protection = map[string]map[string]string{
	"users": {
		"seq": public, "id": public, "login": personal, "login_key": personal, "search_key": personal, "name": personal, "mail": personal,
		"phone": personal, "language": personal, "groups": personal, "source": public, "directory_id": public, "status": public,
		"password_changed_at": public, "password_expires_at": public, "reach_changed_at": public, "created_at": public,
	},
	"admins": {
		"seq": public, "id": public, "name": personal, "role": public, "public_key": publicKey, "user_id": public, "start_hash": hashOf,
		"start_expires": public, "disabled": public, "created_at": public,
	},
	// The code that a message carries follows from the server's secret; nothing of it is here.
	"messages": {
		"seq": public, "id": public, "kind": public, "channel": public, "user_id": public, "session_id": public, "check_id": public,
		"receiver": personal, "language": personal, "created_at": public, "created_by": personal, "state": public, "tries": public,
		"next_try": public, "sent_at": public, "problem": personal, "restore_id": public,
	},
	"templates": {
		"channel": public, "language": public, "subject": public, "body": public, "updated_at": public, "updated_by": personal,
	},
	"settings": {"name": public, "value": public, "updated_at": public, "updated_by": personal},
	"web_sessions": {
		"seq": public, "id": public, "token_hash": hashOf, "user_id": public, "signed_by": public, "created_at": personal, "seen_at": personal, "expires_at": public,
		"ended_at": public, "ip": personal, "agent": personal,
	},
	"caller_checks": {
		"seq": public, "id": public, "user_id": public, "made_by": personal, "method": public, "channel": public, "state": public, "request_id": public,
		"asked": public, "tries": public, "created_at": personal, "expires_at": public, "decided_at": public,
	},
	"clients": {
		"seq": public, "id": public, "name": public, "kind": public, "public_key": publicKey, "match_mode": public, "known": public,
		"disabled": public, "created_at": public,
	},
	"devices": {
		"seq": public, "id": public, "user_id": public, "name": personal, "model": personal, "os": personal, "app": public,
		"device_key": publicKey, "approval_key": publicKey, "exchange_key": publicKey, "class": public, "state": public,
		"registration_id": public, "created_by": personal, "created_ip": personal, "created_at": public, "confirmed_at": public,
		"last_seen_at": personal, "revoked_at": public, "uv_policy": public, "origin": public, "from_device": public, "probation_until": public,
		"wipe_state": public, "wipe_scope": public, "wipe_counter": public, "wipe_command": statement, "wipe_requested_at": public,
		"wipe_requested_by": personal, "wipe_delivered_at": personal, "wipe_confirmed_at": personal, "wipe_left": public, "wipe_receipt": statement,
	},
	// The optical secret, which keys both MACs, never comes to the server.
	"duplicates": {
		"seq": public, "id": public, "secret_hash": hashOf, "user_id": public, "from_device": public, "state": public, "created_at": public,
		"expires_at": public, "claim_key": publicKey, "claim_ip": personal, "statement": statement, "claim_mac": macOf, "raced": public,
		"ended_at": public, "device_id": public, "bound": statement, "handover": encrypted, "handover_mac": macOf,
	},
	"statements": {"device_id": public, "jti": public, "at": public},
	"registration_sessions": {
		"seq": public, "id": public, "secret_hash": hashOf, "page_hash": hashOf, "user_id": public, "mode": public, "state": public,
		"created_by": personal, "created_at": public, "expires_at": public, "ended_at": public, "claimed_at": public, "claim_ip": personal,
		"claim_key": publicKey, "challenge": public, "device_id": public, "check_words": public, "registration_hash": public,
		"bound": statement, "answered": public, "delivery": public, "proof": public, "proof_tries": public, "notification": public,
		"notified_at": public, "uv_policy": public, "probation": public,
	},
	"approval_requests": {
		"seq": public, "id": public, "auth_req_hash": hashOf, "handle_hash": hashOf, "number_mac": macOf, "user_id": public,
		"client_id": public, "match_mode": public, "action": public, "message": personal, "ip": personal, "place": personal,
		"agent": personal, "acr": public, "nonce": public, "deliveries": statement, "state": public, "opened_at": public,
		"expires_at": public, "decided_at": public, "decided_by": public, "decision": public, "matched_by": public, "uv": public,
		"proof": statement, "redeemed_at": public,
	},
	"computers": {
		"seq": public, "id": public, "name": public, "match_mode": public, "offline": public, "state": public, "token_hash": hashOf,
		"token_expires": public, "public_key": publicKey, "os": public, "app": public, "created_by": personal, "created_at": public,
		"enrolled_at": public, "last_seen_at": personal, "ended_at": public, "journal_seq": public, "journal_sum": public,
	},
	"grants": {
		"seq": public, "id": public, "computer_id": public, "device_id": public, "user_id": public, "version": public, "state": public,
		"max_uses": public, "created_at": public, "signed_in_at": personal, "expires_at": public,
	},
	// A list's codes come from batch_key and a private key that is on the phone, or comes from the server's secret.
	"batches": {
		"seq": public, "id": public, "grant_id": public, "holder": public, "jws": statement, "batch_key": publicKey, "count": public,
		"created_at": public, "given": public, "shown": public, "used": public,
	},
	// use_hash is of what was on a screen, or of a place in a list: it names a code and does not make one.
	"offline_uses": {
		"seq": public, "computer_id": public, "use_hash": public, "grant_id": public, "device_id": public, "user_id": public, "method": public,
		"kind": public, "login": personal, "journal_seq": public, "journal_sum": public, "computer_at": personal, "received_at": public,
		"phone_at": personal, "recorded_at": public, "released_by": personal, "release_reason": personal, "released_at": public,
		"release_expires": public, "used_at": personal, "alerted_at": public, "created_at": public,
	},
	"guards": {
		"user_id": public, "opened": personal, "refusals": personal, "wrong_numbers": public, "muted_until": public,
	},
	// A thief of the database cannot restore: what proves a restore code is its private half, and the file opens with nothing that is here.
	"escrows": {
		"user_id": public, "proof_key": publicKey, "exchange_key": publicKey, "vouch": macOf, "generation": public, "tag": macOf, "made_by": public,
		"code_at": public, "updated_at": public, "proven_at": public, "proven_by": public, "holders": public, "file": encrypted,
	},
	"restore_guards": {
		"user_id": public, "failed_proofs": personal, "blocked_at": public, "blocked_by": personal, "allowed_until": public, "colleagues": personal,
		"needed": public, "otp_mails": personal,
	},
	// The one-time code follows from id, otp_sends and the server's secret.
	"restores": {
		"seq": public, "id": public, "user_id": public, "kind": public, "state": public, "challenge_hash": hashOf, "device_key": publicKey,
		"approval_key": publicKey, "exchange_key": publicKey, "name": personal, "model": personal, "os": personal, "app": public, "class": public,
		"uv": public, "uv_policy": public, "statement_hash": hashOf, "ip": personal, "created_at": public, "delivery": public, "otp_sends": public,
		"otp_expires": public, "otp_tries": public, "held_until": public, "ended_at": public, "ended_by": personal, "device_id": public,
		"bound": statement, "needed": public, "answers": personal,
	},
	// What an app has logged has no secrets, by type.
	"debug_logs": {
		"seq": public, "id": public, "device_id": public, "user_id": public, "at": public, "note": personal, "log": personal,
	},
	"telemetry":    {"week": public, "app": public, "family": public, "counter": public, "bucket": public, "reports": public},
	"backup_sets":  {"user_id": public, "made_at": public, "noted_at": public},
	"backup_codes": {"user_id": public, "place": public, "salt": public, "hash": stretched, "used_at": personal},
	"notices": {
		"seq": public, "id": public, "user_id": public, "kind": public, "at": public, "cause": public, "facts": personal,
		"mail_state": public, "mail_to": personal, "tries": public, "next_try": public,
	},
	"audit": {
		"seq": public, "at": public, "actor": personal, "action": public, "subject": public, "ip": personal, "reason": personal,
		"facts": personal, "salt": public,
	},
	// A hash is of a record with its salt, or of two hashes.
	"ledger_hashes":    {"idx": public, "hash": hashOf},
	"checkpoints":      {"size": public, "at": public, "note": statement},
	"health":           {"id": public, "checks": public},
	"goose_db_version": {"id": public, "version_id": public, "is_applied": public, "tstamp": public},
	"sqlite_sequence":  {"name": public, "seq": public},
}

// TestEveryColumnIsProtected is the first half of R-126.
func TestEveryColumnIsProtected(t *testing.T) {
	s := openNew(t)
	r := <-s.readers
	defer func() { s.readers <- r }()
	rows, err := r.conn.QueryContext(context.Background(),
		`SELECT m.name, c.name, c.type FROM sqlite_schema m JOIN pragma_table_xinfo(m.name) c WHERE m.type IN ('table', 'view')`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	form := map[string]string{hashOf: "BLOB", macOf: "BLOB", stretched: "BLOB", publicKey: "BLOB", encrypted: "BLOB"}
	seen := map[string]bool{}
	for rows.Next() {
		var table, column, kind string
		if err := rows.Scan(&table, &column, &kind); err != nil {
			t.Fatal(err)
		}
		seen[table+"."+column] = true
		how := protection[table][column]
		if how == "" {
			t.Errorf("column %s.%s has no protection: think of what a thief of the database gets by it, and name that in the table", table, column)
		}
		if want := form[how]; want != "" && kind != want {
			t.Errorf("column %s.%s is a %s, yet a %s", table, column, kind, how)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for table, columns := range protection {
		for column := range columns {
			if !seen[table+"."+column] {
				t.Errorf("column %s.%s has a protection and is not in the schema", table, column)
			}
		}
	}
}

// found names the forms of the secret that stand in data: as it is, and in every text form that the project or a careless hand
// could give it.
func found(data []byte, secret []byte) (forms []string) {
	crockford := base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)
	for form, text := range map[string]string{
		"raw":         string(secret),
		"hex":         hex.EncodeToString(secret),
		"HEX":         strings.ToUpper(hex.EncodeToString(secret)),
		"base64":      base64.RawStdEncoding.EncodeToString(secret),
		"base64url":   base64.RawURLEncoding.EncodeToString(secret),
		"base32":      base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret),
		"Crockford":   crockford.EncodeToString(secret),
		"reversed":    string(reversed(secret)),
		"second half": string(secret[len(secret)/2:]),
	} {
		if len(text) >= 6 && bytes.Contains(data, []byte(text)) { // fewer characters stand there by chance
			forms = append(forms, form)
		}
	}
	return forms
}

func reversed(b []byte) []byte {
	b = bytes.Clone(b)
	slices.Reverse(b)
	return b
}

// story takes a user through registration and approval as the server does, and returns every secret that was in play.
func story(t *testing.T, s *Store) map[string][]byte {
	t.Helper()
	now := time.Now()
	private, publicOf := map[string]key.Private{}, map[string]key.Public{}
	for _, name := range []string{"admin", "client", "device", "approval", "exchange", "computer", "list", "desk list", "desk", "QR"} {
		k, err := key.Generate()
		if err != nil {
			t.Fatal(err)
		}
		private[name] = k
		publicOf[name] = k.Key()
	}
	pepper, authReq, handle, number := key.NewSecret(32), key.NewSecret(20), key.NewSecret(16), "482913"
	user, err := authn.NewUser("anna.lind", "Anna Lind", "anna.lind@example.com", now)
	if err != nil {
		t.Fatal(err)
	}
	session, page := authn.NewRegistrationSession(user.ID, authn.BindFirst, "admin:maja", now)
	device := authn.Device{
		ID: authn.NewDeviceID(), User: user.ID, Info: authn.DeviceInfo{Name: "Anna's phone"},
		Keys:  authn.DeviceKeys{Device: private["device"].Key(), Approval: private["approval"].Key(), Exchange: private["exchange"].Key()},
		Class: key.Software, State: authn.DeviceActive, Registration: session.ID, CreatedAt: now,
	}
	request := authn.ApprovalRequest{
		ID: authn.NewRequestID(), AuthReq: authn.HashOf(authReq), Handle: authn.HashOf(handle), User: user.ID, Client: "laptop-42",
		Match: authn.MatchNumber, State: authn.RequestOpen, OpenedAt: now, Expires: now.Add(authn.RequestLifetime),
		Devices: []authn.Delivery{{Device: device.ID, JWS: "e30.e30.e30"}},
	}
	request.Number = authn.NumberMAC(pepper, request.ID, number)
	step := func(what string, fn func(store.Tx) error) {
		t.Helper()
		if err := s.Update(context.Background(), fn); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	step("create", func(tx store.Tx) error {
		return errors.Join(
			tx.CreateUser(user),
			tx.CreateAdmin(authn.Admin{ID: authn.NewAdminID(), Name: "maja", Key: private["admin"].Key(), CreatedAt: now}),
			tx.CreateClient(authn.Client{ID: "laptop-42", Name: "LAPTOP-42", Key: private["client"].Key(), CreatedAt: now}),
			tx.CreateRegistrationSession(session),
		)
	})
	step("claim", func(tx store.Tx) error {
		return tx.UpdateRegistrationSession(session.ID, func(v authn.RegistrationSession) (authn.RegistrationSession, error) {
			return v.Claim(private["device"].Key(), "192.0.2.1", now)
		})
	})
	step("finish", func(tx store.Tx) error {
		return errors.Join(tx.CreateDevice(device), tx.UpdateRegistrationSession(session.ID,
			func(v authn.RegistrationSession) (authn.RegistrationSession, error) {
				return v.Finish(private["device"].Key(), device.ID, now)
			}))
	})
	step("open", func(tx store.Tx) error { return tx.CreateApprovalRequest(request) })
	step("approve", func(tx store.Tx) error {
		return tx.UpdateApprovalRequest(request.ID, func(v authn.ApprovalRequest) (authn.ApprovalRequest, error) {
			return v.Decide(authn.Verdict{Device: device.ID, Kind: authn.Approve, Number: request.Number, UV: authn.UVPIN, Proof: "e30.e30.e30"}, now)
		})
	})
	code, optical := key.NewSecret(16), key.NewSecret(16)
	offer := authn.NewDuplicate(user.ID, device.ID, authn.HashOf(code), now)
	step("duplicate", func(tx store.Tx) error { return tx.CreateDuplicate(offer) })
	step("claim of the duplicate", func(tx store.Tx) error {
		return tx.UpdateDuplicate(offer.ID, func(d authn.Duplicate) (authn.Duplicate, error) {
			return d.Claim(private["list"].Key(), "e30.e30.e30", wire.DuplicateClaimMAC(optical, "e30.e30.e30"), "192.0.2.2", now)
		})
	})
	step("answer of the duplicate", func(tx store.Tx) error {
		return tx.UpdateDuplicate(offer.ID, func(d authn.Duplicate) (authn.Duplicate, error) {
			return d.Approve(device.ID, "e30.e30.e30", []byte("age"), wire.DuplicateHandoverMAC(optical, []byte("age")), now)
		})
	})
	token := key.NewSecret(16)
	computer := authn.Computer{ID: "laptop-42", Name: "LAPTOP-42", CreatedAt: now}.Invite(authn.HashOf(token), now)
	grant := authn.Grant{ID: authn.NewGrantID(), Computer: computer.ID, Device: device.ID, User: user.ID, Seq: 1, State: authn.GrantActive, CreatedAt: now}
	parties := otp.Parties{Exchange: private["exchange"].Key(), Computer: computer.ID, User: user.ID}
	list := authn.Batch{ID: authn.NewBatchID(), Grant: grant.ID, Holder: device.ID, JWS: "e30.e30.e30", Key: private["list"].Key(), Count: 50}
	desk := authn.Batch{ID: authn.NewBatchID(), Grant: grant.ID, JWS: "e30.e30.e30", Key: private["desk list"].Key(), Count: 10, Given: 1}
	codes := map[string][]byte{}
	shared := func(a, b string) []byte {
		private, err := private[a].ECDH()
		if err != nil {
			t.Fatal(err)
		}
		z, err := private.ECDH(publicOf[b].ECDH())
		if err != nil {
			t.Fatal(err)
		}
		codes["shared secret of "+a+" and "+b] = z
		return z
	}
	for i, b := range []authn.Batch{list, desk} {
		p, z := parties, shared("list", "exchange")
		if i == 1 {
			p.Exchange, z = publicOf["desk"], shared("desk list", "desk")
		}
		k, err := otp.NewListKey(z, b.ID, b.Key, p)
		if err != nil {
			t.Fatal(err)
		}
		for n := range b.Count {
			codes[fmt.Sprint("code ", n, " of list ", i)] = []byte(k.Code(n).Secret)
		}
	}
	challenge := append([]byte("challenge"), publicOf["QR"].Compressed()...)
	typed, err := otp.ChallengeCode(shared("QR", "exchange"), challenge, parties)
	if err != nil {
		t.Fatal(err)
	}
	codes["code for a QR"] = []byte(typed)
	hash := func(text string) (h authn.Hash) {
		if err := h.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		return h
	}
	line := authn.OfflineUse{Computer: computer.ID, Use: hash(wire.ChallengeUse(challenge)), Grant: grant.ID, Device: device.ID, User: user.ID, Kind: "sign_in", CreatedAt: now}
	given, err := authn.OfflineUse{Computer: computer.ID, Use: hash(wire.ListUse(wire.ListPosition{Batch: desk.ID})), Grant: grant.ID, CreatedAt: now}.Release("admin:maja", "why", now)
	if err != nil {
		t.Fatal(err)
	}
	step("offline", func(tx store.Tx) error {
		return errors.Join(tx.CreateComputer(computer), tx.UpdateComputer(computer.ID, func(c authn.Computer) (authn.Computer, error) {
			return c.Enroll(private["computer"].Key(), now)
		}), tx.CreateGrant(grant), tx.CreateBatch(list), tx.CreateBatch(desk), tx.CreateOfflineUse(line), tx.CreateOfflineUse(given))
	})
	secrets := map[string][]byte{
		"enrollment token": token, "id of a duplicate": code, "optical secret": optical,
		"page secret": page, "session id": authn.SessionSecret(page), "auth_req_id": authReq, "handle": handle,
		"match number": []byte(number), "plain hash of the number": sum([]byte(number)), "pepper": pepper,
	}
	for name, code := range codes {
		secrets[name] = code
	}
	for name, k := range private {
		e, err := k.ECDH()
		if err != nil {
			t.Fatal(err)
		}
		secrets[name+" private key"] = e.Bytes()
	}
	return secrets
}

func sum(b []byte) []byte {
	h := sha256.Sum256(b)
	return h[:]
}

// TestStolenDatabaseHoldsNoSecret is for the server and the second half of R-126: all files, log included, before and after it is folded in.
func TestStolenDatabaseHoldsNoSecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), "avow.db")
	s := open(t, path)
	secrets := story(t, s)
	scan := func(when string) (all []byte) {
		files, err := filepath.Glob(path + "*")
		if err != nil || len(files) == 0 {
			t.Fatalf("got files %q, %v", files, err)
		}
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, data...)
			for name, secret := range secrets {
				for _, form := range found(data, secret) {
					t.Errorf("%s: %s holds the %s (%s)", when, filepath.Base(f), name, form)
				}
			}
		}
		return all
	}
	live := scan("running")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	closed := scan("closed")
	// The scanner sees what is there: the login, and of the session id nothing but its hash.
	for name, data := range map[string][]byte{"running": live, "closed": closed} {
		if len(found(data, []byte("anna.lind"))) == 0 {
			t.Errorf("%s: the scanner does not find the login", name)
		}
		if h := authn.HashOf(key.Secret(secrets["session id"])); len(found(data, h[:])) == 0 {
			t.Errorf("%s: the scanner does not find the hash of the session id", name)
		}
	}
}
