package computer

import (
	"crypto/ecdh"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"slices"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/otp"
	"avow/internal/wire"
)

// maxChallenges is how many QR codes are good at the same time; the oldest makes room for one more.
const maxChallenges = 64

// Challenge is a QR on the screen. Its private key is in memory only and goes with it: after authn.ChallengeLifetime by the
// uptime, authn.ChallengeTries wrong codes, or use.
type Challenge struct {
	Link wire.OfflineLink // what the QR says

	login string
	grant authn.GrantID
	key   *ecdh.PrivateKey // nil when it is over
	began time.Duration    // uptime
	tries int
}

// Challenge makes a QR for a login, with a new key. It is for the grant of the login's newest online sign-in. Errors: those of offline
// sign-in that no code could change, such as ErrNoGrant, authn.ErrGrantOver, ErrWait and ErrLocked.
func (m *Machine) Challenge(login string) (*Challenge, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	grants, err := m.usable(login)
	if err != nil {
		return nil, err
	}
	e, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make challenge: %w", err)
	}
	point, err := key.FromECDH(e.PublicKey())
	if err != nil {
		return nil, fmt.Errorf("make challenge: %w", err)
	}
	ch := &Challenge{
		Link:  wire.OfflineLink{Host: m.cfg.Host, Grant: grants[0].ID, Ephemeral: point, Time: uint32(max(0, m.cfg.Now().Unix()))},
		login: loginKey(login), grant: grants[0].ID, key: e, began: m.clock.uptime(),
	}
	m.sweep()
	if len(m.challenges) == maxChallenges {
		m.end(m.challenges[0])
	}
	m.challenges = append(m.challenges, ch)
	return ch, nil
}

// Left is for how long a challenge still lives; 0 when it is over.
func (m *Machine) Left(ch *Challenge) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ch == nil || ch.key == nil {
		return 0
	}
	return max(0, authn.ChallengeLifetime-(m.clock.uptime()-ch.began))
}

// Drop ends a challenge that nobody looks at any more.
func (m *Machine) Drop(ch *Challenge) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.end(ch)
}

// end erases the key; m.mu is held.
func (m *Machine) end(ch *Challenge) {
	if ch == nil {
		return
	}
	ch.key = nil
	m.challenges = slices.DeleteFunc(m.challenges, func(c *Challenge) bool { return c == ch })
}

// sweep ends what is too old; m.mu is held.
func (m *Machine) sweep() {
	for _, ch := range slices.Clone(m.challenges) {
		if m.clock.uptime()-ch.began >= authn.ChallengeLifetime {
			m.end(ch)
		}
	}
}

// endChallenges ends those whose grant gives nothing any more; m.mu is held.
func (m *Machine) endChallenges() {
	now := m.clock.now()
	for _, ch := range slices.Clone(m.challenges) {
		if g := m.state.grant(ch.grant); g == nil || m.state.gives(*g, now) != nil {
			m.end(ch)
		}
	}
}

// answer checks eight digits against a challenge of the login; m.mu is held. ErrWrong counts as a try of the challenge.
func (m *Machine) answer(login string, ch *Challenge, digits string) (candidate, error) {
	m.sweep()
	switch {
	case ch == nil || ch.login != loginKey(login):
		return candidate{}, ErrNoChallenge
	case ch.key == nil:
		return candidate{}, ErrChallengeOver
	}
	g := m.state.grant(ch.grant)
	if g == nil {
		return candidate{}, ErrChallengeOver
	}
	payload := ch.Link.Payload()
	want, err := challengeCode(ch.key, payload, *g)
	if err != nil {
		return candidate{}, err
	}
	if subtle.ConstantTimeCompare([]byte(want), []byte(digits)) != 1 {
		if ch.tries++; ch.tries >= authn.ChallengeTries {
			m.end(ch)
		}
		return candidate{}, ErrWrong
	}
	return candidate{grant: g.ID, method: authn.OfflineQR, use: wire.ChallengeUse(payload)}, nil
}

// challengeCode is the code that the phone shows for a challenge.
func challengeCode(e *ecdh.PrivateKey, payload []byte, g grant) (string, error) {
	shared, err := e.ECDH(g.ExchangeJWK.ECDH())
	if err != nil {
		return "", fmt.Errorf("challenge: %w", err)
	}
	defer clear(shared)
	return otp.ChallengeCode(shared, payload, parties(g.ExchangeJWK, g))
}

func parties(exchange key.Public, g grant) otp.Parties {
	return otp.Parties{Exchange: exchange, Computer: g.Computer.ID, User: g.User}
}
