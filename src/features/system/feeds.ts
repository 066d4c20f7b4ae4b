import type { Context } from '../../context.ts'
import { type FeedName, feedKey } from '../../core/cache-keys.ts'
import type { Finished } from '../../core/etag.ts'
import { newestProductAddresses } from '../catalog/service.ts'
import { newestPostAddresses, newestPosts } from '../posts/service.ts'
import { newestProjectAddresses, newestProjects } from '../projects/service.ts'
import { type Entry, type Page, toAtom, toJsonFeed, toRss, toSitemap } from './feed-formats.ts'

const MOST_ENTRIES = 50
/** Characters of one entry's HTML: a feed stays below a megabyte, and a longer text sends its summary. */
const MOST_HTML = 20_000
const MOST_PAGES = { posts: 4000, projects: 1000, products: 1000 }

const FORMATS = { rss: toRss, atom: toAtom, json: toJsonFeed }

/** A feed or the sitemap as everybody gets it, of what is published. */
export async function readFeed(ctx: Context, name: FeedName): Promise<Finished> {
  const kept = await ctx.cache.remember(feedKey(name), async () =>
    name === 'sitemap'
      ? toSitemap(ctx.settings, await readPages(ctx))
      : FORMATS[name](ctx.settings, await readEntries(ctx)),
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

async function readPages(ctx: Context): Promise<Page[]> {
  const [posts, projects, products] = await ctx.db.batch([
    newestPostAddresses(ctx, MOST_PAGES.posts),
    newestProjectAddresses(ctx, MOST_PAGES.projects),
    newestProductAddresses(ctx, MOST_PAGES.products),
  ])
  return [
    ...posts.map(asPost),
    ...projects.map(asProject),
    ...products.map((row) => ({ ...row, type: 'product' as const })),
  ].map((row) => ({ ...row, ...timesOf(row) }))
}

const asPost = <Row>(row: Row) => ({ ...row, type: 'post' as const })
const asProject = <Row>(row: Row) => ({ ...row, type: 'project' as const })

/** A scheduled post is changed, for its readers, when it comes out. */
function timesOf(row: { publishedAt: number | null; updatedAt: number }) {
  const publishedAt = row.publishedAt ?? row.updatedAt
  return { publishedAt, updatedAt: Math.max(publishedAt, row.updatedAt) }
}
