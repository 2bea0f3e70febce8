// A relying party on npm's openid-client: asks for an approval for each login that it is given and prints one JSON line for the
// question and one for how it ended. ISSUER, CLIENT_ID and KEY (PKCS #8 in PEM) come from the environment.
import { createPrivateKey, webcrypto } from 'node:crypto'
import * as client from 'openid-client'

const print = (value) => process.stdout.write(JSON.stringify(value) + '\n')

const pkcs8 = createPrivateKey(process.env.KEY).export({ type: 'pkcs8', format: 'der' })
const key = await webcrypto.subtle.importKey('pkcs8', pkcs8, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])

const config = await client.discovery(
  new URL(process.env.ISSUER),
  process.env.CLIENT_ID,
  { id_token_signed_response_alg: 'ES256' },
  client.PrivateKeyJwt(key),
)

for (const login of process.argv.slice(2)) {
  try {
    const asked = await client.initiateBackchannelAuthentication(config, {
      scope: 'openid',
      login_hint: login,
      binding_message: `Sign in as ${login}`,
    })
    print(asked)
    const tokens = await client.pollBackchannelAuthenticationGrant(config, asked)
    print({ claims: tokens.claims(), token_type: tokens.token_type })
  } catch (err) {
    print({ error: err.error ?? err.message, description: err.error_description, status: err.status })
  }
}
