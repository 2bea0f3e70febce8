package model

import "strings"

// serviceIcons are pictures for services, by what they are for: not one is anybody's trade mark, and nothing is fetched. A word counts where it stands
// in the name of the service.
var serviceIcons = []struct {
	icon  string
	words []string
}{
	{"branch", []string{"github", "gitlab", "bitbucket", "gitea", "codeberg", "forgejo", "npm", "pypi", "rubygems", "docker", "jetbrains", "atlassian", "jira", "jenkins"}},
	{"mail", []string{"mail", "fastmail", "proton", "tutanota", "tuta", "posteo", "mailbox", "outlook", "zoho", "gmx"}},
	{"chat", []string{"slack", "discord", "mattermost", "signal", "telegram", "whatsapp", "teams", "element", "zulip", "mastodon", "facebook", "instagram", "reddit", "linkedin", "twitter", "xing"}},
	{"cloud", []string{"aws", "amazon web services", "azure", "google cloud", "nextcloud", "owncloud", "dropbox", "icloud", "cloudflare", "onedrive", "box"}},
	{"server", []string{"hetzner", "digitalocean", "ovh", "ovhcloud", "linode", "vultr", "ionos", "strato", "netcup", "hosting", "synology", "proxmox", "namecheap", "godaddy", "gandi", "server"}},
	{"shield", []string{"vpn", "bitwarden", "1password", "lastpass", "dashlane", "keeper", "nordvpn", "mullvad", "tailscale", "okta", "keycloak"}},
	{"coin", []string{"bank", "paypal", "stripe", "wise", "revolut", "coinbase", "binance", "kraken", "bitstamp", "sparkasse", "n26", "klarna"}},
	{"bag", []string{"amazon", "ebay", "shopify", "etsy", "zalando", "otto"}},
	{"game", []string{"steam", "epic games", "nintendo", "playstation", "xbox", "ubisoft", "battle.net", "blizzard", "ea", "twitch", "riot games", "rockstar"}},
}

// iconOf is the picture of a service; "" if there is none for it.
func iconOf(issuer string) string {
	name := " " + strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r == '/' || r == '(' || r == ')' || r == ',' || r == ':' {
			return ' '
		}
		return r
	}, strings.ToLower(issuer)) + " "
	for _, s := range serviceIcons {
		for _, w := range s.words {
			if strings.Contains(name, " "+w+" ") || strings.Contains(name, " "+w+".com ") {
				return s.icon
			}
		}
	}
	return ""
}
