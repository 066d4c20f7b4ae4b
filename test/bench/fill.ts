import { fillOrders } from './fill-orders.ts'
import { fillShop } from './fill-shop.ts'

/** What stands in every post, and in one of fifty. */
export const COMMON = 'sample'
export const RARE = 'seldom'
/** What stands in so many posts, however many there are. */
export const FEW = 'scarce'
const IN_FEW = 20

const TEXTS = 500
const CHUNK = 5000
const TAGS = 20
/** The tag of the five oldest posts alone. */
export const RARE_TAG = `Tag ${TAGS + 1}`
const PROJECTS_PER_POST = 0.01
const FEWEST_PROJECTS = 50
/** When the newest was published; each other a minute before the next. */
const NEWEST = Date.UTC(2026, 0, 1)

/** When the post in the middle of so many was published. */
export const middle = (posts: number): string =>
  new Date(NEWEST - Math.floor(posts / 2) * 60_000).toISOString()

/** Fills an empty database with so many posts, each with 10 comments, 3 images and 3 tags, and a shop. */
export async function fill(db: D1Database, posts: number): Promise<void> {
  const projects = Math.max(FEWEST_PROJECTS, posts * PROJECTS_PER_POST)
  await db
    .prepare(
      `with recursive n(i) as (select 1 union all select i + 1 from n where i <= ${TAGS})
       insert into tags (id, name, key) select i, 'Tag ' || i, 'tag ' || i from n`,
    )
    .run()
  await db.prepare("update users set username = 'ann', username_key = 'ann'").run()
  await db
    .prepare(
      `insert into profiles (user_id, name, render_version, links, skills, experience, education,
         certifications, achievements, created_at, updated_at)
       select id, 'Ann', 1, '{}', '[]', '[]', '[]', '[]', '[]', 1, 1 from users`,
    )
    .run()
  const texts = JSON.stringify(Array.from({ length: TEXTS }, (_, index) => textOf(index)))
  for (const [table, count] of [
    ['posts', posts],
    ['projects', projects],
  ] as const) {
    for (let from = 1; from <= count; from += CHUNK) {
      const to = Math.min(count, from + CHUNK - 1)
      await db
        .prepare(things(table, from, to, count))
        .bind(texts)
        .run()
      await db.batch(belongings(table, from, to).map((sql) => db.prepare(sql)))
      if (await hasComments(db)) await db.prepare(comments(table, from, to)).run()
    }
  }
  await fillShop(db, posts)
  await fillOrders(db, posts)
}

function things(table: 'posts' | 'projects', from: number, to: number, count: number): string {
  const few = `i % ${Math.ceil(count / IN_FEW)} = 0`
  const [own, values] =
    table === 'posts'
      ? ['excerpt, reading_minutes, author_id', "'About it.', 1, (select min(id) from users)"]
      : ['summary, position, featured', "'About it.', i, i % 50 = 3"]
  return `with recursive
      n(i) as (select ${from} union all select i + 1 from n where i < ${to}),
      t(k, text) as materialized (select key, value from json_each(?1))
    insert into ${table} (slug, title, ${own}, content, content_html, render_version, status,
      published_at, search, created_at, updated_at)
    select 'thing-' || i, 'A ${COMMON} ' || i || iif(i % 50 = 3, ' ${RARE}', '')
        || iif(${table === 'posts' ? few : 'false'}, ' ${FEW}', ''), ${values},
      text, '<p>' || text || '</p>', 1, 'published', ${NEWEST} - (${count} - i) * 60000,
      '${COMMON} ' || i, 1, 1
    from n join t on t.k = i % ${TEXTS}`
}

function belongings(table: 'posts' | 'projects', from: number, to: number): string[] {
  const type = table === 'posts' ? 'post' : 'project'
  const rows = `from ${table} t, json_each('[1, 2, 3]') n where t.id between ${from} and ${to}`
  return [
    `insert into slugs (entity_type, slug, entity_id, created_at)
     select '${type}', slug, id, 1 from ${table} where id between ${from} and ${to}`,
    `insert into images (key, status, entity_type, entity_id, content_type, byte_size, width, height, created_at, updated_at)
     select '${type}-' || t.id || '-' || n.value, 'ready', '${type}', t.id, 'image/png', 1000, 40, 30, 1, 1 ${rows}`,
    ...(table === 'posts'
      ? [
          `insert into post_tags (post_id, tag_id, position)
           select t.id, 1 + (t.id + n.value * 61) % ${TAGS}, n.value ${rows}`,
          `insert into post_tags (post_id, tag_id, position)
           select id, ${TAGS} + 1, 4 from posts where id <= 5 and id between ${from} and ${to}`,
        ]
      : []),
  ]
}

const comments = (table: 'posts' | 'projects', from: number, to: number): string =>
  `with recursive n(i) as (select 1 union all select i + 1 from n where i < 10)
   insert into comments (key, entity_type, entity_id, name, content, status, search, created_at)
   select '${table}-' || t.id || '-' || i, '${table === 'posts' ? 'post' : 'project'}', t.id, 'Ann',
     'Words about it.', 'approved', 'words about it.', 1
   from ${table} t, n where t.id between ${from} and ${to}`

/** How many rows of each there are, in words. */
export async function countOf(db: D1Database): Promise<string> {
  const tables = [
    'posts',
    'products',
    'variants',
    'orders',
    'images',
    'search_docs',
    ...((await hasComments(db)) ? ['comments'] : []),
  ]
  const counts = tables.map((table) => `(select count(*) from ${table}) as ${table}`)
  const row = await db.prepare(`select ${counts.join(', ')}`).first()
  return Object.entries(row ?? {})
    .map(([table, count]) => `${count} ${table}`)
    .join(', ')
}

/** They come with a later migration. */
const hasComments = async (db: D1Database): Promise<boolean> =>
  (await db.prepare("select 1 from sqlite_master where name = 'comments'").first()) !== null

/** Some 150 words of a vocabulary in which few are common. */
function textOf(index: number): string {
  const words = [COMMON]
  for (let i = 0, seed = index + 1; i < 150; i++) {
    seed = (seed * 48271) % 2147483647
    words.push(`w${Math.floor((seed / 2147483647) ** 3 * 3000)}`)
  }
  return words.join(' ')
}
