import { clearRefreshCookie } from '../../http/cookies.ts'
import { describe } from '../../http/describe.ts'
import { allow, stepUp } from '../../http/guards.ts'
import { createRoutes } from '../../http/routes.ts'
import { AccountExport } from './schemas.ts'
import * as account from './service.ts'

const tag = 'users'

export const accountRoutes = createRoutes()

accountRoutes.delete(
  '/',
  describe({
    id: 'deleteMe',
    tag,
    summary: 'Delete your account',
    description: 'The last admin cannot go.',
    returns: { 204: null },
    refuses: [409],
  }),
  allow('user'),
  stepUp(),
  async (c) => {
    await account.deleteMe(c.get('ctx'))
    clearRefreshCookie(c)
    return c.body(null, 204)
  },
)

accountRoutes.get(
  '/export',
  describe({
    id: 'exportMe',
    tag,
    summary: 'All that is kept about you',
    returns: { 200: AccountExport },
  }),
  allow('user'),
  stepUp(),
  async (c) => c.json(await account.exportMe(c.get('ctx')), 200),
)
