import { beforeEach, describe, it } from 'vitest'
import { GENEROUS, inParallel } from '../support/accounts.ts'
import { refusesBadInput } from '../support/bad-input.ts'
import { detailOf, listOf, walk } from '../support/content.ts'
import {
  CATEGORIES,
  type Category,
  newCategory,
  newProduct,
  outOfStep,
  PRODUCTS,
  type Product,
} from '../support/shop.ts'
import { newWorld, type World } from '../support/world.ts'

let world: World
beforeEach(async () => {
  world = await newWorld(GENEROUS)
})

const change = (id: number, body: object, headers = {}) =>
  world.as('admin').patch(`${CATEGORIES}/${id}`, { body, headers })
const remove = (id: number, headers = {}) =>
  world.as('admin').delete(`${CATEGORIES}/${id}`, { headers })

describe('a category', () => {
  it('is made, read, renamed and deleted; its products stay', async ({ expect }) => {
    const body = { name: 'Schalen & Töpfe', description: 'Round.\n\nAnd deep.' }
    const answer = await world.as('admin').post(CATEGORIES, { body })
    const made = await answer.json<Category>()
    const path = `${CATEGORIES}/${made.id}`
    expect([answer.status, answer.headers.get('location')]).toEqual([201, path])
    expect(made).toEqual({ ...body, id: made.id, slug: 'schalen-and-toepfe', product_count: 0 })
    const product = await newProduct(world, { category_ids: [made.id] })
    for (const name of [made.id, made.slug]) {
      expect(await detailOf(world, CATEGORIES, name)).toEqual({ ...made, product_count: 1 })
    }
    const shown = async () =>
      ((await detailOf<Product>(world, PRODUCTS, product.id)) as Product).categories
    expect(await shown()).toMatchObject([{ name: 'Schalen & Töpfe' }])
    world.pass(1)
    const changed = await change(made.id, { name: 'Bowls' })
    expect([changed.headers.get('etag'), await changed.json()]).toEqual([
      '"2"',
      { ...made, name: 'Bowls', slug: 'bowls', product_count: 1 },
    ])
    expect((await change(made.id, { name: 'Bowls' })).headers.get('etag')).toBe('"2"')
    expect(await shown()).toMatchObject([{ name: 'Bowls', slug: 'bowls' }])
    const old = await world.as('anonymous').get(`${CATEGORIES}/${made.slug}`)
    expect([old.status, old.headers.get('location')]).toEqual([301, `${CATEGORIES}/bowls`])
    expect((await listOf(world, PRODUCTS, `?category=${made.slug}`)).data).toHaveLength(1)
    world.pass(1)
    expect((await remove(made.id)).status).toBe(204)
    expect((await remove(made.id)).status).toBe(404)
    expect(await detailOf(world, CATEGORIES, 'bowls')).toBe(404)
    expect(await shown()).toEqual([])
    expect(await world.count('product_categories')).toBe(0)
    const actions = (await world.rows('audit_log')).map(({ action }) => action)
    expect(actions).toEqual([
      'category.create',
      'product.create',
      'category.update',
      'category.delete',
    ])
  })

  it('counts its active products, whatever happens to them', async ({ expect }) => {
    const [one, other] = [await newCategory(world), await newCategory(world, { name: 'Gifts' })]
    const counts = async () => {
      expect(await outOfStep()).toEqual([])
      const { data } = await listOf<Category>(world, CATEGORIES)
      return data.map(({ product_count }) => product_count)
    }
    const body = { category_ids: [one.id, other.id] }
    const product = await newProduct(world, body)
    const draft = await newProduct(world, { ...body, status: 'draft' })
    expect(await counts()).toEqual([1, 1])
    const patch = (id: number, wish: object) =>
      world.as('admin').patch(`${PRODUCTS}/${id}`, { body: wish })
    await patch(draft.id, { status: 'active' })
    expect(await counts()).toEqual([2, 2])
    await patch(product.id, { status: 'archived', category_ids: [other.id] })
    expect(await counts()).toEqual([1, 1])
    await patch(product.id, { status: 'active' })
    expect(await counts()).toEqual([1, 2])
    await patch(draft.id, { category_ids: [] })
    expect(await counts()).toEqual([0, 1])
    await world.as('admin').delete(`${PRODUCTS}/${product.id}`)
    expect(await counts()).toEqual([0, 0])
  })

  it('stands in a list by name, page by page', async ({ expect }) => {
    const names = ['zinc', 'Äpfel', 'apple', 'Zinc', 'b', '陶', 'B']
    for (const name of names) await newCategory(world, { name })
    for (const limit of [1, 2, 5, 100]) {
      const found = await walk<Category>(world, CATEGORIES, `limit=${limit}`)
      expect(found.map(({ name }) => name)).toEqual([
        'Äpfel',
        'apple',
        'b',
        'B',
        'zinc',
        'Zinc',
        '陶',
      ])
    }
  })

  it('is changed by one of those who read the same state', async ({ expect }) => {
    const { id } = await newCategory(world)
    const headers = { 'if-match': '"1"' }
    const race = (index: number) => change(id, { name: `C${index}` }, headers)
    expect(await inParallel(10, race)).toEqual({ 200: 1, 412: 9 })
    expect((await remove(id, headers)).status).toBe(412)
    expect((await remove(id, { 'if-match': '"2"' })).status).toBe(204)
  })

  it('has an address of its own and is made once under one key', async ({ expect }) => {
    const taken = await newCategory(world, { slug: 'same' })
    const make = (body: object, headers = {}) =>
      world.as('admin').post(CATEGORIES, { body, headers })
    expect((await make({ name: 'x', slug: 'same' })).status).toBe(409)
    const other = await newCategory(world)
    expect((await change(other.id, { slug: 'same' })).status).toBe(409)
    // Products have addresses of their own.
    expect((await newProduct(world, { slug: 'same' })).slug).toBe('same')
    const post = () => make({ name: 'Once', slug: 'once' }, { 'idempotency-key': 'k' })
    expect(await inParallel(5, post)).toEqual({ 201: 5 })
    expect(await world.count('categories')).toBe(3)
    expect(taken.id).not.toBe(other.id)
  })

  it('is not made or changed by bad input', async ({ expect }) => {
    const { id } = await newCategory(world)
    const state = async () => [await world.rows('categories'), await world.rows('slugs')]
    const valid = { name: 'A name', description: 'Words' }
    const route = { method: 'POST', path: CATEGORIES, caller: 'admin' as const, valid }
    await refusesBadInput(
      expect,
      world,
      { ...route, valid: { name: 'A name' }, texts: ['name'] },
      state,
    )
    const before = await state()
    for (const body of [
      { name: '' },
      { name: 'x'.repeat(101) },
      { name: '\u0301' },
      { description: 'x'.repeat(2001) },
      { slug: '5' },
      { slug: 'Two Words' },
      { product_count: 3 },
    ]) {
      expect((await change(id, body)).status, JSON.stringify(body)).toBe(422)
    }
    expect(await state()).toEqual(before)
  })
})
