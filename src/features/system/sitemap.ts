import type { Context } from '../../context.ts'
import { feedKey, sitemapKey } from '../../core/cache-keys.ts'
import { notFound } from '../../core/errors.ts'
import type { Finished } from '../../core/etag.ts'
import { PART, partOf } from '../../core/sitemap-parts.ts'
import { THINGS, type Thing } from '../../core/things.ts'
import { newestProductId, partProducts } from '../catalog/service.ts'
import { newestPostId, partPosts } from '../posts/service.ts'
import { newestProjectId, partProjects } from '../projects/service.ts'
import { timesOf, toSitemap, toSitemapIndex } from './feed-formats.ts'
import type { SitemapQuery } from './schemas.ts'

const KINDS = {
  post: { part: partPosts, newestId: newestPostId },
  project: { part: partProjects, newestId: newestProjectId },
  product: { part: partProducts, newestId: newestProductId },
}

/**
 * All pages in one file, or in a big studio an index of its parts, each of so many ids; or one of those.
 * What it costs does not grow with the studio. Throws `not_found` for a part that the index does not name.
 */
export async function readSitemap(ctx: Context, { part }: SitemapQuery): Promise<Finished> {
  const kept = part
    ? await ctx.cache.remember(sitemapKey(part.type, part.number), () => readPart(ctx, part))
    : await ctx.cache.remember(feedKey('sitemap'), () => readAll(ctx))
  if (!kept) throw notFound('Part of the sitemap')
  return kept
}

async function readAll(ctx: Context): Promise<string> {
  const { post, project, product } = KINDS
  const [posts, projects, products, ...newest] = await ctx.db.batch([
    post.part(ctx),
    project.part(ctx),
    product.part(ctx),
    post.newestId(ctx),
    project.newestId(ctx),
    product.newestId(ctx),
  ])
  const highest = newest.map(([row]) => row?.id ?? 0)
  if (Math.max(...highest) > PART) {
    return toSitemapIndex(THINGS.flatMap((type, index) => partsTo(ctx, type, highest[index] ?? 0)))
  }
  return toSitemap(ctx.settings, [
    ...posts.map(asPage('post')),
    ...projects.map(asPage('project')),
    ...products.map(asPage('product')),
  ])
}

/** Where the parts of a kind are, up to the one with that id. */
const partsTo = ({ settings }: Context, type: Thing, id: number): string[] =>
  Array.from(
    { length: partOf(id) },
    (_, index) => `${settings.API_ORIGIN}/sitemap.xml?part=${type}-${index + 1}`,
  )

async function readPart(
  ctx: Context,
  { type, number }: { type: Thing; number: number },
): Promise<string | null> {
  const { part, newestId } = KINDS[type]
  const [rows, [newest]] = await ctx.db.batch([part(ctx, number), newestId(ctx)])
  return number > partOf(newest?.id ?? 0) ? null : toSitemap(ctx.settings, rows.map(asPage(type)))
}

type Row = { id: number; slug: string; publishedAt: number | null; updatedAt: number }

const asPage = (type: Thing) => (row: Row) => ({ ...row, type, ...timesOf(row) })
