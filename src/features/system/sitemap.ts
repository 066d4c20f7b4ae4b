import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { feedKey, sitemapKey } from '../../core/cache-keys.ts'
import { notFound } from '../../core/errors.ts'
import type { Finished } from '../../core/etag.ts'
import { PART, partOf } from '../../core/sitemap-parts.ts'
import { THINGS, type Thing } from '../../core/things.ts'
import { highestProductId, productsBetween } from '../catalog/service.ts'
import { highestPostId, postsBetween } from '../posts/service.ts'
import { highestProjectId, projectsBetween } from '../projects/service.ts'
import { timesOf, toSitemap, toSitemapIndex } from './feed-formats.ts'
import type { SitemapQuery } from './schemas.ts'

const BETWEEN = { post: postsBetween, project: projectsBetween, product: productsBetween }

const orNone = (highest: SQL) => sql<number>`coalesce((${highest}), 0)`
/** SQLite looks at the last row of each for them. */
const HIGHEST = {
  post: orNone(highestPostId),
  project: orNone(highestProjectId),
  product: orNone(highestProductId),
}
/** Where one file holds all: nothing is read for a file that is not made. */
const LAST_OF_ALL = sql`iif(max(${sql.join(Object.values(HIGHEST), sql`, `)}) <= ${PART}, ${PART}, 0)`

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
  const [posts, projects, products, [highest]] = await ctx.db.batch([
    postsBetween(ctx, 1, LAST_OF_ALL),
    projectsBetween(ctx, 1, LAST_OF_ALL),
    productsBetween(ctx, 1, LAST_OF_ALL),
    highestIds(ctx),
  ])
  if (highest && THINGS.some((type) => highest[type] > PART)) {
    return toSitemapIndex(THINGS.flatMap((type) => partsTo(ctx, type, highest[type])))
  }
  return toSitemap(ctx.settings, [
    ...posts.map(asPage('post')),
    ...projects.map(asPage('project')),
    ...products.map(asPage('product')),
  ])
}

async function readPart(
  ctx: Context,
  { type, number }: { type: Thing; number: number },
): Promise<string | null> {
  const [rows, [highest]] = await ctx.db.batch([
    BETWEEN[type](ctx, (number - 1) * PART + 1, number * PART),
    highestIds(ctx),
  ])
  if (number > partOf(highest?.[type] ?? 0)) return null
  return toSitemap(ctx.settings, rows.map(asPage(type)))
}

const highestIds = ({ db }: Context) =>
  db
    .select({
      post: HIGHEST.post.as('post'),
      project: HIGHEST.project.as('project'),
      product: HIGHEST.product.as('product'),
    })
    .from(sql`(select 1)`)

/** Where the parts of a kind are, up to the one with that id. */
const partsTo = ({ settings }: Context, type: Thing, id: number): string[] =>
  Array.from(
    { length: partOf(id) },
    (_, index) => `${settings.API_ORIGIN}/sitemap.xml?part=${type}-${index + 1}`,
  )

type Row = { id: number; slug: string; publishedAt: number | null; updatedAt: number }

const asPage = (type: Thing) => (row: Row) => ({ ...row, type, ...timesOf(row) })
