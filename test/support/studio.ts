import { env } from 'cloudflare:workers'
import type { World } from './world.ts'

/** What is in all things of the studio, in one of fifty, and in none. */
export const WORDS = ['sample', 'rare 3', 'nowhere']
const [COMMON] = WORDS

/** Makes `times` of everything that visitors see, each with what belongs to it. */
export async function fillStudio(world: World, times: number): Promise<void> {
  const admin = world.as('admin')
  const now = Date.now()
  for (let i = 0; i < times; i++) {
    const { status } = await admin.post('/api/v1/posts', {
      body: {
        title: `${COMMON} ${i}`,
        content: `The ${i}th of them.`,
        tags: [COMMON, `Rare ${i % 50}`],
        status: 'published',
        publish_at: new Date(now - (i + 1) * 60_000).toISOString(),
      },
    })
    if (status !== 201) throw new Error(`A post answers ${status}`)
  }
  for (const [type, table] of [['post', 'posts']] as const) {
    await env.DB.batch([
      env.DB.prepare(
        `insert into images (key, status, entity_type, entity_id, content_type, byte_size, width, height, created_at, updated_at)
         select '${type}-' || t.id || '-' || n.value, 'ready', '${type}', t.id, 'image/png', 1000, 40, 30, 1, 1
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
}
