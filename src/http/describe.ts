import type { MiddlewareHandler } from 'hono'
import { type Description, mark } from './operations.ts'
import type { AppEnv } from './router.ts'

/** Names an operation in the OpenAPI document and in the log. */
export function describe(description: Description): MiddlewareHandler<AppEnv> {
  let route = ''
  return mark<MiddlewareHandler<AppEnv>>(
    (c, next) => {
      c.set('route', route)
      return next()
    },
    {
      description,
      link: (operation) => {
        route = operation.path
      },
    },
  )
}
