package transfer

import (
	"context"
	"encoding/hex"

	"avow/internal/otp"
)

// BattleNet is Blizzard's app; the file is its internal com.blizzard.messenger.authenticator_preferences.xml.
const BattleNet Format = "battle_net"

const (
	battleNetSerial = "com.blizzard.messenger.AUTHENTICATOR_SERIAL"
	battleNetSecret = "com.blizzard.messenger.AUTHENTICATOR_DEVICE_SECRET"
	// battleNetMask is what the app puts over both texts (XOR), the same in every phone.
	battleNetMask = "398e27fc50276a656065b0e525f4c06c04c61075286b8e7aeda59da9813b5dd6c80d2fb38068773f"
)

func sniffBattleNet(f *file) bool { return sniffPrefs(f, battleNetSecret) }

func readBattleNet(_ context.Context, f *file, _ Options) (Found, error) {
	p, err := readPrefs(f.text)
	if err != nil {
		return Found{}, err
	}
	serial, err := unmaskBattleNet(p.values[battleNetSerial])
	if err != nil {
		return Found{}, err
	}
	text, err := unmaskBattleNet(p.values[battleNetSecret])
	if err != nil {
		return Found{}, err
	}
	defer clear(text)
	e := entry{kind: otp.TOTP, issuer: "Battle.net", account: string(serial), digits: given(8)}
	if e.secret, err = hex.DecodeString(string(text)); err != nil {
		err = errEntry
	}
	var out Found
	out.add(0, e, err)
	return out, nil
}

func unmaskBattleNet(text string) ([]byte, error) {
	mask, _ := hex.DecodeString(battleNetMask)
	b, err := hex.DecodeString(text)
	if err != nil || len(b) > len(mask) {
		return nil, ErrDamaged
	}
	for i := range b {
		b[i] ^= mask[i]
	}
	return b, nil
}
