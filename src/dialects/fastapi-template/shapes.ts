import * as z from 'zod/mini'
import { type Actor, isAdmin } from '../../core/actor.ts'
import { email, line, paragraphs, upTo } from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { meta } from '../../core/meta.ts'
import { Register, ResetPassword } from '../../features/auth/schemas.ts'
import type { ItemView } from '../../features/items/schemas.ts'
import type { UserView } from '../../features/users/schemas.ts'
import { flag, int, plain, uuid } from '../fastapi/fields.ts'
import { toPythonTime } from '../fastapi/time.ts'

const fullName = () => z.nullish(line(0, 255))
const password = () => Register().shape.password

/** More rows than the original's front end ever asks for; a page that asks for more gets so many. */
const MOST_ROWS = 1000

export const Paging = lazily(() =>
  z.object({
    skip: z._default(int({ min: 0 }), 0),
    limit: z.pipe(
      z._default(int({ min: 0 }), 100),
      z.transform((limit) => Math.min(limit, MOST_ROWS)),
    ),
  }),
)

export const SignUp = lazily(() =>
  z.object({ email: email(), password: password(), full_name: fullName() }),
)

export const UserCreate = lazily(() =>
  z.object({
    email: email(),
    is_active: z._default(flag(), true),
    is_superuser: z._default(flag(), false),
    full_name: fullName(),
    password: password(),
  }),
)

export const UserUpdate = lazily(() =>
  z.object({
    email: z.optional(email()),
    is_active: z.optional(flag()),
    is_superuser: z.optional(flag()),
    full_name: fullName(),
    password: z.optional(password()),
  }),
)

export const MyChange = lazily(() =>
  z.object({ full_name: fullName(), email: z.optional(email()) }),
)
export const NewPassword = lazily(() =>
  z.object({
    current_password: password(),
    new_password: ResetPassword().shape.new_password,
  }),
)
export const Reset = lazily(() =>
  z.object({
    token: plain(),
    new_password: ResetPassword().shape.new_password,
  }),
)

/** The original looks into neither address nor password here. */
export const TestUser = lazily(() =>
  z.object({
    email: email(),
    password: plain(512),
    full_name: upTo(255),
    is_verified: z._default(flag(), false),
  }),
)

export const UserId = lazily(() => z.object({ user_id: uuid() }))
export const ItemId = lazily(() => z.object({ id: uuid() }))
export const Mailbox = lazily(() => z.object({ email: plain(1000) }))
export const TestMail = lazily(() => z.object({ email_to: email() }))

const description = () => z.nullish(paragraphs(0, 255))
export const ItemCreate = lazily(() =>
  z.object({ title: line(1, 255), description: description() }),
)
export const ItemUpdate = lazily(() =>
  z.object({
    title: z.optional(line(1, 255)),
    description: description(),
  }),
)

export const UserPublic = lazily(() =>
  z
    .object({
      email: z.string(),
      is_active: z._default(z.boolean(), true),
      is_superuser: z._default(z.boolean(), false),
      full_name: z.nullable(z.string()),
      id: z.uuid(),
      created_at: z.iso.datetime(),
    })
    .apply(meta, { id: 'UserPublic' }),
)

export const ItemPublic = lazily(() =>
  z
    .object({
      title: z.string(),
      description: z.nullable(z.string()),
      id: z.uuid(),
      owner_id: z.uuid(),
      created_at: z.iso.datetime(),
    })
    .apply(meta, { id: 'ItemPublic' }),
)

/** An admin who has to enrol a second factor first is shown as what they may do until then. */
export const toUser = (user: UserView, actor?: Actor): Made<typeof UserPublic> => ({
  email: user.email ?? '',
  is_active: user.is_active,
  is_superuser: user.role === 'admin' && (actor === undefined || isAdmin(actor)),
  full_name: user.full_name,
  id: user.id,
  created_at: toPythonTime(user.created_at),
})

export const toItem = (item: ItemView): Made<typeof ItemPublic> => ({
  title: item.title,
  description: item.description,
  id: item.id,
  owner_id: item.owner_id,
  created_at: toPythonTime(item.created_at),
})
