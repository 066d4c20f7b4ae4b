import type { Context } from '../../context.ts'
import { newUid } from '../../core/ids.ts'
import type { Settings } from '../../env.ts'
import { searchOf } from '../users/service.ts'
import { hashPassword } from './password.ts'
import { insertUser } from './repo.ts'

const ensured = new WeakMap<Settings, Promise<void>>()

/**
 * Makes sure, once per isolate, that the admin of FIRST_SUPERUSER exists. Local and test only:
 * env.ts refuses the setting elsewhere, since it is an account with a known password.
 */
export function ensureFirstAdmin(ctx: Context): Promise<void> {
  const { settings } = ctx
  const { FIRST_SUPERUSER: email, FIRST_SUPERUSER_PASSWORD: password } = settings
  if (!email || !password) return Promise.resolve()
  const known = ensured.get(settings)
  if (known) return known
  const made = make(ctx, email, password)
  ensured.set(settings, made)
  made.catch(() => ensured.delete(settings))
  return made
}

async function make(ctx: Context, email: string, password: string): Promise<void> {
  const now = Date.now()
  const passwordHash = hashPassword(ctx.settings, password)
  await insertUser(ctx.db, {
    uid: newUid(),
    email,
    emailKey: email.toLowerCase(),
    role: 'admin',
    passwordHash,
    verifiedAt: now,
    search: searchOf({ email }),
    createdAt: now,
  })
}
