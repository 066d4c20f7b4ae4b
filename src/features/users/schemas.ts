import * as z from 'zod/mini'
import {
  email,
  instant,
  line,
  pageOf,
  pageQuery,
  queryFlag,
  searchTerm,
  uid,
  upTo,
} from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { meta } from '../../core/meta.ts'

export const ROLES = ['user', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** Letters, digits, dots, dashes and underscores, with a letter first: never to be taken for an address. */
export const username = () =>
  z.string().check(z.minLength(3), z.maxLength(40), z.regex(/^[A-Za-z][A-Za-z0-9._-]*$/))

export const fullName = () => line(1, 100)

export const UserView = lazily(() =>
  z
    .object({
      id: uid(),
      email: z.nullable(upTo(254)),
      username: z.nullable(upTo(40)),
      full_name: z.nullable(upTo(100)),
      role: z.enum(ROLES),
      is_active: z.boolean(),
      is_verified: z.boolean(),
      totp_enabled: z.boolean(),
      email_2fa_enabled: z.boolean(),
      created_at: instant(),
      last_login_at: z.nullable(instant()),
    })
    .apply(meta, { id: 'User' }),
)
export type UserView = Made<typeof UserView>

export const UserPage = lazily(() => pageOf(UserView()).apply(meta, { id: 'UserPage' }))
export const UserId = lazily(() => z.object({ id: uid() }))

export const ListUsers = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    role: z.optional(z.enum(ROLES)),
    active: z.optional(queryFlag()),
    q: z
      .optional(searchTerm())
      .apply(meta, { description: 'Looks through name, username and address.' }),
    count: z.optional(queryFlag()),
  }),
)
export type ListUsers = Made<typeof ListUsers>

export const UpdateMe = lazily(() =>
  z
    .strictObject({
      username: z.optional(z.nullable(username())),
      full_name: z.optional(z.nullable(fullName())),
    })
    .apply(meta, { id: 'UpdateMe' }),
)
export type UpdateMe = Made<typeof UpdateMe>

export const UpdateUser = lazily(() =>
  z
    .strictObject({
      role: z.optional(z.enum(ROLES)),
      is_active: z.optional(z.boolean()),
      full_name: z.optional(z.nullable(fullName())),
    })
    .apply(meta, { id: 'UpdateUser' }),
)
export type UpdateUser = Made<typeof UpdateUser>

export const InviteUser = lazily(() =>
  z
    .strictObject({
      email: email(),
      role: z.optional(z.enum(ROLES)),
      full_name: z.optional(fullName()),
    })
    .apply(meta, { id: 'InviteUser' }),
)
export type InviteUser = Made<typeof InviteUser>
