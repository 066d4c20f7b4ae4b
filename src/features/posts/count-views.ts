import type { Context } from '../../context.ts'
import { describeError } from '../../platform/telemetry.ts'
import { addViews } from './repo.ts'

// Views of this isolate that D1 does not know yet, by the name under which a post was asked for.
let gathered = newCounts()
let flushAt = 0

// A request that ends early takes its timer along; then the next one writes.
const PATIENCE_MS = 5000

/**
 * Counts a view behind the answer. All that come to this isolate within VIEWS_WINDOW_MS are one
 * statement; an isolate that ends in between, or a D1 that refuses it, loses those and no others.
 */
export async function countView(ctx: Context, idOrSlug: string): Promise<void> {
  gathered[idOrSlug] = (gathered[idOrSlug] ?? 0) + 1
  const now = Date.now()
  const wait = ctx.settings.VIEWS_WINDOW_MS
  if (now < flushAt + PATIENCE_MS && now >= flushAt - wait) return
  flushAt = now + wait
  await ctx.later(async () => {
    await new Promise((resolve) => setTimeout(resolve, wait))
    await flush(ctx)
  })
}

async function flush(ctx: Context): Promise<void> {
  const views = gathered
  gathered = newCounts()
  flushAt = 0
  try {
    await addViews(ctx.db, views, Date.now())
  } catch (error) {
    ctx.log('warn', 'views.lost', { posts: Object.keys(views).length, ...describeError(error) })
  }
}

/** A slug may be called like something that every object has. */
function newCounts(): Record<string, number> {
  return Object.create(null)
}
