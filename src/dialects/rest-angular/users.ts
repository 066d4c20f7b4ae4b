import { changeOwnAccount, makeAccount, overrideAccount } from '../../features/auth/accounts.ts'
import { deleteAccount, readMe, readUser, sliceAccounts } from '../../features/users/service.ts'
import { stepUp } from '../../http/guards.ts'
import { createRoutes } from '../../http/routes.ts'
import { uuid } from '../fastapi/fields.ts'
import { Refusal, unless } from '../fastapi/refusal.ts'
import { takes } from '../fastapi/takes.ts'
import { guard, REST } from './audience.ts'
import { Paging, taken, toUser, UserCreate, UserId, UserUpdate, weak } from './shapes.ts'

/** Accounts: your own, and all of them for the superuser. */
export const userRoutes = createRoutes()

const notFound = () => new Refusal(404, 'Not Found')
const lost = unless({ not_found: notFound })
const roleOf = (isSuperuser: boolean) => (isSuperuser ? 'admin' : 'user')

/** An id in any spelling of a UUID. */
function idOf({ id }: { id: string }): string {
  const read = uuid().safeParse(id)
  if (!read.success) throw notFound()
  return read.data
}

userRoutes.get('/users/', guard('admin'), takes({ query: Paging }), async (c) => {
  const { accounts } = await sliceAccounts(c.get('ctx'), c.req.valid('query'))
  return c.json(accounts.map((one) => toUser(one)))
})

userRoutes.post('/users/', guard('admin'), takes({ json: UserCreate }), async (c) => {
  const { email, password, is_active, is_superuser } = c.req.valid('json')
  const role = roleOf(is_superuser ?? false)
  const input = { email, password, role, is_active: is_active ?? true } as const
  const user = await makeAccount(c.get('ctx'), input, REST)
    .catch(weak('REGISTER_INVALID_PASSWORD'))
    .catch(taken('REGISTER_USER_ALREADY_EXISTS'))
  return c.json(toUser(user), 201)
})

userRoutes.get('/users/me', guard('user'), async (c) => {
  const { view } = await readMe(c.get('ctx'))
  return c.json(toUser(view, c.get('ctx').actor))
})

userRoutes.patch('/users/me', guard('user'), takes({ json: UserUpdate }), async (c) => {
  const ctx = c.get('ctx')
  const { email, password } = c.req.valid('json')
  const user = await changeOwnAccount(ctx, { email, password }, REST)
    .catch(weak('UPDATE_USER_INVALID_PASSWORD'))
    .catch(taken('UPDATE_USER_EMAIL_ALREADY_EXISTS'))
  return c.json(toUser(user, ctx.actor))
})

userRoutes.get('/users/:id', guard('admin'), takes({ param: UserId }), async (c) => {
  const { view } = await readUser(c.get('ctx'), idOf(c.req.valid('param'))).catch(lost)
  return c.json(toUser(view))
})

userRoutes.patch(
  '/users/:id',
  guard('admin'),
  takes({ param: UserId, json: UserUpdate }),
  async (c) => {
    const id = idOf(c.req.valid('param'))
    const { is_superuser, ...input } = c.req.valid('json')
    const role = is_superuser === undefined ? undefined : roleOf(is_superuser)
    const user = await overrideAccount(c.get('ctx'), id, { ...input, role }, REST)
      .catch(lost)
      .catch(weak('UPDATE_USER_INVALID_PASSWORD'))
      .catch(taken('UPDATE_USER_EMAIL_ALREADY_EXISTS'))
    return c.json(toUser(user))
  },
)

userRoutes.delete('/users/:id', guard('admin'), stepUp(), takes({ param: UserId }), async (c) => {
  await deleteAccount(c.get('ctx'), idOf(c.req.valid('param'))).catch(lost)
  return c.body(null, 204)
})
