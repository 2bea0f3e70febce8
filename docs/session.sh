#!/bin/sh
# Registration sessions, as an administrator makes them: a session that is sent to somebody who is not here, one look at it, many from a file. Run it
# from the root of a clone:
#
#     sh docs/session.sh
#
# It needs nothing but Go; everything it makes lies in one temporary folder, which goes away at the end. AVOW_BIN may name a folder in which the two
# programs are built already, AVOW_PORT the first port to try. A test runs this script, and README.md shows what it prints.
set -eu

work=$(mktemp -d)
server=''
finish() {
	status=$?
	if [ -n "$server" ] && kill "$server" 2>/dev/null; then wait "$server" || true; fi
	rm -rf "$work"
	exit "$status"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

step() { printf '\n== %s\n' "$*"; }
show() {
	printf '$ %s\n' "$*"
	"$@"
}

if [ -z "${AVOW_BIN:-}" ]; then
	step 'Build the two programs'
	AVOW_BIN=$work/bin
	CGO_ENABLED=0 go build -o "$AVOW_BIN/" ./app/avow-server ./app/avow-admin
fi
PATH=$AVOW_BIN:$PATH

step 'Start a server that has a mail server'
# The mail server of this script does not exist, so the mails wait in the server's outbox and NotificationSent stays False. With a real one it is True once
# that has taken the mail.
mkfifo "$work/server-says"
port=${AVOW_PORT:-$((40000 + $$ % 20000))}
for try in 1 2 3 4 5; do
	home=$work/server-$try
	avow-server init --dir "$home" --issuer "https://127.0.0.1:$port" --listen "127.0.0.1:$port" --organisation 'Lund Energy' --admin maja >"$work/init"
	sed -e '/^\[mail\]/,/^\[text\]/{' -e 's/^host = ""/host = "127.0.0.1"/' -e 's/^port = .*/port = 9/' -e 's/^from = ""/from = "avow@example.com"/' \
		-e 's/^tls = .*/tls = "plain"/' -e '}' "$home/avow.toml" >"$work/avow.toml"
	cat "$work/avow.toml" >"$home/avow.toml"
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
export AVOW_ADMIN="$home/admin.json"
cd "$work"

step 'A session for somebody who is not here'
avow-admin user add user1 --name 'User One' --mail user1@example.com >user
# The link goes out by mail; the administrator never sees it. The mail alone connects no phone: the PIN, told by voice, is the second proof.
show avow-admin session add user1 --hours-to-live 8 --notify --force

step 'The same for scripts'
show avow-admin session get user1 --json
show avow-admin session get user1 --csv

step 'Many, from a file'
for user in user2 user3; do avow-admin user add "$user" --mail "$user@example.com" >user; done
printf 'UserName;HoursToLive\r\nuser1;\r\nuser2;24\r\nuser3;72\r\n' >users.csv
status=0
show avow-admin session add --from users.csv --hours-to-live 8 --notify --report report.csv || status=$?
echo "exit code $status"
# The report has a line for each user; what failed has its reason there. user1 has an open session: without --force it stays as it is.
cut -d, -f1,2 report.csv

step 'Take it back'
show avow-admin session remove user1 --reason 'left the company'
# The same file again: who has a session by it gets no second one.
show avow-admin session add --from users.csv --hours-to-live 8 --notify --report report.csv

step 'Done; the server stops'
kill "$server"
wait "$server"
server=''
