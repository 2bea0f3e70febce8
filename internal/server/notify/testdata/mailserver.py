# A mail server for tests, from Debian's python3-aiosmtpd: TLS, signing in, a Maildir. It ends when its standard input does.
import ssl, sys
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import AuthResult

mode, port, folder, cert, key, user, password = sys.argv[1:8]

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(cert, key)


def authenticate(server, session, envelope, mechanism, data):
    good = data.login == user.encode() and data.password == password.encode()
    return AuthResult(success=good, handled=False)


args = dict(hostname="127.0.0.1", port=int(port), authenticator=authenticate, auth_required=True)
if mode == "tls":
    # aiosmtpd does not take implicit TLS for TLS when it decides whether to offer AUTH.
    args.update(ssl_context=context, auth_require_tls=False)
else:
    args.update(tls_context=context, require_starttls=True)
server = Controller(Mailbox(folder), **args)
server.start()
print("ready", flush=True)
sys.stdin.read()
server.stop()
