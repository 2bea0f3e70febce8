package transfer

import "context"

// Format is an app whose exports are read, all their forms and versions together. It is stored and sent: append, never rename.
type Format string

// The formats.
const (
	OTPAuth Format = "otpauth"
	Google  Format = "google"
	Aegis   Format = "aegis"
	TwoFAS  Format = "2fas"
	AndOTP  Format = "andotp"
	Stratum Format = "stratum"
	Ente    Format = "ente"
	Proton  Format = "proton"
)

// format is how files of an app are known and read.
type format struct {
	name Format
	app  string // as the app calls itself; not translated

	// sniff says whether the file is one of these, by its content and cheaply: no key derivation. It may say yes to what read
	// then refuses as damaged; it says no to what another format may be.
	sniff func(f *file) bool

	// read gives all entries; those it cannot read as Unreadable. It fails with one of the package's sentinels or ctx's error.
	read func(ctx context.Context, f *file, o Options) (Found, error)
}

// formats are asked in this order: what has a name of its own in it first, what is only guessed last.
var formats = []format{
	{Age, "Avow", sniffAge, readAge},
	{Google, "Google Authenticator", sniffMigration, readLines},
	{Google, "Google Authenticator", sniffGoogleDatabase, readGoogleDatabase},
	{Microsoft, "Microsoft Authenticator", sniffMicrosoft, readMicrosoft},
	{Ente, "Ente Auth", sniffEnte, readEnte},
	{WinAuth, "WinAuth", sniffWinAuth, readWinAuth},
	{OTPAuth, "otpauth", sniffLines, readLines},
	{Aegis, "Aegis", sniffAegis, readAegis},
	{TwoFAS, "2FAS", sniffTwoFAS, readTwoFAS},
	{Stratum, "Stratum", sniffStratum, readStratum},
	{Proton, "Proton Authenticator", sniffProton, readProton},
	{Bitwarden, "Bitwarden", sniffBitwarden, readBitwarden},
	{LastPass, "LastPass", sniffLastPass, readLastPass},
	{KeePass, "KeePass", sniffKeePass, readKeePass},
	{Authy, "Authy", sniffAuthy, readAuthy},
	{BattleNet, "Battle.net", sniffBattleNet, readBattleNet},
	{FreeOTPPlus, "FreeOTP+", sniffFreeOTPPlus, readFreeOTPPlus},
	{FreeOTP, "FreeOTP", sniffFreeOTP, readFreeOTP},
	{Duo, "Duo Mobile", sniffDuo, readDuo},
	{Steam, "Steam", sniffSteam, readSteam},
	{AuthenticatorPlus, "Authenticator Plus", sniffZip, readZip},
	{AndOTP, "andOTP", sniffAndOTP, readAndOTP},
	// Guesses, after everything that is known by a mark.
	{TOTPAuthenticator, "TOTP Authenticator", sniffTOTPAuthenticator, readTOTPAuthenticator},
	{AndOTP, "andOTP", sniffAndOTPEncrypted, readAndOTPEncrypted},
}

// Formats are those that can be read, each once.
func Formats() []Format {
	var out []Format
	for _, f := range formats {
		if !f.name.in(out) {
			out = append(out, f.name)
		}
	}
	return out
}

func (f Format) in(list []Format) bool {
	for _, other := range list {
		if other == f {
			return true
		}
	}
	return false
}

// App is the name by which people know the app, "" for an unknown format.
func (f Format) App() string {
	for _, known := range formats {
		if known.name == f {
			return known.app
		}
	}
	return ""
}
