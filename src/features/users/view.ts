import { type Actor, isAdmin } from '../../core/actor.ts'
import { profileKey, profilesKey } from '../../core/cache-keys.ts'
import { notFound } from '../../core/errors.ts'
import type { Tagged } from '../../core/etag.ts'
import { fold } from '../../core/text.ts'
import { iso, isoOrNull } from '../../core/time.ts'
import type { UserView } from './schemas.ts'
import type { NestedWriter, UserRow } from './table.ts'

/** What shows the person to visitors. */
export const profileKeys = ({ username }: UserView): string[] =>
  username === null ? [] : [profileKey(username), profilesKey()]

export const searchOf = (user: {
  email?: string | null | undefined
  username?: string | null | undefined
  full_name?: string | null | undefined
}): string => fold([user.full_name, user.username, user.email].filter(Boolean).join('\n'))

export function toTagged(row: UserRow | undefined): Tagged<UserView> {
  if (!row) throw notFound('User')
  return { view: toUserView(row), tag: String(row.version) }
}

type Shown = Omit<NestedWriter, 'id' | 'isActive'> & { isActive: boolean }

export const toUserView = (row: Shown): UserView => ({
  id: row.uid,
  email: row.email,
  username: row.username,
  full_name: row.fullName,
  role: row.role,
  is_active: row.isActive,
  is_verified: row.verifiedAt !== null,
  totp_enabled: row.totpEnabledAt !== null,
  email_2fa_enabled: row.emailCodesEnabledAt !== null,
  created_at: iso(row.createdAt),
  last_login_at: isoOrNull(row.lastLoginAt),
})

/** For front ends that know people by a number. */
export type NumberedUser = UserView & { number: number }

export const toNumbered = (row: UserRow): NumberedUser => ({ ...toUserView(row), number: row.id })

/** From the JSON text of writerOf(). Only admins see where somebody is reached and how they sign in. */
export function readWriter(actor: Actor, json: string | null): NumberedUser | null {
  if (json === null) return null
  const row: NestedWriter = JSON.parse(json)
  const user = { ...toUserView({ ...row, isActive: row.isActive === 1 }), number: row.id }
  if (isAdmin(actor)) return user
  const hidden = { email: null, last_login_at: null }
  return { ...user, ...hidden, totp_enabled: false, email_2fa_enabled: false }
}
