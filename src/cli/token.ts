import { parseArgs } from 'node:util'
import { seal } from '../core/crypto.ts'
import { newUid } from '../core/ids.ts'
import { HOUR, SECOND } from '../core/time.ts'
import { signAccessToken } from '../features/auth/access-token.ts'
import { totpBinding } from '../features/auth/second-factor.ts'
import { newTotpSecret } from '../features/auth/totp.ts'
import { devVar, fail, quote, runSql } from './local.ts'

const USAGE = `Prints a bearer token of an administrator for one hour, for the local database only. Makes the
administrator when the address has no account.

  npm run token -- you@example.com [--port 9000]
`
const LIFETIME = HOUR

const { values, positionals } = readArguments()
const [email] = positionals
const state = values['persist-to'] === undefined ? [] : ['--persist-to', values['persist-to']]
if (!email) fail(USAGE)
try {
  console.log(await mint(email))
} catch (error) {
  fail(error)
}

function readArguments() {
  try {
    return parseArgs({
      options: { port: { type: 'string' }, 'persist-to': { type: 'string' } },
      allowPositionals: true,
    })
  } catch {
    return fail(USAGE)
  }
}

/** Opens a session for the admin, who is made when there is none, as a sign-in would. */
async function mint(address: string): Promise<string> {
  const now = Date.now()
  const key = address.toLowerCase()
  const sessionUid = newUid()
  const userUid = newUid()
  const keys = { current: devVar('SECRET_KEY'), previous: undefined }
  // An admin needs a second factor; whoever is made here gets one that can be used.
  const secret = await newTotpSecret()
  const sealed = await seal(keys, totpBinding({ uid: userUid }), secret)
  const user = [userUid, address, key, 'admin', now, now, key, now].map(quote).join(', ')
  const session = [sessionUid, 'npm run token', '', now, now, now + LIFETIME, LIFETIME, now]
  const [row] = runSql(
    `insert into users (uid, email, email_key, role, verified_at, totp_enabled_at, search, created_at)
       values (${user}) on conflict (email_key) do nothing;
     insert into totp_secrets (user_id, secret) select id, ${quote(sealed)} from users where uid = ${quote(userUid)};
     insert into sessions (uid, user_agent, source, created_at, last_used_at, expires_at, idle_ms, stepped_up_at, user_id)
       select ${session.map(quote).join(', ')}, id from users
       where email_key = ${quote(key)} and role = 'admin' and is_active = 1;
     select u.uid as uid, u.totp_enabled_at as totp from users u join sessions s on s.user_id = u.id where s.uid = ${quote(sessionUid)}`,
    ['--local', ...state],
  )
  if (typeof row?.uid !== 'string') throw new Error('This account is not an active admin.')
  if (row.uid === userUid) console.error(`Made this account. Its TOTP secret: ${secret}`)
  else if (row.totp === null) {
    console.error('This admin has no second factor: POST /api/v1/auth/2fa/totp opens the rest.')
  }
  const origin = values.port ? `http://localhost:${values.port}` : devVar('API_ORIGIN')
  const issuer = { keys, API_ORIGIN: origin }
  return signAccessToken(issuer, { userUid: row.uid, sessionUid }, LIFETIME / SECOND)
}
