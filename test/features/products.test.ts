import { beforeEach, describe, it } from 'vitest'
import { ProductView } from '../../src/features/catalog/schemas.ts'
import { GENEROUS, inParallel } from '../support/accounts.ts'
import { refusesBadInput } from '../support/bad-input.ts'
import { detailOf, listOf } from '../support/content.ts'
import {
  newCategory,
  newProduct,
  order,
  outOfStep,
  PRODUCTS,
  type Product,
  usd,
  VARIANTS,
  variant,
} from '../support/shop.ts'
import { newWorld, type World } from '../support/world.ts'

const NOW = '2026-05-04T09:30:00.000Z'

let world: World
beforeEach(async () => {
  world = await newWorld(GENEROUS)
})

const change = (id: number, body: object, headers = {}) =>
  world.as('admin').patch(`${PRODUCTS}/${id}`, { body, headers })
const remove = (id: number, headers = {}) =>
  world.as('admin').delete(`${PRODUCTS}/${id}`, { headers })
const actions = async () => (await world.rows('audit_log')).map(({ action }) => action)
const errorsOf = async (response: Response) => {
  const { errors } = await response.json<{ errors: { path: string; code: string }[] }>()
  return errors.map(({ path, code }) => `${path} ${code}`)
}

describe('a product', () => {
  it('is made in one call with variants and categories, read, changed, deleted', async ({
    expect,
  }) => {
    const bowls = await newCategory(world)
    const gifts = await newCategory(world, { name: 'Gifts', description: 'Wrapped.' })
    const body = {
      name: 'Tea bowl',
      description: 'A **bowl**.',
      attributes: { Glaze: 'Ash', Ingredients: ['Clay', 'Feldspar'] },
      status: 'active',
      category_ids: [gifts.id, bowls.id],
      variants: [
        {
          sku: 'TB-S',
          price: usd(3200),
          compare_at: usd(4000),
          options: { Size: 'small', Colour: 'green' },
          weight_grams: 240,
          on_hand: 3,
          low_stock_at: 2,
        },
        { sku: 'TB-L', title: 'Large', price: usd(4800), status: 'archived' },
        { sku: 'TB-M', price: usd(4100), options: { Size: 'medium' } },
      ],
    }
    const answer = await world.as('admin').post(PRODUCTS, { body })
    const product = await answer.json<Product>()
    const path = `${PRODUCTS}/${product.id}`
    expect([answer.status, answer.headers.get('location')]).toEqual([201, path])
    const small = {
      id: expect.any(Number),
      product_id: product.id,
      sku: 'TB-S',
      title: 'small / green',
      options: { Size: 'small', Colour: 'green' },
      price: usd(3200),
      compare_at: usd(4000),
      available: 3,
      weight_grams: 240,
      position: 0,
      status: 'active',
      images: [],
    }
    const plain = { options: {}, compare_at: null, available: 0, weight_grams: null }
    const stock = { on_hand: 0, reserved: 0, low_stock_at: null }
    const large = {
      ...small,
      ...plain,
      sku: 'TB-L',
      title: 'Large',
      price: usd(4800),
      position: 1,
      status: 'archived',
    }
    const medium = {
      ...small,
      ...plain,
      sku: 'TB-M',
      title: 'medium',
      options: { Size: 'medium' },
      price: usd(4100),
      position: 2,
    }
    const shown = {
      id: product.id,
      slug: 'tea-bowl',
      name: 'Tea bowl',
      description: 'A **bowl**.',
      description_html: '<p>A <strong>bowl</strong>.</p>\n',
      attributes: body.attributes,
      status: 'active',
      categories: [
        { ...bowls, product_count: 1 },
        { ...gifts, product_count: 1 },
      ],
      images: [],
      videos: [],
      price_from: usd(3200),
      available: 3,
      reactions: { total: 0, like: 0, love: 0, congratulations: 0, insightful: 0 },
      created_at: NOW,
      updated_at: NOW,
      published_at: NOW,
    }
    const forAdmins = [
      { ...small, on_hand: 3, reserved: 0, low_stock_at: 2 },
      { ...large, ...stock },
      { ...medium, ...stock },
    ]
    expect(product).toEqual({ ...shown, variants: forAdmins })
    expect(ProductView().parse(product)).toEqual(product)
    const own = await world.as('admin').get(path)
    expect([own.headers.get('cache-control'), await own.json()]).toEqual([
      'no-store',
      { ...shown, variants: forAdmins },
    ])
    const visible = { ...shown, variants: [small, medium] }
    for (const name of [product.id, 'tea-bowl']) {
      expect(await detailOf(world, PRODUCTS, name)).toEqual(visible)
    }
    expect((await listOf(world, PRODUCTS)).data).toEqual([visible])

    world.pass(1000)
    const changes = {
      name: 'Matcha bowl',
      description: 'New.',
      attributes: {},
      category_ids: [gifts.id],
    }
    const changed = await (await change(product.id, changes)).json<Product>()
    const { category_ids, ...same } = changes
    expect(changed).toEqual({
      ...shown,
      ...same,
      slug: 'matcha-bowl',
      description_html: '<p>New.</p>\n',
      categories: [{ ...gifts, product_count: 1 }],
      updated_at: '2026-05-04T09:30:01.000Z',
      variants: forAdmins,
    })
    const moved = await world.as('anonymous').get(`${PRODUCTS}/tea-bowl`)
    expect([moved.status, moved.headers.get('location')]).toEqual([301, `${PRODUCTS}/matcha-bowl`])
    expect((await change(product.id, { ...changes, slug: 'matcha-bowl' })).status).toBe(200)
    expect(await actions()).toEqual([
      'category.create',
      'category.create',
      'product.create',
      'product.update',
    ])
    expect(await outOfStep()).toEqual([])
    expect((await remove(product.id)).status).toBe(204)
    for (const table of ['products', 'variants', 'stock_movements', 'product_categories']) {
      expect(await world.count(table), table).toBe(0)
    }
    expect(await world.rows('slugs')).toHaveLength(2)
    expect(await detailOf(world, PRODUCTS, product.id)).toBe(404)
    expect((await remove(product.id)).status).toBe(404)
    expect(await outOfStep()).toEqual([])
  })

  it('that was ever ordered is archived in place of deleted', async ({ expect }) => {
    const product = await newProduct(world)
    const other = await newProduct(world, { name: 'Other' })
    await order(product.variants[0].id, 2)
    expect((await remove(product.id)).status).toBe(204)
    expect((await remove(other.id)).status).toBe(204)
    expect(await detailOf(world, PRODUCTS, product.id)).toBe(404)
    const own = await world.as('admin').get(`${PRODUCTS}/${product.id}`)
    expect(await own.json()).toMatchObject({
      status: 'archived',
      variants: [{ status: 'active', on_hand: 5, reserved: 2 }],
    })
    // Once more changes nothing.
    expect((await remove(product.id)).status).toBe(204)
    expect(await world.count('products')).toBe(1)
    expect((await actions()).slice(2)).toEqual(['product.archive', 'product.delete'])
    expect((await change(product.id, { status: 'active' })).status).toBe(200)
    expect(await detailOf(world, PRODUCTS, product.id)).toMatchObject({ available: 3 })
    expect(await outOfStep()).toEqual([])
  })

  it('that is a draft or archived is the admin’s alone', async ({ expect }) => {
    const draft = await newProduct(world, { name: 'Draft', status: 'draft' })
    const archived = await newProduct(world, { name: 'Archived' })
    await change(archived.id, { status: 'archived' })
    const ann = await world.person()
    for (const { id, slug } of [draft, archived]) {
      for (const caller of ['anonymous', ann] as const) {
        for (const name of [id, slug]) {
          expect((await world.as(caller).get(`${PRODUCTS}/${name}`)).status).toBe(404)
        }
      }
      expect((await world.as('admin').get(`${PRODUCTS}/${slug}`)).status).toBe(200)
    }
    const hidden = async (query: string) => {
      const response = await world.as('admin').get(`${PRODUCTS}/drafts?count=true${query}`)
      const { data, count } = await response.json<{ data: Product[]; count: number }>()
      return [...data.map(({ name }) => name), count]
    }
    expect(await hidden('')).toEqual(['Archived', 'Draft', 2])
    expect(await hidden('&status=draft')).toEqual(['Draft', 1])
    expect(await hidden('&status=archived')).toEqual(['Archived', 1])
    expect(draft.published_at).toBeNull()
    await change(archived.id, { status: 'active' })
    expect(await detailOf(world, PRODUCTS, archived.id)).toMatchObject({ published_at: NOW })
  })

  it('goes into and out of categories one by one', async ({ expect }) => {
    const { id } = await newProduct(world)
    const category = await newCategory(world)
    const path = (one: number, other: number) => `${PRODUCTS}/${one}/categories/${other}`
    const put = (one: number, other: number) => world.as('admin').put(path(one, other))
    const take = (one: number, other: number) => world.as('admin').delete(path(one, other))
    const shown = async () => {
      const found = (await detailOf<Product>(world, PRODUCTS, id)) as Product
      const [row] = await world.rows('categories')
      return [found.categories.map(({ name }) => name), row?.product_count]
    }
    expect(await shown()).toEqual([[], 0])
    const first = (await world.as('admin').get(`${PRODUCTS}/${id}`)).headers.get('etag') ?? ''
    expect((await put(id, category.id)).status).toBe(204)
    expect((await put(id, category.id)).status).toBe(204)
    expect(await shown()).toEqual([['Bowls'], 1])
    expect((await change(id, { name: 'x' }, { 'if-match': first })).status).toBe(412)
    expect((await take(id, category.id)).status).toBe(204)
    expect((await take(id, category.id)).status).toBe(204)
    expect(await shown()).toEqual([[], 0])
    for (const [one, other] of [
      [id, 999],
      [999, category.id],
    ] as const) {
      expect((await put(one, other)).status).toBe(404)
    }
    expect((await take(999, category.id)).status).toBe(404)
    expect((await put(id, Number.NaN)).status).toBe(404)
    expect((await actions()).slice(2)).toEqual(['product.categorise', 'product.uncategorise'])
    for (let index = 0; index < 20; index++) {
      const { id: one } = await newCategory(world, { name: `C${index}` })
      expect((await put(id, one)).status).toBe(204)
    }
    expect((await put(id, category.id)).status).toBe(409)
    expect(await outOfStep()).toEqual([])
  })

  it('is changed by one of those who read the same state', async ({ expect }) => {
    const { id } = await newProduct(world)
    const etag = (await world.as('anonymous').get(`${PRODUCTS}/${id}`)).headers.get('etag') ?? ''
    const headers = { 'if-match': etag }
    const race = (index: number) => change(id, { name: `T${index}` }, headers)
    expect(await inParallel(20, race)).toEqual({ 200: 1, 412: 19 })
    expect((await remove(id, headers)).status).toBe(412)
    expect(await world.count('products')).toBe(1)
    const now = (await world.as('admin').get(`${PRODUCTS}/${id}`)).headers.get('etag') ?? ''
    expect((await remove(id, { 'if-match': now })).status).toBe(204)
  })

  it('loses no change of those who name no state', async ({ expect }) => {
    const { id } = await newProduct(world)
    const fields = ['Glaze', 'Clay', 'Kiln', 'Hand', 'Year']
    const race = (index: number) =>
      index < 5
        ? change(id, { description: `D${index}` })
        : change(id, { name: `T${index}`, attributes: { [fields[index - 5] ?? '']: 'x' } })
    expect(await inParallel(10, race)).toEqual({ 200: 10 })
    const [row] = await world.rows('products')
    expect(row?.version).toBe(11)
    expect(await world.count('audit_log')).toBe(11)
  })

  it('gets a slug of its own in a race, or a conflict where it is given', async ({ expect }) => {
    const all = await Promise.all(Array.from({ length: 20 }, () => newProduct(world)))
    expect(new Set(all.map(({ slug }) => slug)).size).toBe(20)
    const same = () =>
      world.as('admin').post(PRODUCTS, { body: { name: 'x', slug: 'same', variants: [] } })
    expect(await inParallel(5, same)).toEqual({ 201: 1, 409: 4 })
  })

  it('is made once under one key, with its stock', async ({ expect }) => {
    const body = { name: 'x', status: 'active', variants: [variant({ on_hand: 4 })] }
    const headers = { 'idempotency-key': 'k' }
    const post = () => world.as('admin').post(PRODUCTS, { body, headers })
    const answers = await Promise.all(Array.from({ length: 10 }, post))
    const texts = await Promise.all(answers.map((one) => one.text()))
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(201))
    expect(new Set(texts).size).toBe(1)
    expect(await world.count('products')).toBe(1)
    expect(await world.rows('variants')).toMatchObject([{ on_hand: 4 }])
    expect(await outOfStep()).toEqual([])
  })

  it('is not made with a sku, a combination or a category that cannot be', async ({ expect }) => {
    await newProduct(world, { variants: [variant({ sku: 'A-1' })] })
    const before = await Promise.all(['products', 'variants', 'slugs'].map((t) => world.rows(t)))
    const make = (body: object) =>
      world.as('admin').post(PRODUCTS, { body: { name: 'x', ...body } })
    const taken = await make({ variants: [variant(), variant({ sku: 'A-1' })] })
    expect([taken.status, await errorsOf(taken)]).toEqual([409, ['variants.1.sku taken']])
    const size = { options: { Size: 'ONE' } }
    const same = { options: { size: 'one' } }
    expect((await make({ variants: [variant(size), variant(same)] })).status).toBe(409)
    const twice = await make({ variants: [variant({ sku: 'B' }), variant({ sku: 'B' })] })
    expect([twice.status, await errorsOf(twice)]).toEqual([422, ['variants.1.sku custom']])
    const nowhere = await make({ category_ids: [998, 999] })
    expect([nowhere.status, await errorsOf(nowhere)]).toEqual([
      422,
      ['category_ids.0 not_found', 'category_ids.1 not_found'],
    ])
    const foreign = await make({ variants: [variant({ price: { amount: 5, currency: 'eur' } })] })
    expect([foreign.status, await errorsOf(foreign)]).toEqual([
      422,
      ['variants.0.price.currency invalid_value'],
    ])
    const cheap = await make({ variants: [variant({ compare_at: usd(1250) })] })
    expect(await errorsOf(cheap)).toEqual(['variants.0.compare_at too_small'])
    const after = await Promise.all(['products', 'variants', 'slugs'].map((t) => world.rows(t)))
    expect(after).toEqual(before)
  })

  it('is not made or changed by bad input', async ({ expect }) => {
    const { id } = await newProduct(world)
    const state = async () =>
      Promise.all(['products', 'variants', 'slugs', 'stock_movements'].map((t) => world.rows(t)))
    const valid = { name: 'A name' }
    const route = { method: 'POST', path: PRODUCTS, caller: 'admin' as const, valid }
    await refusesBadInput(expect, world, { ...route, texts: ['name'], maxBytes: 512 * 1024 }, state)
    const before = await state()
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`a${index}`, 'x']))
    for (const body of [
      { id: 9 },
      { name: '\u0301' },
      { status: 'published' },
      { slug: 'drafts' },
      { description: 'x'.repeat(20_001) },
      { attributes: many(31) },
      { attributes: { ['x'.repeat(41)]: 'x' } },
      { attributes: { '': 'x' } },
      { attributes: { x: 'x'.repeat(201) } },
      { attributes: { x: Array(51).fill('x') } },
      { attributes: { x: [] } },
      { attributes: { x: { y: 'z' } } },
      { attributes: { x: 1 } },
      { attributes: { Size: 'x', size: 'y' } },
      { attributes: { 'a\u0007': 'x' } },
      { attributes: [] },
      { category_ids: [1, 1] },
      { category_ids: ['1'] },
      { category_ids: Array.from({ length: 21 }, (_, index) => index + 1) },
      { variants: [] },
      { price_from: usd(1) },
      { available: 5 },
      { published_at: NOW },
    ]) {
      expect((await change(id, body)).status, JSON.stringify(body)).toBe(422)
    }
    expect((await change(id, { attributes: many(30) })).status).toBe(200)
    for (const query of [
      '?sort=stock',
      '?price_min=-1',
      '?price_max=1.5',
      '?price_min=1e3',
      '?price_max=1000000001',
      '?in_stock=1',
      '?category=%27',
      '?cursor=x.y',
      '?limit=101',
      '?unknown=1',
    ]) {
      expect((await world.as('anonymous').get(PRODUCTS + query)).status, query).toBe(422)
    }
    const after = await state()
    expect(after.slice(1)).toEqual(before.slice(1))
  })

  it('has at most a hundred variants', async ({ expect }) => {
    const variants = Array.from({ length: 100 }, () => variant())
    const full = await newProduct(world, { variants })
    expect(full.variants).toHaveLength(100)
    const more = { name: 'x', variants: [...variants, variant()] }
    expect((await world.as('admin').post(PRODUCTS, { body: more })).status).toBe(422)
    const path = `${PRODUCTS}/${full.id}/variants`
    expect((await world.as('admin').post(path, { body: variant() })).status).toBe(409)
    await world.as('admin').delete(`${VARIANTS}/${full.variants[0].id}`)
    const race = () => world.as('admin').post(path, { body: variant() })
    expect(await inParallel(5, race)).toEqual({ 201: 1, 409: 4 })
    expect(await world.count('variants')).toBe(100)
  })
})
