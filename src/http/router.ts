import type { Hono } from 'hono'
import { HonoBase } from 'hono/hono-base'
import type { Params, Result, Router } from 'hono/router'
import { TrieRouter } from 'hono/router/trie-router'
import type { Context as Ctx, KeptAnswer } from '../context.ts'
import type { Actor } from '../core/actor.ts'
import type { LimitPolicy } from '../core/limits.ts'
import type { Bindings } from '../env.ts'

/** What the HTTP layer needs from features; app.ts hands it in, so that http imports none of them. */
export type Host = {
  /** What a development server needs before its first request. */
  prepare(ctx: Ctx): Promise<void>
  /** Throws `unauthorized` when the header names nobody. */
  resolveActor(ctx: Ctx, authorization: string | undefined, refreshToken?: string): Promise<Actor>
  /** Throws `rate_limited` when none is left. */
  spend(ctx: Ctx, policies: LimitPolicy[], subject: string): Promise<void>
  beginIdempotent(
    ctx: Ctx,
    operation: string,
    key: string,
    body: string,
  ): Promise<KeptAnswer | null>
  findKept(ctx: Ctx): Promise<KeptAnswer | null>
}

export type AppEnv = {
  Bindings: Bindings
  Variables: { requestId: string; host: Host; ctx: Ctx; route: string; isDialect?: true }
}

/** Paths with and without a slash at the end are the same. Hono itself would bring its own routers. */
export const createRouter = (): Hono<AppEnv> =>
  new HonoBase<AppEnv>({ strict: false, router: new Routes() })

type Route<T> = [method: string, path: string, handler: T]

const MOST_KNOWN = 500
const LONGEST_KNOWN = 200

/**
 * Finds an address that it has found before without a walk through the tree, and plants that only
 * where something is looked for: a feature's own routes are copied into those of the app. Hono's
 * default, which makes one expression of all paths, cannot tell `/posts/drafts` from `/posts/:id` and
 * would find that out at the first request.
 */
class Routes<T> implements Router<T> {
  readonly name = 'Routes'
  /** All handlers of a path, which follow each other, are planted as one. */
  readonly #tree = new TrieRouter<T[]>()
  readonly #known = new Map<string, Result<T>>()
  #added: Route<T>[] = []

  add(...route: Route<T>): void {
    this.#added.push(route)
  }

  match(method: string, path: string): Result<T> {
    if (this.#added.length > 0) this.#plant()
    const name = method + path
    const known = this.#known.get(name)
    if (known) return known
    const [groups] = this.#tree.match(method, path) as [[T[], Params][]]
    const found: Result<T> = [
      groups.flatMap(([handlers, params]) =>
        handlers.map((handler): [T, Params] => [handler, params]),
      ),
    ]
    if (name.length <= LONGEST_KNOWN) {
      if (this.#known.size >= MOST_KNOWN) this.#known.clear()
      this.#known.set(name, found)
    }
    return found
  }

  #plant(): void {
    let last: { method: string; path: string; handlers: T[] } | undefined
    for (const [method, path, handler] of this.#added) {
      if (last?.method === method && last.path === path) last.handlers.push(handler)
      else {
        last = { method, path, handlers: [handler] }
        this.#tree.add(method, path, last.handlers)
      }
    }
    this.#added = []
    this.#known.clear()
  }
}
