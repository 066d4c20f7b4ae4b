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

/** With its place in the order in which all were added. */
type Numbered = [number: number, planted: Planted]
type Start = { routes: [method: string, path: string, numbered: Numbered][]; tree?: Tree }
type Tree = TrieRouter<Numbered>

const MOST_KNOWN = 500
const LONGEST_KNOWN = 200
/** As long as the addresses of our lists are: /api/v1/posts. */
const SEGMENTS_OF_START = 3

/**
 * Finds an address that it has found before without a walk through a tree, and plants the routes that
 * begin alike when the first of them is asked for. Hono's default, which makes one expression of all
 * paths, cannot tell `/posts/drafts` from `/posts/:id` and would find that out at the first request.
 */
class RememberingRouter implements Router<Planted> {
  readonly name = 'RememberingRouter'
  /** Routes that may meet any address. */
  readonly #tree: Tree = new TrieRouter()
  readonly #starts = new Map<string, Start>()
  readonly #known = new Map<string, Found>()
  #count = 0

  add(method: string, path: string, planted: Planted): void {
    const numbered: Numbered = [this.#count++, planted]
    const name = startOf(path)
    if (/[:*]/.test(name)) {
      this.#tree.add(method, path, numbered)
    } else {
      const { routes } = this.#starts.get(name) ?? { routes: [] }
      routes.push([method, path, numbered])
      this.#starts.set(name, { routes })
    }
    this.#known.clear()
  }

  match(method: string, path: string): Found {
    const name = method + path
    const known = this.#known.get(name)
    if (known) return known
    const found: Found = [
      this.#trees(path)
        .flatMap((tree) => tree.match(method, path) as [[Numbered, Params][]])
        .flat()
        .sort(([[a]], [[b]]) => a - b)
        .flatMap(([[, [handler, route]], params]) =>
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

  #trees(path: string): Tree[] {
    const start = this.#starts.get(startOf(path))
    if (!start) return [this.#tree]
    start.tree ??= plant(start)
    return [this.#tree, start.tree]
  }
}

function startOf(path: string): string {
  let end = 0
  for (let segment = 0; segment < SEGMENTS_OF_START; segment++) {
    end = path.indexOf('/', end + 1)
    if (end < 0) return path
  }
  return path.slice(0, end)
}

function plant({ routes }: Start): Tree {
  const tree: Tree = new TrieRouter()
  for (const route of routes) tree.add(...route)
  return tree
}
