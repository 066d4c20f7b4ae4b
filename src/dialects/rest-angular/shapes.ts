import * as z from 'zod/mini'
import { type Actor, isAdmin } from '../../core/actor.ts'
import type { AppError } from '../../core/errors.ts'
import { email, paragraphs } from '../../core/fields.ts'
import { lazily } from '../../core/lazily.ts'
import type { UserView } from '../../features/users/schemas.ts'
import { flag, int, plain } from '../fastapi/fields.ts'
import { Refusal, unless } from '../fastapi/refusal.ts'

/** The service says what is wrong with a password, as the original's does. */
export const UserCreate = lazily(() =>
  z.object({
    email: email(),
    password: plain(),
    is_active: z.nullish(flag()),
    is_superuser: z.nullish(flag()),
    is_verified: z.nullish(flag()),
  }),
)

const orNothing = <T>(value: T): NonNullable<T> | undefined => value ?? undefined

export const UserUpdate = lazily(() =>
  z.object({
    password: z.pipe(z.nullish(plain()), z.transform(orNothing)),
    email: z.pipe(z.nullish(email()), z.transform(orNothing)),
    is_active: z.pipe(z.nullish(flag()), z.transform(orNothing)),
    is_superuser: z.pipe(z.nullish(flag()), z.transform(orNothing)),
    is_verified: z.pipe(z.nullish(flag()), z.transform(orNothing)),
  }),
)

/** The original answers what is no id as an id that nobody has. */
export const UserId = lazily(() => z.object({ id: plain(200) }))

export const Mailbox = lazily(() => z.object({ email: email() }))
export const Proof = lazily(() => z.object({ token: plain() }))
export const Reset = lazily(() => z.object({ token: plain(), password: plain() }))
export const Notification = lazily(() => z.object({ email: email(), message: paragraphs(1, 5000) }))

const MOST_ROWS = 1000
export const Paging = lazily(() =>
  z.object({
    skip: z._default(int({ min: 0 }), 0),
    limit: z._default(int({ min: 0, max: MOST_ROWS }), 100),
  }),
)

/** An admin who has to enrol a second factor first is shown as what they may do until then. */
export const toUser = (user: UserView, actor?: Actor) => ({
  id: user.id,
  email: user.email ?? '',
  is_active: user.is_active,
  is_superuser: user.role === 'admin' && (actor === undefined || isAdmin(actor)),
  is_verified: user.is_verified,
})

/** For `.catch()`: a password that the rules of the house refuse, by this code. */
export const weak = (code: string, field = 'password') =>
  unless({ validation: (error) => (reasonOf(error, field) ? invalid(code, error) : error) })

const reasonOf = ({ errors }: AppError, field: string) =>
  errors?.find(({ path }) => path === field)?.message
const invalid = (code: string, { errors }: AppError) =>
  new Refusal(400, { code, reason: errors?.[0]?.message })

/** For `.catch()`: an address that somebody has, by this code. */
export const taken = (code: string) =>
  unless({
    conflict: (error) => (error.errors?.[0]?.path === 'email' ? new Refusal(400, code) : error),
  })
