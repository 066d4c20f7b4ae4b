import type { Context } from '../../context.ts'
import { feedKey } from '../../core/cache-keys.ts'
import type { Finished } from '../../core/etag.ts'
import { newestPosts } from '../posts/service.ts'
import { newestProjects } from '../projects/service.ts'
import { type Entry, timesOf, toAtom, toJsonFeed, toRss } from './feed-formats.ts'

const MOST_ENTRIES = 50
/** Characters of one entry's HTML: a feed stays below a megabyte, and a longer text sends its summary. */
const MOST_HTML = 20_000

const FORMATS = { rss: toRss, atom: toAtom, json: toJsonFeed }

/** A feed as everybody gets it, of what is published. */
export async function readFeed(ctx: Context, name: keyof typeof FORMATS): Promise<Finished> {
  const kept = await ctx.cache.remember(feedKey(name), async () =>
    FORMATS[name](ctx.settings, await readEntries(ctx)),
  )
  if (!kept) throw new Error('A feed is never missing')
  return kept
}

async function readEntries(ctx: Context): Promise<Entry[]> {
  const [posts, projects] = await ctx.db.batch([
    newestPosts(ctx, MOST_ENTRIES, MOST_HTML),
    newestProjects(ctx, MOST_ENTRIES, MOST_HTML),
  ])
  return [...posts.map(asPost), ...projects.map(asProject)]
    .map((row) => ({ ...row, ...timesOf(row) }))
    .toSorted((a, b) => b.publishedAt - a.publishedAt || b.id - a.id)
    .slice(0, MOST_ENTRIES)
}

const asPost = <Row>(row: Row) => ({ ...row, type: 'post' as const })
const asProject = <Row>(row: Row) => ({ ...row, type: 'project' as const })
