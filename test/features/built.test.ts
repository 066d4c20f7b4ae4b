import { env } from 'cloudflare:workers'
import { sql } from 'drizzle-orm'
import { beforeEach, describe, it } from 'vitest'
import { statements } from '#statements'
import { wantedOf } from '../../src/core/search-words.ts'
import { writeAll } from '../../src/db/built.ts'
import { type Db, openDb } from '../../src/db/client.ts'
import { findSession } from '../../src/features/auth/session-repo.ts'
import { findShownCategory, listCategories } from '../../src/features/catalog/category-repo.ts'
import { findShown as findShownProduct, listProducts } from '../../src/features/catalog/repo.ts'
import { listOffers } from '../../src/features/catalog/stock-repo.ts'
import { findForCart } from '../../src/features/discounts/hold-repo.ts'
import { findLimit } from '../../src/features/limits/repo.ts'
import { findShown as findShownPost, listPosts, listTags } from '../../src/features/posts/repo.ts'
import { findShown as findShownProject, listProjects } from '../../src/features/projects/repo.ts'
import { findDocs } from '../../src/features/search/repo.ts'
import { PROJECTS, write } from '../support/content.ts'
import { newDiscount } from '../support/discounts.ts'
import { newCategory, newProduct, variant } from '../support/shop.ts'
import { newWorld, type World } from '../support/world.ts'

let world: World
beforeEach(async () => {
  world = await newWorld()
})

/** What each says when it is built once and when it is built each time. */
async function compare(reads: Record<string, (db: Db) => PromiseLike<unknown[]>>) {
  const plain = openDb(env.DB, { builds: 'each time' })
  const db = openDb(env.DB)
  const said: Record<string, { once: unknown[][]; eachTime: unknown[][] }> = {}
  for (const [name, read] of Object.entries(reads)) {
    const eachTime = await read(plain)
    said[name] = { once: [await read(db), await read(db)], eachTime: [eachTime, eachTime] }
  }
  return said
}

describe('a statement that is built once', () => {
  it('says what it says when it is built each time', async ({ expect }) => {
    for (let i = 0; i < 3; i++) {
      const title = `Number ${i}`
      await write(world, { title, tags: ['a', `b${i}`] })
      await write(world, { title, technologies: ['a', `b${i}`], featured: i === 1 }, PROJECTS)
    }
    const ann = await world.person({})
    const now = Date.now() + 1000
    const words = { tag: '', q: '', technology: '' }
    const [one] = await world.rows('posts')
    const said = await compare({
      posts: (db) => listPosts(db, { limit: 20 }, words, now),
      projects: (db) => listProjects(db, { limit: 20 }, words),
      'projects by position': (db) => listProjects(db, { limit: 20, sort: 'position' }, words),
      'a post by slug': (db) => findShownPost(db, { slug: 'number-1' }, now),
      'a post by id': (db) => findShownPost(db, { id: Number(one?.id) }, now),
      'a project': (db) => findShownProject(db, { slug: 'number-1' }),
      tags: (db) => listTags(db, 20),
      'a search': (db) => findDocs(db, wantedOf(['numb']), now, 20),
      'a search of posts': (db) => findDocs(db, wantedOf(['number'], 'post'), now, 20),
      'a session': (db) => findSession(db, { sessionUid: ann.sessionId, userUid: ann.id, now }),
    })
    for (const [name, { once, eachTime }] of Object.entries(said)) {
      expect(eachTime[0]?.length, name).toBeGreaterThan(0)
      expect(once, name).toEqual(eachTime)
    }
  })

  it('says the same of a shop', async ({ expect }) => {
    const { id: kind } = await newCategory(world, { name: 'Cups' })
    for (const name of ['Bowl', 'Cup', 'Dish']) {
      const variants = [
        variant({ sku: `${name}-1`, price: { amount: name.length, currency: 'usd' } }),
      ]
      await newProduct(world, { name, status: 'active', category_ids: [kind], variants })
    }
    const code = await newDiscount(world, { code: 'SPRING' })
    const ids = (await world.rows('variants')).map(({ id }) => Number(id))
    const [cup] = await world.rows('products')
    const [limit] = await world.rows('rate_limits')
    const email = 'ann@example.org'
    const nobody = { userId: null, email: null, emailKey: null }
    const list = { limit: 20 }
    const said = await compare({
      newest: (db) => listProducts(db, list, ''),
      cheapest: (db) => listProducts(db, { ...list, sort: 'price' }, ''),
      dearest: (db) => listProducts(db, { ...list, sort: '-price' }, ''),
      'by name': (db) => listProducts(db, { ...list, sort: 'name' }, ''),
      'a product by slug': (db) => findShownProduct(db, { slug: 'cup' }),
      'a product by id': (db) => findShownProduct(db, { id: Number(cup?.id) }),
      categories: (db) => listCategories(db, 20),
      'a category by slug': (db) => findShownCategory(db, { slug: 'cups' }),
      'a category by id': (db) => findShownCategory(db, { id: kind }),
      offers: (db) => listOffers(db, ids.slice(1)),
      'a code for nobody': (db) => findForCart(db, code.code, ids, nobody),
      'a code': (db) => findForCart(db, code.code, [], { userId: 1, email, emailKey: 'key' }),
      'a limit': (db) => findLimit(db, { key: String(limit?.key) }),
    })
    for (const [name, { once, eachTime }] of Object.entries(said)) {
      expect(eachTime[0]?.length, name).toBeGreaterThan(0)
      expect(once, name).toEqual(eachTime)
    }
  })

  it('is written by the build as it is built', ({ expect }) => {
    const built = writeAll()
    expect(Object.keys(built).length).toBeGreaterThan(15)
    // Otherwise `npm run build` has not been run since.
    expect(statements).toEqual(built)
  })

  it('needs all of its values', ({ expect }) => {
    const db = openDb(env.DB)
    expect(() => findLimit(db, {} as { key: string })).toThrow('No value for key')
  })

  it('stands in a batch as any other', async ({ expect }) => {
    await write(world, { title: 'One' })
    const db = openDb(env.DB)
    const words = { tag: '', q: '' }
    const list = () => listPosts(db, { limit: 20 }, words, Date.now() + 1000)
    const [first, one, second] = await db.batch([list(), db.run(sql`select 1`), list()])
    expect(first).toHaveLength(1)
    expect(second).toEqual(first)
    expect(one).toBeDefined()
    expect(db.meter.calls).toBe(1)
  })
})
