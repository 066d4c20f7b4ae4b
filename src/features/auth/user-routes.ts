import { describe } from '../../http/describe.ts'
import { allow } from '../../http/guards.ts'
import { idempotent } from '../../http/idempotency.ts'
import { createRoutes } from '../../http/routes.ts'
import { validate } from '../../http/validate.ts'
import { inviteUser } from './invite.ts'
import { listAttemptsOf } from './lockout.ts'
import * as s from './schemas.ts'

/** Mounted among the users: what an admin does about how somebody signs in. */
export const authUserRoutes = createRoutes()

authUserRoutes.post(
  '/',
  describe({
    id: 'inviteUser',
    tag: 'users',
    summary: 'Invite somebody by mail',
    returns: { 201: s.UserView },
    refuses: [409],
  }),
  allow('admin'),
  validate('json', s.InviteUser),
  idempotent((_, view) => `/api/v1/users/${view.id}`),
  async (c) => {
    const view = await inviteUser(c.get('ctx'), c.req.valid('json'))
    return c.json(view, 201, { location: `/api/v1/users/${view.id}` })
  },
)

authUserRoutes.get(
  '/:id/login-attempts',
  describe({
    id: 'listLoginAttemptsOf',
    tag: 'users',
    summary: 'Who tried to sign in to an account',
    returns: { 200: s.LoginAttemptPage },
  }),
  allow('admin'),
  validate('param', s.UserId),
  validate('query', s.ListAttempts),
  async (c) =>
    c.json(await listAttemptsOf(c.get('ctx'), c.req.valid('param').id, c.req.valid('query')), 200),
)
