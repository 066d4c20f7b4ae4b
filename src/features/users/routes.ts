import { describe } from '../../http/describe.ts'
import { ifMatch, sendTagged } from '../../http/etag.ts'
import { allow, stepUp } from '../../http/guards.ts'
import { createRoutes } from '../../http/routes.ts'
import { validate } from '../../http/validate.ts'
import { ListUsers, UpdateMe, UpdateUser, UserId, UserPage, UserView } from './schemas.ts'
import * as users from './service.ts'

const tag = 'users'

export const userRoutes = createRoutes()

userRoutes.get(
  '/me',
  describe({ id: 'readMe', tag, summary: 'Your account', returns: { 200: UserView, 304: null } }),
  allow('user'),
  async (c) => sendTagged(c, await users.readMe(c.get('ctx'))),
)

userRoutes.patch(
  '/me',
  describe({
    id: 'updateMe',
    tag,
    summary: 'Change your username or name',
    returns: { 200: UserView },
    refuses: [409, 412],
  }),
  allow('user'),
  validate('json', UpdateMe),
  async (c) => sendTagged(c, await users.updateMe(c.get('ctx'), c.req.valid('json'), ifMatch(c))),
)

userRoutes.get(
  '/',
  describe({
    id: 'listUsers',
    tag,
    summary: 'All accounts, newest first',
    returns: { 200: UserPage },
  }),
  allow('admin'),
  validate('query', ListUsers),
  async (c) => c.json(await users.listAccounts(c.get('ctx'), c.req.valid('query')), 200),
)

userRoutes.get(
  '/:id',
  describe({ id: 'readUser', tag, summary: 'One account', returns: { 200: UserView, 304: null } }),
  allow('admin'),
  validate('param', UserId),
  async (c) => sendTagged(c, await users.readUser(c.get('ctx'), c.req.valid('param').id)),
)

userRoutes.patch(
  '/:id',
  describe({
    id: 'updateUser',
    tag,
    summary: 'Change role, access or name of an account',
    description:
      'A change of role needs a step-up. Whoever becomes an admin without an authenticator app chooses a new password. Whoever is banned or changes role is signed out everywhere. The last admin stays.',
    returns: { 200: UserView },
    refuses: [409, 412],
  }),
  allow('admin'),
  validate('param', UserId),
  validate('json', UpdateUser),
  async (c) => {
    const { id } = c.req.valid('param')
    return sendTagged(
      c,
      await users.updateAccount(c.get('ctx'), id, c.req.valid('json'), ifMatch(c)),
    )
  },
)

userRoutes.delete(
  '/:id',
  describe({
    id: 'deleteUser',
    tag,
    summary: 'Delete an account',
    returns: { 204: null },
    refuses: [409],
  }),
  allow('admin'),
  stepUp(),
  validate('param', UserId),
  async (c) => {
    await users.deleteAccount(c.get('ctx'), c.req.valid('param').id)
    return c.body(null, 204)
  },
)
