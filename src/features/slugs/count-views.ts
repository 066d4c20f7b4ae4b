import type { Context } from '../../context.ts'
import { describeError } from '../../platform/telemetry.ts'
import type { Viewed } from './kinds.ts'
import { addViews } from './repo.ts'

type Counts = Record<string, number>

/** Views of this isolate that D1 does not know yet, by the name under which a thing was asked for. */
type Gathered = { counts: Counts; flushAt: number }

// A request that ends early takes its timer along; then the next one writes.
const PATIENCE_MS = 5000

const gathered: Record<Viewed, Gathered> = {
  post: { counts: newCounts(), flushAt: 0 },
  project: { counts: newCounts(), flushAt: 0 },
}

/**
 * Counts a view behind the answer. All that come to this isolate within VIEWS_WINDOW_MS are one
 * statement; an isolate that ends in between, or a D1 that refuses it, loses those and no others.
 */
export async function countView(ctx: Context, type: Viewed, idOrSlug: string): Promise<void> {
  const of = gathered[type]
  of.counts[idOrSlug] = (of.counts[idOrSlug] ?? 0) + 1
  const now = Date.now()
  const wait = ctx.settings.VIEWS_WINDOW_MS
  if (now < of.flushAt + PATIENCE_MS && now >= of.flushAt - wait) return
  of.flushAt = now + wait
  await ctx.later(async () => {
    await new Promise((resolve) => setTimeout(resolve, wait))
    await flush(ctx, type)
  })
}

async function flush(ctx: Context, type: Viewed): Promise<void> {
  const { counts } = gathered[type]
  gathered[type] = { counts: newCounts(), flushAt: 0 }
  try {
    await addViews(ctx.db, type, counts, Date.now())
  } catch (error) {
    ctx.log('warn', 'views.lost', {
      [`${type}s`]: Object.keys(counts).length,
      ...describeError(error),
    })
  }
}

/** A slug may be called like something that every object has. */
function newCounts(): Counts {
  return Object.create(null)
}
