import { env } from 'cloudflare:workers'
import { form } from './media.ts'
import { newOrder, newVariant, ORDER_TOKEN, type Variant } from './orders.ts'
import { png } from './pictures.ts'
import { paid, tell } from './stripe-events.ts'
import type { World } from './world.ts'

/** What is in all things of the studio, in one of fifty, and in none. */
export const WORDS = ['sample', 'rare 3', 'nowhere']
const [COMMON] = WORDS

const OWNERS = [
  ['post', 'posts'],
  ['project', 'projects'],
  ['profile', 'profiles'],
  ['product', 'products'],
] as const

const TALKED_OF = [
  ['post', 'posts'],
  ['project', 'projects'],
] as const

const LIKED = [...TALKED_OF, ['product', 'products']] as const

/** Makes `times` of everything that visitors see, each with what belongs to it. */
export async function fillStudio(world: World, times: number): Promise<void> {
  const now = Date.now()
  const content = 'Words about it.'
  for (let i = 0; i < times; i++) {
    const title = `${COMMON} ${i}`
    // Two things are never published at once.
    world.pass(1000)
    const names = [COMMON, `Rare ${i % 50}`, `Own ${now} ${i}`]
    const publish_at = new Date(now - (i + 1) * 60_000).toISOString()
    const status = 'published'
    await made(world, 'POST', 'posts', { title, content, tags: names, status, publish_at })
    const featured = i % 50 === 3
    await made(world, 'POST', 'projects', {
      title,
      content,
      technologies: names,
      status,
      featured,
      position: i,
    })
    await made(world, 'POST', 'categories', { name: i % 10 === 0 ? `${COMMON} ${i}` : title })
    const [{ id: category } = {}] = (await world.rows('categories')).slice(-1)
    const variants = [0, 1].map((size) => ({
      sku: `S-${now}-${i}-${size}`,
      price: { amount: 1000 + i, currency: 'usd' },
      options: { Size: `${size}` },
      on_hand: i % 50 === 3 ? 0 : 5,
    }))
    await made(world, 'POST', 'products', {
      name: title,
      description: content,
      attributes: { Names: names },
      category_ids: [category],
      status: 'active',
      variants,
    })
    const { username } = await world.person()
    await made(world, 'PUT', `profiles/${username}`, { name: title })
  }
  for (const [index, [type, table]] of OWNERS.entries()) {
    await env.DB.batch([
      env.DB.prepare(
        `insert into images (key, status, entity_type, entity_id, content_type, byte_size, width, height, created_at, updated_at)
         select printf('%08x-0000-7000-8000-%012x.png', ${index}, 2 * t.id + n.value), 'ready', '${type}', t.id, 'image/png', 1000, 40, 30, 1, 1
         from ${table} t, json_each('[1, 2]') n
         where not exists (select 1 from images where entity_type = '${type}' and entity_id = t.id)`,
      ),
      env.DB.prepare(
        `insert into videos (entity_type, entity_id, title, url, source, external_id, created_at, updated_at)
         select '${type}', id, 'Film', 'https://youtu.be/a', 'youtube', 'a', 1, 1 from ${table} t
         where not exists (select 1 from videos where entity_type = '${type}' and entity_id = t.id)`,
      ),
    ])
  }
  await env.DB.prepare(
    `insert into images (key, status, entity_type, entity_id, content_type, byte_size, width, height, created_at, updated_at)
     select 'variant-' || v.id, 'ready', 'variant', v.id, 'image/png', 1000, 40, 30, 1, 1 from variants v
     where not exists (select 1 from images where entity_type = 'variant' and entity_id = v.id)`,
  ).run()
  // One whose file is there.
  await world.as('admin').post('/api/v1/images', { raw: form(png()) })
  await sell(world, times)
  for (const [type, table] of TALKED_OF) await letTalk(type, table, times)
  for (const [type, table] of LIKED) {
    await env.DB.prepare(
      `insert or ignore into reactions (entity_type, entity_id, person, type, created_at)
       select '${type}', t.id, 'visitor:' || n.value, 'love', 1 from ${table} t, json_each('[1, 2, 3]') n`,
    ).run()
  }
}

/** Orders that are paid, each of ten lines that are not sold any more; the token of the first is known. */
async function sell(world: World, times: number): Promise<void> {
  const lines = await Promise.all(
    Array.from({ length: 10 }, async () => ({ variant: await newVariant(times) })),
  )
  const [{ variant }] = lines as [{ variant: Variant }]
  for (let i = 0; i < times; i++) {
    const isFirst = (await world.count('orders')) === 0
    const order = await newOrder(world, variant, { lines, ...(isFirst && { token: ORDER_TOKEN }) })
    await tell(world, paid(order))
  }
  await env.DB.prepare("update products set status = 'archived' where slug like 'cup-%'").run()
}

/** One comment on each, `times` more on the first; replies in all states. */
async function letTalk(type: string, table: string, times: number): Promise<void> {
  const numbers = JSON.stringify(Array.from({ length: times }, (_, index) => index))
  const columns =
    'key, entity_type, entity_id, parent_id, name, content, status, search, created_at'
  await env.DB.batch([
    env.DB.prepare(
      `insert into comments (${columns})
       select hex(randomblob(8)), '${type}', t.id, null, 'Ann', 'Fine.', 'approved', 'ann', 1
       from ${table} t, json_each('${numbers}') n
       where t.id = (select min(id) from ${table}) or (n.value = 0 and not exists (
         select 1 from comments where entity_type = '${type}' and entity_id = t.id))`,
    ),
    env.DB.prepare(
      `insert into comments (${columns})
       select hex(randomblob(8)), '${type}', c.entity_id, c.id, 'Ben', 'Yes.', s.value, 'ben', 2
       from comments c, json_each('["approved", "approved", "pending", "spam"]') s
       where c.entity_type = '${type}' and c.parent_id is null
         and not exists (select 1 from comments r where r.parent_id = c.id)`,
    ),
  ])
}

async function made(world: World, method: string, path: string, body: object): Promise<void> {
  const response = await world.request(method, `/api/v1/${path}`, 'admin', { body })
  if (response.status !== 201) throw new Error(`${path} ${await response.text()}`)
}
