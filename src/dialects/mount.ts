import type { Context, Handler, MiddlewareHandler } from 'hono'
import type { Policy } from '../core/actor.ts'
import type { Dialect as Name } from '../core/dialects.ts'
import { notFound } from '../core/errors.ts'
import { admission } from '../http/envelope.ts'
import { withMarks } from '../http/operations.ts'
import { answerProblem } from '../http/problem.ts'
import { type AppEnv, createRouter } from '../http/router.ts'
import { mount, type Route, type Routes, under } from '../http/routes.ts'
import { type CrossOrigin, crossOrigin } from './fastapi/cross-origin.ts'
import { answerRefusal, Refusal, toRefusal } from './fastapi/refusal.ts'

export type Parts = Record<`/${string}`, Routes[]>

/** An existing front end's back end, as it says things on the wire. */
export type Dialect = {
  name: Name
  /** Its operations, each with a guard, by what their paths begin with; without the mount. */
  parts: Parts
  crossOrigin: CrossOrigin
  /** Around every answer, refusals too. */
  around?: MiddlewareHandler<AppEnv>
  /** Where refusals do not look as FastAPI's. */
  answer?: (c: Context<AppEnv>, refusal: Refusal) => Response
}

export type DialectOperation = { method: string; path: string; policy: Policy }

export const pathOf = (name: Name): string => `/dialects/${name}`

export const join = (parts: Parts): Route[] =>
  Object.entries(parts).flatMap(([start, list]) => list.flatMap((part) => under(start, part)))

/** Every operation of a dialect. Throws when one has no guard. */
export const operationsOf = ({ name, parts }: Dialect): DialectOperation[] =>
  operationsIn(name, join(parts))

function operationsIn(name: Name, routes: Route[]): DialectOperation[] {
  return withMarks(routes).map(({ method, path, notes }) => {
    const policy = notes.find((note) => note.policy)?.policy
    if (!policy) throw new Error(`${method} ${pathOf(name)}${path} needs a guard`)
    return { method, path: pathOf(name) + path, policy }
  })
}

const outer = new WeakMap<Request, Context<AppEnv>>()

/**
 * Serves a dialect where DIALECTS names it. It is mounted with the first request for it: most studios
 * have none, and no start pays for what they do not have. `import()` would do that too, and would cost
 * every start more than it saves: in a bundle of one file it turns all that a dialect uses, which is
 * nearly everything, into functions that are compiled one by one.
 */
export function onDemand(dialect: Dialect): Handler<AppEnv> {
  let mounted: ReturnType<typeof mountDialect> | undefined
  return (c) => {
    const { DIALECTS } = c.get('ctx').settings
    if (!DIALECTS.includes(dialect.name)) return answerProblem(c, notFound('Address'))
    c.set('isDialect', true)
    mounted ??= mountDialect(dialect)
    outer.set(c.req.raw, c)
    return mounted.fetch(c.req.raw, c.env, c.executionCtx)
  }
}

/** A dialect with all that stands around it, in the context of the request that it is asked for. */
function mountDialect(dialect: Dialect) {
  const { name, parts, around, answer = answerRefusal } = dialect
  const routes = join(parts)
  const operations = operationsIn(name, routes)
  const app = createRouter().basePath(pathOf(name))
  app.onError((error, c) => answer(c, toRefusal(error, c)))
  app.use(async (c, next) => {
    const around = outer.get(c.req.raw)
    if (!around) throw new Error('A dialect needs the request around it')
    c.set('requestId', around.get('requestId'))
    c.set('host', around.get('host'))
    c.set('ctx', around.get('ctx'))
    await next()
    around.set('route', c.get('route'))
  })
  app.use(crossOrigin(name, dialect.crossOrigin))
  if (around) app.use(around)
  app.use(admission)
  app.use(async (c, next) => {
    // Hono would answer it by the route of GET, which Starlette keeps apart.
    if (c.req.method === 'HEAD') throw unmatched(operations, c)
    await next()
  })
  // A path that is declared with a slash at its end would be found by no spelling.
  mount(
    app,
    routes.map((route) => ({ ...route, path: bare(route.path) })),
  )
  app.all('*', (c) => {
    throw unmatched(operations, c)
  })
  return app
}

/** An address that nobody serves, or the wrong method on one that somebody does. */
function unmatched(operations: DialectOperation[], c: Context<AppEnv>): Refusal {
  const there = operations.find(({ path }) => patternOf(path).test(c.req.path))
  if (!there) return new Refusal(404, 'Not Found')
  return new Refusal(405, 'Method Not Allowed', { allow: there.method })
}

const bare = (path: string): string => path.replace(/(.)\/$/, '$1')

const patternOf = (path: string): RegExp =>
  new RegExp(`^${bare(path).replace(/:\w+(?:\{([^}]*)\})?/g, (_, own) => own ?? '[^/]+')}/?$`)
