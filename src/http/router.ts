import type { Hono } from 'hono'
import { HonoBase } from 'hono/hono-base'
import type { Params, Result, Router } from 'hono/router'
import { TrieRouter } from 'hono/router/trie-router'
import type { H, RouterRoute } from 'hono/types'
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
  new HonoBase<AppEnv>({ strict: false, router: new RememberingRouter() })

const chains = new WeakMap<H, H[]>()

/** What stands for all handlers of a route, so that it is planted once; a match has them in its place. */
export function chain(handlers: H[]): H {
  const standIn: H = () => {
    throw new Error('A chain is for apps of createRouter()')
  }
  chains.set(standIn, handlers)
  return standIn
}

type Planted = [handler: H, route: RouterRoute]
type Found = Result<Planted>

const MOST_KNOWN = 500
const LONGEST_KNOWN = 200

/**
 * Finds an address that it has found before without a walk through the tree. Hono's default, which
 * makes one expression of all paths, cannot tell `/posts/drafts` from `/posts/:id` and would find that
 * out at the first request.
 */
class RememberingRouter implements Router<Planted> {
  readonly name = 'RememberingRouter'
  readonly #tree = new TrieRouter<Planted>()
  readonly #known = new Map<string, Found>()

  add(method: string, path: string, planted: Planted): void {
    this.#tree.add(method, path, planted)
    this.#known.clear()
  }

  match(method: string, path: string): Found {
    const name = method + path
    const known = this.#known.get(name)
    if (known) return known
    const [groups] = this.#tree.match(method, path) as [[Planted, Params][]]
    const found: Found = [
      groups.flatMap(([[handler, route], params]) =>
        (chains.get(handler) ?? [handler]).map((each): [Planted, Params] => [
          [each, route],
          params,
        ]),
      ),
    ]
    if (name.length <= LONGEST_KNOWN) {
      if (this.#known.size >= MOST_KNOWN) this.#known.clear()
      this.#known.set(name, found)
    }
    return found
  }
}
