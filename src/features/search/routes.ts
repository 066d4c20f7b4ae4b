import { describe } from '../../http/describe.ts'
import { allow } from '../../http/guards.ts'
import { createRoutes } from '../../http/routes.ts'
import { validate } from '../../http/validate.ts'
import { SEARCHES } from './limits.ts'
import { Search, SearchResults } from './schemas.ts'
import { search } from './service.ts'

export const searchRoutes = createRoutes()

searchRoutes.get(
  '/',
  describe({
    id: 'search',
    tag: 'search',
    summary: 'Published posts, projects and products by their words',
    description: 'The best of the newest 250 that match. There are no further pages.',
    returns: { 200: SearchResults },
    limits: [SEARCHES],
  }),
  allow('anyone'),
  validate('query', Search),
  async (c) => c.json(await search(c.get('ctx'), c.req.valid('query')), 200),
)
