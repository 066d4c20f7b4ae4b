import { describe, it } from 'vitest'
import { createApp } from '../../src/app.ts'
import { GENEROUS } from '../support/accounts.ts'
import { newWorld, type World } from '../support/world.ts'

const { operations } = createApp()
const CANARY = 'Zanzibarium'
const SURFACES = operations.filter((one) => one.policy === 'anyone' && one.method === 'GET')
const FUTURE = '2027-01-01T00:00:00.000Z'

type Made = { id: number; slug: string; type: 'posts' | 'projects' | 'products' }

/** Posts, projects and products that nobody but an admin may see, each by another way. */
async function hide(world: World): Promise<Made[]> {
  const admin = world.as('admin')
  const text = { content: `About ${CANARY}.` }
  const make = async (type: Made['type'], body: object): Promise<Made> => {
    const about = type === 'products' ? { description: text.content } : text
    const response = await admin.post(`/api/v1/${type}`, { body: { ...about, ...body } })
    const { id, slug } = await response.json<Made>()
    return { id, slug, type }
  }
  const post = (name: string, more: object) =>
    make('posts', { title: `${CANARY} ${name}`, tags: [CANARY], ...more })
  const project = (name: string, more: object) =>
    make('projects', {
      title: `${CANARY} ${name}`,
      summary: CANARY,
      technologies: [CANARY],
      ...more,
    })
  const withdrawn = await post('withdrawn', { status: 'published' })
  const gone = await project('withdrawn', { status: 'published' })
  for (const { id, type } of [withdrawn, gone]) {
    const comment = { name: CANARY, email: 'ann@example.org', content: CANARY }
    await world.as('anonymous').post(`/api/v1/${type}/${id}/comments`, { body: comment })
    const [{ id: written } = {}] = (await world.rows('comments')).toReversed()
    await admin.patch(`/api/v1/comments/${written}`, { body: { status: 'approved' } })
    // Seen, found and fed before it goes.
    for (const path of [`/api/v1/${type}`, `/api/v1/${type}/${id}`, '/feed.xml', '/api/v1/tags']) {
      await world.as('anonymous').get(path)
    }
    await admin.patch(`/api/v1/${type}/${id}`, { body: { title: `${CANARY} renamed ${type}` } })
    await admin.patch(`/api/v1/${type}/${id}`, { body: { status: 'draft' } })
  }
  const product = (name: string, status: string) =>
    make('products', {
      name: `${CANARY} ${name}`,
      attributes: { Made: CANARY },
      status,
      variants: [
        {
          sku: name.toUpperCase(),
          title: CANARY,
          price: { amount: 5, currency: 'usd' },
          on_hand: 9,
        },
      ],
    })
  const archived = await product('archived', 'active')
  for (const path of ['/api/v1/products', `/api/v1/products/${archived.id}`, '/sitemap.xml']) {
    await world.as('anonymous').get(path)
  }
  await admin.patch(`/api/v1/products/${archived.id}`, { body: { name: `${CANARY} put away` } })
  await admin.patch(`/api/v1/products/${archived.id}`, { body: { status: 'archived' } })
  return [
    withdrawn,
    gone,
    archived,
    await product('draft', 'draft'),
    await post('draft', {}),
    await post('to come', { status: 'scheduled', publish_at: FUTURE }),
    await project('draft', {}),
  ]
}

/** The addresses of an operation that could lead to a hidden thing. */
const addressesOf = (path: string, hidden: Made[]): string[] => {
  if (path === '/api/v1/search') return [`${path}?q=${CANARY}`, `${path}?q=zanz`]
  if (path === '/api/v1/products') {
    const queries = [`q=${CANARY}`, 'sort=name', 'sort=-price', 'in_stock=true', 'price_max=9']
    return [path, ...queries.map((query) => `${path}?${query}`)]
  }
  if (!path.includes(':'))
    return [path, ...(path === '/api/v1/posts' ? [`${path}?tag=${CANARY}`] : [])]
  return hidden.flatMap(({ id, slug }) =>
    [id, slug].map((name) => path.replace(/:\w+(\{[^}]*\})?/, String(name))),
  )
}

describe('what is a draft, withdrawn, archived or to come', () => {
  it('is on no surface that anybody may read', async ({ expect }) => {
    const world = await newWorld(GENEROUS)
    await world.as('admin').post('/api/v1/posts', {
      body: { title: 'Seen', content: 'By all.', status: 'published' },
    })
    const hidden = await hide(world)
    expect(hidden).toHaveLength(7)
    expect(SURFACES.length).toBeGreaterThanOrEqual(12)
    for (const { path } of SURFACES) {
      for (const address of addressesOf(path, hidden)) {
        const response = await world.as('anonymous').get(address)
        const shown = (await response.text()).toLowerCase()
        // A refusal names the address that was asked for.
        const answer = shown.replaceAll(address.toLowerCase(), '')
        expect(answer, address).not.toContain(CANARY.toLowerCase())
        expect(response.headers.get('location') ?? '', address).not.toContain('zanz')
      }
    }
    expect(SURFACES.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        '/feed.xml',
        '/atom.xml',
        '/feed.json',
        '/sitemap.xml',
        '/api/v1/search',
      ]),
    )
  })

  it('takes no comment and no reaction', async ({ expect }) => {
    const world = await newWorld(GENEROUS)
    for (const { id, type } of await hide(world)) {
      const comment = { name: 'Ann', email: 'ann@example.org', content: 'Hello' }
      const statuses = await Promise.all([
        world.as('anonymous').post(`/api/v1/${type}/${id}/comments`, { body: comment }),
        world.as('anonymous').put(`/api/v1/${type}/${id}/reaction`, { body: { type: 'like' } }),
        world.as('anonymous').get(`/api/v1/${type}/${id}/comments`),
        world.as('anonymous').get(`/api/v1/${type}/${id}/reactions`),
      ])
      expect(statuses.map(({ status }) => status)).toEqual([404, 404, 404, 404])
    }
  })

  it('mails no subscriber', async ({ expect }) => {
    const world = await newWorld(GENEROUS)
    await hide(world)
    await world.runCron('* * * * *')
    const kinds = (await world.rows('outbox')).map((row) => String(row.kind))
    expect(kinds.filter((kind) => kind.startsWith('newsletter'))).toEqual([])
  })
})
