import type { MiddlewareHandler } from 'hono'
import { isAdmin, signedIn } from '../../core/actor.ts'
import type { AppError } from '../../core/errors.ts'
import { deleteMe } from '../../features/account/service.ts'
import {
  changeOwnAccount,
  makeAccount,
  makeTestAccount,
  overrideAccount,
  signUp,
} from '../../features/auth/accounts.ts'
import { REGISTRATIONS } from '../../features/auth/limits.ts'
import { changePassword } from '../../features/auth/step-up.ts'
import { prepareMail } from '../../features/mail/service.ts'
import { deleteAccount, readMe, readUser, sliceAccounts } from '../../features/users/service.ts'
import { readDeviceCookies } from '../../http/cookies.ts'
import { limit, stepUp } from '../../http/guards.ts'
import type { AppEnv } from '../../http/router.ts'
import { createRoutes } from '../../http/routes.ts'
import { Refusal, unless } from '../fastapi/refusal.ts'
import { takes } from '../fastapi/takes.ts'
import { forbidden, guard, homeOf, TEMPLATE } from './audience.ts'
import {
  MyChange,
  NewPassword,
  Paging,
  SignUp,
  TestUser,
  toUser,
  UserCreate,
  UserId,
  UserUpdate,
} from './shapes.ts'

/** Accounts: your own, and all of them for the superuser. */
export const userRoutes = createRoutes()

const TAKEN = 'The user with this email already exists in the system'
const taken = (status: 400 | 409, detail: string) =>
  unless({ conflict: (error) => (isTakenEmail(error) ? new Refusal(status, detail) : error) })
const isTakenEmail = ({ errors }: AppError) => errors?.[0]?.path === 'email'
const takenByOther = () => taken(409, 'User with this email already exists')

const notThemselves = () => new Refusal(403, 'Super users are not allowed to delete themselves')
const DELETED = { message: 'User deleted successfully' }

userRoutes.get('/users/', guard('admin'), takes({ query: Paging }), async (c) => {
  const { accounts, count } = await sliceAccounts(c.get('ctx'), c.req.valid('query'))
  return c.json({ data: accounts.map((one) => toUser(one)), count })
})

userRoutes.post('/users/', guard('admin'), takes({ json: UserCreate }), async (c) => {
  const ctx = c.get('ctx')
  const { is_superuser, ...input } = c.req.valid('json')
  // The original mails the password along, which whoever reads the mail then knows.
  const model = { email: input.email, link: homeOf(c) }
  const letter = await prepareMail(ctx, 'dialect.account', { to: input.email, model })
  const role = is_superuser ? 'admin' : 'user'
  const user = await makeAccount(ctx, { ...input, role }, TEMPLATE, letter).catch(
    taken(400, `${TAKEN}.`),
  )
  return c.json(toUser(user))
})

userRoutes.patch('/users/me', guard('user'), takes({ json: MyChange }), async (c) => {
  const ctx = c.get('ctx')
  const user = await changeOwnAccount(ctx, c.req.valid('json')).catch(takenByOther())
  return c.json(toUser(user, ctx.actor))
})

userRoutes.patch('/users/me/password', guard('user'), takes({ json: NewPassword }), async (c) => {
  const input = c.req.valid('json')
  await changePassword(c.get('ctx'), input, readDeviceCookies(c), TEMPLATE).catch(
    unless({
      invalid_credentials: () => new Refusal(400, 'Incorrect password'),
      validation: (error) => (error.errors?.[0]?.code === 'unchanged' ? samePassword() : error),
    }),
  )
  return c.json({ message: 'Password updated successfully' })
})

const samePassword = () => new Refusal(400, 'New password cannot be the same as the current one')

userRoutes.get('/users/me', guard('user'), async (c) => {
  const { view } = await readMe(c.get('ctx'))
  return c.json(toUser(view, c.get('ctx').actor))
})

userRoutes.delete('/users/me', guard('user'), stepUp(), async (c) => {
  if (isAdmin(c.get('ctx').actor)) throw notThemselves()
  await deleteMe(c.get('ctx'))
  return c.json(DELETED)
})

userRoutes.post(
  '/users/signup',
  guard('anyone'),
  limit(...REGISTRATIONS),
  takes({ json: SignUp }),
  async (c) => {
    const user = await signUp(c.get('ctx'), c.req.valid('json'), TEMPLATE).catch(taken(400, TAKEN))
    return c.json(toUser(user))
  },
)

userRoutes.get('/users/:user_id', guard('user'), takes({ param: UserId }), async (c) => {
  const ctx = c.get('ctx')
  const { user_id } = c.req.valid('param')
  const { uid } = signedIn(ctx)
  if (user_id !== uid && !isAdmin(ctx.actor)) throw forbidden()
  const { view } = await readUser(ctx, user_id).catch(lost('User not found'))
  return c.json(toUser(view, user_id === uid ? ctx.actor : undefined))
})

const lost = (detail: string) => unless({ not_found: () => new Refusal(404, detail) })

userRoutes.patch(
  '/users/:user_id',
  guard('admin'),
  takes({ param: UserId, json: UserUpdate }),
  async (c) => {
    const ctx = c.get('ctx')
    const { is_superuser, ...input } = c.req.valid('json')
    const role = is_superuser === undefined ? undefined : is_superuser ? 'admin' : 'user'
    const { user_id } = c.req.valid('param')
    const user = await overrideAccount(ctx, user_id, { ...input, role }, TEMPLATE)
      .catch(lost('The user with this id does not exist in the system'))
      .catch(takenByOther())
    return c.json(toUser(user))
  },
)

userRoutes.delete(
  '/users/:user_id',
  guard('admin'),
  stepUp(),
  takes({ param: UserId }),
  async (c) => {
    const ctx = c.get('ctx')
    const { user_id } = c.req.valid('param')
    if (user_id === signedIn(ctx).uid) throw notThemselves()
    await deleteAccount(ctx, user_id).catch(lost('User not found'))
    return c.json(DELETED)
  },
)

/** What tests of the front end make users with; where it is not for tests, there is no such address. */
const forTests: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (!c.get('ctx').settings.isDevelopment) throw new Refusal(404, 'Not Found')
  await next()
}

userRoutes.post(
  '/private/users/',
  guard('anyone'),
  forTests,
  takes({ json: TestUser }),
  async (c) => {
    const { is_verified: _, ...input } = c.req.valid('json')
    return c.json(toUser(await makeTestAccount(c.get('ctx'), input).catch(taken(400, TAKEN))))
  },
)
