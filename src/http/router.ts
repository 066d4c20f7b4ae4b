import { Hono } from 'hono'
import type { Result } from 'hono/router'
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
  Variables: { requestId: string; host: Host; ctx: Ctx; route: string }
}

/** Paths with and without a slash at the end are the same. */
export const createRouter = () => new Hono<AppEnv>({ strict: false, router: new Router() })

const MOST_KNOWN = 500
const LONGEST_KNOWN = 200

/**
 * Finds an address that it has found before without a walk through the tree. Hono's default, which
 * makes one expression of all paths, cannot tell `/posts/drafts` from `/posts/:id` and would find
 * that out at the first request.
 */
class Router<T> extends TrieRouter<T> {
  readonly #known = new Map<string, Result<T>>()

  override match(method: string, path: string): Result<T> {
    const name = method + path
    const known = this.#known.get(name)
    if (known) return known
    const found = super.match(method, path)
    if (name.length <= LONGEST_KNOWN) {
      if (this.#known.size >= MOST_KNOWN) this.#known.clear()
      this.#known.set(name, found)
    }
    return found
  }
}
