import { profileKey, profilesKey } from '../../core/cache-keys.ts'
import { notFound } from '../../core/errors.ts'
import type { Tagged } from '../../core/etag.ts'
import { fold } from '../../core/text.ts'
import { iso, isoOrNull } from '../../core/time.ts'
import type { UserView } from './schemas.ts'
import type { UserRow } from './table.ts'

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

export const toUserView = (row: Omit<UserRow, 'id' | 'version'>): UserView => ({
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
