import { Hono } from 'hono'
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

/**
 * Paths with and without a slash at the end are the same. The default router would try a second way
 * to match at the first request, which cannot tell `/posts/drafts` from `/posts/:id`.
 */
export const createRouter = () => new Hono<AppEnv>({ strict: false, router: new TrieRouter() })
