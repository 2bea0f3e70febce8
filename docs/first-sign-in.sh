#!/bin/sh
# The whole of Avow in one sitting, on this machine, with nothing but Go: a server, an administrator, a phone and a computer that somebody
# signs in to. Run it from the root of a clone:
#
#     sh docs/first-sign-in.sh
#
# Everything it makes lies in one temporary folder, which goes away at the end. AVOW_BIN may name a folder in which the three programs
# are built already, AVOW_PORT the first port to try. A test runs this script, so what you read here works.
set -eu

work=$(mktemp -d)
server='' computer=''
finish() {
	status=$?
	for process in $computer $server; do
		if kill "$process" 2>/dev/null; then wait "$process" || true; fi
	done
	rm -rf "$work"
	exit "$status"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

step() { printf '\n== %s\n' "$*"; }

# field NAME prints the value of a field that is a text in the JSON that --json prints.
field() { sed -n 's/.*"'"$1"'": *"\([^"]*\)".*/\1/p'; }

if [ -z "${AVOW_BIN:-}" ]; then
	step 'Build the three programs'
	# Without cgo each is one file that needs nothing else. The tags leave out the simulator's windows, which would need a C compiler.
	AVOW_BIN=$work/bin
	CGO_ENABLED=0 go build -tags ci,migrated_fynedo -o "$AVOW_BIN/" ./app/avow-server ./app/avow-admin ./app/avow-simulator
fi
PATH=$AVOW_BIN:$PATH

step 'Start a server'
# init makes the configuration, the keys and the credential of the first administrator. There is no default password anywhere. The address
# stands in all that the server signs, so it is chosen before the start; a port that somebody else has is passed over.
mkfifo "$work/server-says"
port=${AVOW_PORT:-$((20000 + $$ % 20000))}
for try in 1 2 3 4 5; do
	home=$work/server-$try
	avow-server init --dir "$home" --issuer "https://127.0.0.1:$port" --listen "127.0.0.1:$port" \
		--organisation 'Lund Energy' --support '046-555 01 00' --admin maja.berg >"$work/init"
	avow-server run --config "$home/avow.toml" >"$work/server-says" 2>"$home/log" &
	server=$!
	exec 3<"$work/server-says"
	if read -r said <&3; then break; fi # one line, once it listens; none if it could not
	wait "$server" || true
	server='' port=$((port + 1))
done
if [ -z "$server" ]; then
	cat "$home/log" >&2
	exit 1
fi
echo "$said"
cat "$work/init"

# The credential is a key, not a password: what it signs says who asks, and the server writes it into its audit log.
export AVOW_ADMIN="$home/admin.json"

step 'The administrator adds Anna, and a session that connects one phone'
avow-admin user add anna.lind --name 'Anna Lind' --mail anna.lind@example.com
# The link is what the QR on the page holds. It works once, for ten minutes, and names the key of the server that may answer.
avow-admin session add anna.lind --json >"$work/session"
link=$(field link <"$work/session")
echo "the link: ${link%%#*}#..."

step 'Anna connects her phone'
# This phone has no screen, but it is the core of the app. Its private keys never leave its folder, and its PIN seals them. The first
# register sets the PIN.
(umask 077 && echo 493817 >"$work/pin")
phone() { avow-simulator phone --data "$work/phone" --pin-file "$work/pin" "$@"; }
printf '%s\n' "$link" | phone register - --json >"$work/account"
words=$(sed -n 's/.*"check_words":\["\([a-z]*\)","\([a-z]*\)"\].*/\1 \2/p' "$work/account")
phone devices
# The phone waits: somebody else may have scanned the code. Phone and page show two words, and a person who sees both says that they are
# the same. Here that is the administrator.
echo "the phone shows: $words"
# shellcheck disable=SC2086 # two words, two arguments
avow-admin session confirm anna.lind $words
phone devices

step 'A computer gets a key of its own'
# Computers and applications are clients of the server. Each proves who it is with a key; the server knows the public half only.
avow-admin client key --out "$work/laptop-42.pem"
avow-admin client add laptop-42 --name LAPTOP-42 --key "$work/laptop-42.pem.pub" --known

step 'Anna signs in to the computer'
# client try asks as that computer would (OpenID CIBA): it shows a number, and waits.
mkfifo "$work/computer-says"
avow-admin client try laptop-42 --key "$work/laptop-42.pem" --user anna.lind >"$work/computer-says" &
computer=$!
exec 4<"$work/computer-says"
number=''
while [ -z "$number" ] && read -r name value <&4; do
	if [ "$name" = number ]; then number=$value; fi
done
echo "the computer shows: $number"

# The request comes to the phone signed by the server. It holds no number: only who sees the computer's screen can give it.
phone list --wait 10s
request=$(phone list --json | field id)
phone approve "$request" --number "$number"

step 'What the computer got'
cat <&4
status=0
wait "$computer" || status=$?
computer=''
echo "the computer's exit code: $status"
[ "$status" = 0 ]

step 'Done; the server stops'
kill "$server"
wait "$server"
server=''
