import * as z from 'zod'
import {
  email,
  instant,
  line,
  pageOf,
  pageQuery,
  queryFlag,
  searchTerm,
  uid,
} from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'

export const ROLES = ['user', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** Letters, digits, dots, dashes and underscores, with a letter first: never to be taken for an address. */
export const username = () =>
  z
    .string()
    .min(3)
    .max(40)
    .regex(/^[A-Za-z][A-Za-z0-9._-]*$/)

export const fullName = () => line(1, 100)

export const UserView = lazily(() =>
  z
    .object({
      id: uid(),
      email: z.string().max(254).nullable(),
      username: z.string().max(40).nullable(),
      full_name: z.string().max(100).nullable(),
      role: z.enum(ROLES),
      is_active: z.boolean(),
      is_verified: z.boolean(),
      totp_enabled: z.boolean(),
      email_2fa_enabled: z.boolean(),
      created_at: instant(),
      last_login_at: instant().nullable(),
    })
    .meta({ id: 'User' }),
)
export type UserView = Made<typeof UserView>

export const UserPage = lazily(() => pageOf(UserView()).meta({ id: 'UserPage' }))
export const UserId = lazily(() => z.object({ id: uid() }))

export const ListUsers = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    role: z.enum(ROLES).optional(),
    active: queryFlag().optional(),
    q: searchTerm().optional().meta({ description: 'Looks through name, username and address.' }),
    count: queryFlag().optional(),
  }),
)
export type ListUsers = Made<typeof ListUsers>

export const UpdateMe = lazily(() =>
  z
    .strictObject({
      username: username().nullable().optional(),
      full_name: fullName().nullable().optional(),
    })
    .meta({ id: 'UpdateMe' }),
)
export type UpdateMe = Made<typeof UpdateMe>

export const UpdateUser = lazily(() =>
  z
    .strictObject({
      role: z.enum(ROLES).optional(),
      is_active: z.boolean().optional(),
      full_name: fullName().nullable().optional(),
    })
    .meta({ id: 'UpdateUser' }),
)
export type UpdateUser = Made<typeof UpdateUser>

export const InviteUser = lazily(() =>
  z
    .strictObject({
      email: email(),
      role: z.enum(ROLES).optional(),
      full_name: fullName().optional(),
    })
    .meta({ id: 'InviteUser' }),
)
export type InviteUser = Made<typeof InviteUser>
