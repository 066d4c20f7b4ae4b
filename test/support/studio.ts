import { env } from 'cloudflare:workers'
import { form } from './media.ts'
import { png } from './pictures.ts'
import type { World } from './world.ts'

/** What is in all things of the studio, in one of fifty, and in none. */
export const WORDS = ['sample', 'rare 3', 'nowhere']
const [COMMON] = WORDS

const OWNERS = [
  ['post', 'posts'],
  ['project', 'projects'],
  ['profile', 'profiles'],
] as const

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
  // One whose file is there.
  await world.as('admin').post('/api/v1/images', { raw: form(png()) })
}

async function made(world: World, method: string, path: string, body: object): Promise<void> {
  const response = await world.request(method, `/api/v1/${path}`, 'admin', { body })
  if (response.status !== 201) throw new Error(`${path} ${await response.text()}`)
}
