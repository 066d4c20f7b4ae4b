import type { Hono } from 'hono'
import type { H } from 'hono/types'
import { type AppEnv, chain } from './router.ts'

export type Route = { method: string; path: string; handlers: H[] }

/** Routes of a feature or of a dialect, declared as on an app of Hono's, which has yet to serve them. */
export type Routes = Pick<Hono<AppEnv>, 'get' | 'post' | 'put' | 'patch' | 'delete' | 'on'> & {
  readonly declared: readonly Route[]
}

/** An app for each feature would cost every start dozens of apps, and each route twice. */
export const createRoutes = (): Routes => new Declared() as unknown as Routes

class Declared {
  readonly declared: Route[] = []

  on(method: string, path: string, ...handlers: H[]): this {
    // Hono takes lists of them, and no path.
    if (typeof method !== 'string' || typeof path !== 'string') {
      throw new Error('A route is declared with one method and one path')
    }
    this.declared.push({ method, path, handlers })
    return this
  }

  get(path: string, ...handlers: H[]): this {
    return this.on('GET', path, ...handlers)
  }

  post(path: string, ...handlers: H[]): this {
    return this.on('POST', path, ...handlers)
  }

  put(path: string, ...handlers: H[]): this {
    return this.on('PUT', path, ...handlers)
  }

  patch(path: string, ...handlers: H[]): this {
    return this.on('PATCH', path, ...handlers)
  }

  delete(path: string, ...handlers: H[]): this {
    return this.on('DELETE', path, ...handlers)
  }
}

/** The same routes with `start` before their paths; a path of `/` is the start itself. */
export const under = (start: string, { declared }: Routes): Route[] =>
  declared.map(({ method, path, handlers }) => ({ method, path: joinPaths(start, path), handlers }))

function joinPaths(start: string, path: string): string {
  if (start === '/') return path
  return path === '/' ? start : start + path
}

/** Lets `app` serve them. */
export function mount(app: Pick<Hono<AppEnv>, 'on'>, routes: Route[]): void {
  for (const { method, path, handlers } of routes) app.on(method, [path], chain(handlers))
}
