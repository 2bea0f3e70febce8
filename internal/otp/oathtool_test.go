package otp

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// 10,000 random cases equal to oathtool of the OATH Toolkit, where it is installed: 100 secrets, 100 codes each.
func TestEqualsOathtool(t *testing.T) {
	tool, err := exec.LookPath("oathtool")
	if err != nil {
		t.Skip("oathtool is not installed")
	}
	const each = 100
	random := rand.New(rand.NewPCG(4226, 6238))
	for n := range 100 {
		c := Code{
			Kind: []Kind{HOTP, TOTP}[n%2], Secret: make(Secret, 16+random.IntN(49)), Algorithm: SHA1, Digits: Digits(6 + random.IntN(3)), // it knows no more
		}
		for i := range c.Secret {
			c.Secret[i] = byte(random.Uint32())
		}
		at := time.Unix(random.Int64N(1<<33), 0)
		args := []string{"--digits", strconv.Itoa(int(c.Digits)), "--window", strconv.Itoa(each - 1)}
		if c.Kind == HOTP {
			c.Counter = Counter(random.Uint64N(1 << 40))
			args = append(args, "--hotp", "--counter", fmt.Sprint(uint64(c.Counter)))
		} else {
			c.Algorithm = []Algorithm{SHA1, SHA256, SHA512}[random.IntN(3)]
			c.Period = Period(MinPeriod + random.IntN(MaxPeriod-MinPeriod+1))
			args = append(args, "--totp="+strings.ToLower(string(c.Algorithm)), "--time-step-size", fmt.Sprintf("%ds", c.Period), "--now", fmt.Sprintf("@%d", at.Unix()))
		}
		out, err := exec.Command(tool, append(args, hex.EncodeToString(c.Secret))...).Output()
		if err != nil {
			t.Fatalf("oathtool %v: %v", args, err)
		}
		want := strings.Fields(string(out))
		if len(want) != each {
			t.Fatalf("oathtool gave %d codes", len(want))
		}
		for i, w := range want {
			got, err := c.Generate(at)
			if err != nil || got != w {
				t.Fatalf("secret %d, code %d: got %q, %v, want %q", n, i, got, err, w)
			}
			if c.Kind == HOTP {
				c.Counter++
			} else {
				at = at.Add(time.Duration(c.Period) * time.Second)
			}
		}
	}
}
