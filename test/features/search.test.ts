import { env } from 'cloudflare:workers'
import { beforeEach, describe, it } from 'vitest'
import { GENEROUS } from '../support/accounts.ts'
import { POSTS, PROJECTS, write } from '../support/content.ts'
import { newWorld, type World } from '../support/world.ts'

const SEARCH = '/api/v1/search'
type Hit = { type: string; id: number; slug: string; title: string; snippet: string; score: number }

let world: World
beforeEach(async () => {
  world = await newWorld(GENEROUS)
})

const ask = (q: string, more = '') =>
  world.as('anonymous').get(`${SEARCH}?q=${encodeURIComponent(q)}${more}`)

async function hits(q: string, more = ''): Promise<Hit[]> {
  const response = await ask(q, more)
  if (response.status !== 200) throw new Error(await response.text())
  return (await response.json<{ data: Hit[] }>()).data
}
const titles = async (q: string, more = '') => (await hits(q, more)).map(({ title }) => title)

describe('a search', () => {
  it('finds posts and projects by words of their title and text', async ({ expect }) => {
    const post = await write(world, { title: 'Tea bowls', content: 'Thrown in **stoneware**.' })
    await write(world, { title: 'A kiln', content: 'Stoneware comes out of it.' }, PROJECTS)
    expect(await hits('stoneware bowl')).toEqual([
      {
        type: 'post',
        id: post.id,
        slug: 'tea-bowls',
        title: 'Tea bowls',
        snippet: 'Thrown in <mark>stoneware</mark>. Thrown in <mark>stoneware</mark>.',
        score: expect.any(Number),
      },
    ])
    expect(await titles('stoneware')).toHaveLength(2)
    expect(await titles('stoneware', '&type=project')).toEqual(['A kiln'])
    expect(await titles('stone kiln')).toEqual([])
  })
})
void env
void POSTS
