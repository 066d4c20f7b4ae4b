import type { Role } from '../../src/core/actor.ts'
import { seal } from '../../src/core/crypto.ts'
import { newUid } from '../../src/core/ids.ts'
import { type Bindings, readSettings } from '../../src/env.ts'
import { signAccessToken } from '../../src/features/auth/access-token.ts'
import { hashPassword } from '../../src/features/auth/password.ts'
import { totpBinding } from '../../src/features/auth/second-factor.ts'

export const PASSWORD = 'correct horse battery'
/** Of every authenticator app in the tests. */
export const TOTP_SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'

export type Person = {
  id: string
  email: string
  username: string
  sessionId: string
  token: string
}

type Wish = Partial<{
  email: string
  username: string
  role: Role
  active: boolean
  verified: boolean
  steppedUp: boolean
  /** Whether an authenticator app is enrolled; every admin has one unless this says no. */
  totp: boolean
  emailCodes: boolean
}>

let made = 0

/** An account with a session, put into D1 as it would be after a sign-in. */
export async function newPerson(
  bindings: Bindings,
  db: D1Database,
  wish: Wish = {},
): Promise<Person> {
  const settings = readSettings(bindings)
  const now = Date.now()
  const number = ++made
  const {
    email = `person${number}@example.org`,
    username = `person${number}`,
    role = 'user',
  } = wish
  const { active = true, verified = true, steppedUp = false, emailCodes = false } = wish
  const { totp = role === 'admin' } = wish
  const id = newUid()
  const sessionId = newUid()
  const hash = hashPassword(settings, PASSWORD)
  await db.batch([
    db
      .prepare(
        `insert into users (uid, email, email_key, username, username_key, role, password_hash, is_active, verified_at, totp_enabled_at, email_codes_enabled_at, search, created_at)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .bind(
        id,
        email,
        email.toLowerCase(),
        username,
        username.toLowerCase(),
        role,
        hash,
        active ? 1 : 0,
        verified ? now : null,
        totp ? now : null,
        emailCodes ? now : null,
        email.toLowerCase(),
        now,
      ),
    db
      .prepare(
        `insert into sessions (uid, user_id, user_agent, source, created_at, last_used_at, expires_at, idle_ms, stepped_up_at)
       select ?, id, 'Test', '192.0.2.0/24', ?, ?, ?, ?, ? from users where uid = ?`,
      )
      .bind(
        sessionId,
        now,
        now,
        now + 30 * 86_400_000,
        30 * 86_400_000,
        steppedUp ? now : null,
        id,
      ),
  ])
  if (totp) {
    const sealed = await seal(settings.keys, totpBinding({ uid: id }), TOTP_SECRET)
    await db
      .prepare('insert into totp_secrets (user_id, secret) select id, ? from users where uid = ?')
      .bind(sealed, id)
      .run()
  }
  const token = await signAccessToken(settings, { userUid: id, sessionUid: sessionId }, 3600)
  return { id, email, username, sessionId, token }
}

export const renewToken = (bindings: Bindings, { id, sessionId }: Person): Promise<string> =>
  signAccessToken(readSettings(bindings), { userUid: id, sessionUid: sessionId }, 3600)
