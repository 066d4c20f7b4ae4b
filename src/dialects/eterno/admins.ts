import { makeAccount } from '../../features/auth/accounts.ts'
import { LOGINS } from '../../features/auth/limits.ts'
import { login } from '../../features/auth/sign-in.ts'
import { readAdmin, readAdmins } from '../../features/users/admins.ts'
import { readDeviceCookies, setDeviceCookie } from '../../http/cookies.ts'
import { limit } from '../../http/guards.ts'
import { createRoutes } from '../../http/routes.ts'
import { Refusal, unless } from '../fastapi/refusal.ts'
import { takes } from '../fastapi/takes.ts'
import { ETERNO, guard } from './audience.ts'
import { AdminBody, AdminName, Credentials } from './bodies.ts'

/** Those who keep the shop: accounts with the role of admin, by their usernames. */
export const adminRoutes = createRoutes()

const NO_PAIR = 'Invalid credentials'

adminRoutes.post(
  '/admins/login',
  guard('anyone'),
  limit(...LOGINS),
  takes({ json: Credentials }),
  async (c) => {
    const { username: identifier, password } = c.req.valid('json')
    const input = { identifier, password, session: 'token' } as const
    const opened = await login(c.get('ctx'), input, readDeviceCookies(c), ETERNO).catch(
      unless({ invalid_credentials: () => new Refusal(401, NO_PAIR) }),
    )
    if ('requires_2fa' in opened) throw asksForMore()
    if (opened.device) setDeviceCookie(c, opened.device.name, opened.device.token)
    const { access_token, token_type } = opened.token
    return c.json({ access_token, token_type })
  },
)

const asksForMore = () =>
  new Refusal(401, 'This account has a second factor, which this page cannot ask for.')

adminRoutes.get('/admins/', guard('admin'), async (c) => c.json(await readAdmins(c.get('ctx'))))

adminRoutes.get('/admins/:username', guard('admin'), takes({ param: AdminName }), async (c) => {
  const admin = readAdmin(c.get('ctx'), c.req.valid('param').username)
  return c.json(await admin.catch(unless({ not_found: () => new Refusal(404, 'Admin not found') })))
})

adminRoutes.post('/admins/', guard('admin'), takes({ json: AdminBody }), async (c) => {
  const ctx = c.get('ctx')
  const { username, password } = c.req.valid('json')
  await makeAccount(ctx, { email: null, username, password, role: 'admin' }, ETERNO).catch(
    unless({ conflict: () => new Refusal(400, 'Username already exists') }),
  )
  return c.json(await readAdmin(ctx, username))
})
