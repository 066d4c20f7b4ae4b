import { beforeEach, describe, it } from 'vitest'
import { refusal } from '../support/dialects.ts'
import { BAR, type Bar, newSoapShop, SOAP, type Soap, soapShop } from '../support/eterno.ts'
import { newProduct, order, outOfStep, PRODUCTS, usd, variant } from '../support/shop.ts'
import type { World } from '../support/world.ts'

let world: World
let token: string
const shop = soapShop(() => world)
const { call } = shop
const read = async <Body>(path: string) => (await call('GET', path)).body as Body

beforeEach(async () => {
  world = await newSoapShop()
  token = await shop.keeper()
})

const PRODUCT_KEYS = [
  ...['name', 'description', 'ingredients', 'img_key', 'id', 'variants', 'categories', 'image_url'],
]
const VARIANT_KEYS = [
  ...['size', 'shape', 'img_key', 'price', 'stock_quantity', 'id', 'product_id', 'image_url'],
]

const WRITES: [method: string, path: string, json: unknown][] = [
  ['POST', '/products/', SOAP],
  ['PUT', '/products/1', SOAP],
  ['DELETE', '/products/1', undefined],
  ['POST', '/products/1/categories', { category_ids: [1] }],
  ['DELETE', '/products/1/categories/1', undefined],
  ['POST', '/categories/', [{ name: 'a', description: 'b' }]],
  ['PUT', '/categories/1', { name: 'a', description: 'b' }],
  ['DELETE', '/categories/1', undefined],
  ['POST', '/products/1/variants/', BAR],
  ['PUT', '/products/1/variants/1', BAR],
  ['DELETE', '/products/1/variants/1', undefined],
  ['PATCH', '/products/1/variants/1/stock-quantity?stock_quantity=5', undefined],
]

describe('writing to the soap shop', () => {
  it.for(WRITES)('needs the token: %s %s', async ([method, path, json], { expect }) => {
    const soap = await shop.soap(token)
    await shop.bar(token, soap.id)
    await shop.category(token, 'Calming')
    const tables = ['products', 'variants', 'categories', 'product_categories', 'audit_log']
    const state = () => Promise.all(tables.map((table) => world.rows(table)))
    const before = await state()
    expect(refusal(await call(method, path, { json }))).toEqual([401, 'Not authenticated'])
    expect(await state()).toEqual(before)
  })
})

describe('products of the soap shop', () => {
  it('are made, and read by everybody', async ({ expect }) => {
    const { status, body } = await call('POST', '/products', {
      token,
      json: { ...SOAP, long_description: 'passed over', ingredients: ['Cactus', ' ', 'Honey'] },
    })
    expect(status).toBe(201)
    expect(Object.keys(body as object)).toEqual(PRODUCT_KEYS)
    expect(body).toEqual({
      name: 'Cactus',
      description: 'Hydrating, with honey.',
      ingredients: ['Cactus', 'Honey'],
      img_key: null,
      id: 1,
      variants: [],
      categories: [],
      image_url: null,
    })
    expect(await read('/products')).toEqual([body])
    expect(await read('/products/')).toEqual([body])
    expect(await read('/products/1')).toEqual(body)
    const ours = await (await world.as('anonymous').get(`${PRODUCTS}/1`)).json()
    expect(ours).toMatchObject({
      slug: 'cactus',
      status: 'active',
      attributes: { Ingredients: ['Cactus', 'Honey'] },
    })
  })

  it('need each field, and the key of a picture though it may be null', async ({ expect }) => {
    const { img_key: _, ...rest } = SOAP
    const missing = await call('POST', '/products', { token, json: rest })
    expect(refusal(missing)).toEqual([
      422,
      [{ type: 'missing', loc: ['body', 'img_key'], msg: 'Field required', input: rest }],
    ])
    const wrong = await call('POST', '/products', {
      token,
      json: { ...SOAP, name: 7, ingredients: 'Honey' },
    })
    expect(refusal(wrong)).toMatchObject([
      422,
      [
        { type: 'string_type', loc: ['body', 'name'], msg: 'Input should be a valid string' },
        { type: 'list_type', loc: ['body', 'ingredients'], msg: 'Input should be a valid list' },
      ],
    ])
    expect(await world.count('products')).toBe(0)
  })

  it('are told by their number when they are not there', async ({ expect }) => {
    const gone = [404, 'Product 999 not found']
    const paths: [string, string, object?][] = [
      ['GET', '/products/999'],
      ['PUT', '/products/999', SOAP],
      ['DELETE', '/products/999'],
      ['POST', '/products/999/categories', { category_ids: [] }],
      ['GET', '/products/999/categories'],
      ['DELETE', '/products/999/categories/1'],
      ['POST', '/products/999/variants', BAR],
      ['GET', '/products/999/variants/1'],
      ['PUT', '/products/999/variants/1', BAR],
      ['DELETE', '/products/999/variants/1'],
      ['PATCH', '/products/999/variants/1/stock', { quantity: 1 }],
      ['PATCH', '/products/999/variants/1/stock-quantity?stock_quantity=1'],
    ]
    for (const [method, path, json] of paths) {
      expect(refusal(await call(method, path, { token, json })), `${method} ${path}`).toEqual(gone)
    }
    expect(await call('GET', '/products/999/variants')).toMatchObject({ status: 200, body: [] })
    expect(refusal(await call('GET', '/products/abc'))).toEqual([
      422,
      [
        {
          type: 'int_parsing',
          loc: ['path', 'product_id'],
          msg: 'Input should be a valid integer, unable to parse string as an integer',
          input: 'abc',
        },
      ],
    ])
    expect(refusal(await call('GET', '/products/-1'))).toEqual([404, 'Product -1 not found'])
  })

  it('are changed whole, and keep what this shop knows nothing of', async ({ expect }) => {
    const { id } = await newProduct(world, { attributes: { Scent: 'Rose', ingredients: ['Old'] } })
    const json = { ...SOAP, name: 'Rose', ingredients: [] }
    const { status, body } = await call('PUT', `/products/${id}`, { token, json })
    expect([status, body]).toMatchObject([200, { id, name: 'Rose', ingredients: [] }])
    expect(await read(`/products/${id}`)).toEqual(body)
    const ours = await (await world.as('anonymous').get(`${PRODUCTS}/${id}`)).json()
    expect(ours).toMatchObject({ attributes: { Scent: 'Rose' } })
    await call('PUT', `/products/${id}`, { token, json: SOAP })
    expect(await read(`/products/${id}`)).toMatchObject({ ingredients: ['Cactus', 'Honey'] })
  })

  it('go with their variants, or are kept for those who ordered them', async ({ expect }) => {
    const soap = await shop.soap(token)
    await shop.bar(token, soap.id)
    const sold = await shop.soap(token, { name: 'Saffron' })
    const bar = await shop.bar(token, sold.id)
    await order(bar.id, 1)
    for (const { id } of [soap, sold]) {
      const { status, body } = await call('DELETE', `/products/${id}`, { token })
      expect([status, body]).toEqual([204, ''])
      expect(refusal(await call('GET', `/products/${id}`))).toEqual([
        404,
        `Product ${id} not found`,
      ])
    }
    expect(await read('/products')).toEqual([])
    expect(await world.rows('products')).toMatchObject([{ id: sold.id, status: 'archived' }])
    expect(await world.count('variants')).toBe(1)
  })

  it('are not shown while they are drafts, not even to admins', async ({ expect }) => {
    const { id } = await newProduct(world, { status: 'draft' })
    expect(await read('/products')).toEqual([])
    expect((await call('GET', `/products/${id}`)).status).toBe(404)
    expect((await call('PUT', `/products/${id}`, { token, json: SOAP })).status).toBe(404)
  })

  it('come in the order of their numbers, however many they are', async ({ expect }) => {
    for (let turn = 0; turn < 25; turn++) await newProduct(world, { name: `Soap ${99 - turn}` })
    const ids = (await read<Soap[]>('/products')).map(({ id }) => id)
    expect(ids).toEqual(Array.from({ length: 25 }, (_, index) => index + 1))
  })
})

describe('categories of the soap shop', () => {
  it('are made many at once', async ({ expect }) => {
    const json = [
      { name: 'Cleansing', description: 'Refreshes.' },
      { name: 'Calming', description: '' },
    ]
    const { status, body } = await call('POST', '/categories', { token, json })
    expect(status).toBe(201)
    expect(body).toEqual(json.map((one, index) => ({ ...one, id: index + 1 })))
    expect(Object.keys((body as object[])[0] ?? {})).toEqual(['name', 'description', 'id'])
    expect(await read('/categories')).toEqual(body)
    const bad = await call('POST', '/categories', { token, json: [json[0], { name: 'x' }] })
    expect(refusal(bad)).toMatchObject([
      422,
      [{ type: 'missing', loc: ['body', 1, 'description'] }],
    ])
    const single = await call('POST', '/categories', { token, json: json[0] })
    expect(refusal(single)).toMatchObject([422, [{ type: 'list_type', loc: ['body'] }]])
    expect(await world.count('categories')).toBe(2)
  })

  it('show their products, change and go', async ({ expect }) => {
    const soap = await shop.soap(token)
    const bar = await shop.bar(token, soap.id)
    const id = await shop.category(token, 'Calming')
    await call('POST', `/products/${soap.id}/categories`, { token, json: { category_ids: [id] } })
    const whole = await read<{ products: object[] }>(`/categories/${id}`)
    expect(Object.keys(whole)).toEqual(['name', 'description', 'id', 'products'])
    expect(Object.keys(whole.products[0] ?? {})).toEqual([
      ...['id', 'name', 'description', 'ingredients', 'img_key', 'variants', 'image_url'],
    ])
    expect(whole).toMatchObject({ name: 'Calming', products: [{ id: soap.id, variants: [bar] }] })
    const json = { name: 'Soothing', description: 'Calms.' }
    const changed = await call('PUT', `/categories/${id}`, { token, json })
    expect([changed.status, changed.body]).toEqual([200, { ...json, id }])
    expect(await read('/categories')).toEqual([{ ...json, id }])
    expect(await read(`/products/${soap.id}`)).toMatchObject({ categories: [{ ...json, id }] })
    expect((await call('DELETE', `/categories/${id}`, { token })).status).toBe(204)
    expect(await read('/categories')).toEqual([])
    expect(await read(`/products/${soap.id}`)).toMatchObject({ categories: [] })
    expect((await world.rows('audit_log')).map(({ action }) => action)).toEqual(
      expect.arrayContaining(['category.create', 'category.update', 'category.delete']),
    )
  })

  it('are told by their number when they are not there', async ({ expect }) => {
    const { id } = await shop.soap(token)
    const gone = [404, 'Category 999 not found']
    const json = { name: 'a', description: 'b' }
    expect(refusal(await call('GET', '/categories/999'))).toEqual(gone)
    expect(refusal(await call('PUT', '/categories/999', { token, json }))).toEqual(gone)
    expect(refusal(await call('DELETE', '/categories/999', { token }))).toEqual(gone)
    expect(refusal(await call('DELETE', `/products/${id}/categories/999`, { token }))).toEqual(gone)
  })

  it('are given to a product and taken from it', async ({ expect }) => {
    const { id } = await shop.soap(token)
    const ids = [await shop.category(token, 'Calming'), await shop.category(token, 'Cleansing')]
    const give = (category_ids: number[]) =>
      call('POST', `/products/${id}/categories`, { token, json: { category_ids } })
    expect((await give([...ids, 999])).body).toEqual({
      product_id: id,
      added_categories: ['Calming', 'Cleansing'],
    })
    expect(await give(ids)).toMatchObject({ status: 200, body: { added_categories: [] } })
    const all = await read<{ id: number }[]>(`/products/${id}/categories`)
    expect(all.map((one) => one.id)).toEqual(ids)
    const path = `/products/${id}/categories/${ids[0]}`
    for (const turn of ['taken', 'not there']) {
      const { status, body } = await call('DELETE', path, { token })
      expect([status, body], turn).toMatchObject([200, { id, categories: [{ id: ids[1] }] }])
    }
    expect(await outOfStep()).toEqual([])
  })
})

describe('variants of the soap shop', () => {
  it('are made, read, changed and deleted', async ({ expect }) => {
    const { id } = await shop.soap(token)
    const path = `/products/${id}/variants`
    const { status, body } = await call('POST', `${path}/`, {
      token,
      json: { ...BAR, product_id: 77 },
    })
    expect(status).toBe(201)
    expect(Object.keys(body as object)).toEqual(VARIANT_KEYS)
    const made = { ...BAR, id: 1, product_id: id, image_url: null }
    expect(body).toEqual(made)
    expect(await read(path)).toEqual([made])
    expect(await read(`${path}/1`)).toEqual(made)
    expect(await read(`/products/${id}`)).toMatchObject({ variants: [made] })
    const json = { size: 'Large', shape: null, img_key: null, price: '12', stock_quantity: 3 }
    const changed = await call('PUT', `${path}/1`, { token, json })
    expect([changed.status, changed.body]).toEqual([200, { ...made, ...json, price: 12 }])
    expect(await read(path)).toEqual([changed.body])
    expect(await call('DELETE', `${path}/1`, { token })).toMatchObject({ status: 204, body: '' })
    expect(await read(path)).toEqual([])
    expect(await outOfStep()).toEqual([])
  })

  it('are told by their number when they are not there, or another product’s', async ({
    expect,
  }) => {
    const soap = await shop.soap(token)
    const other = await shop.soap(token, { name: 'Saffron' })
    const bar = await shop.bar(token, other.id)
    for (const id of [999, bar.id]) {
      const path = `/products/${soap.id}/variants/${id}`
      const gone = [404, `ProductVariant ${id} not found`]
      expect(refusal(await call('GET', path))).toEqual(gone)
      expect(refusal(await call('PUT', path, { token, json: BAR }))).toEqual(gone)
      expect(refusal(await call('DELETE', path, { token }))).toEqual(gone)
      expect(refusal(await call('PATCH', `${path}/stock`, { json: { quantity: 1 } }))).toEqual(gone)
      const counted = await call('PATCH', `${path}/stock-quantity?stock_quantity=2`, { token })
      expect(refusal(counted)).toEqual(gone)
    }
    expect((await call('GET', `/products/${soap.id}/variants/x`)).status).toBe(422)
  })

  const PRICES: [sent: unknown, cents: number][] = [
    [19.99, 1999],
    [0.29, 29],
    [1.1, 110],
    [8, 800],
    ['8.10', 810],
    ['35.3500', 3535],
    [1.15, 115],
    [4.35, 435],
    [0, 0],
    [10_000_000, 1_000_000_000],
  ]
  it.for(PRICES)('cost to the cent what was sent: %j', async ([price, cents], { expect }) => {
    const { id } = await shop.soap(token)
    const bar = await shop.bar(token, id, { price })
    expect(bar.price).toBe(Number(price))
    expect(await world.rows('variants')).toMatchObject([{ price: cents }])
  })

  const WRONG: [price: unknown, type: string][] = [
    [19.999, 'decimal_max_places'],
    [0.1 + 0.2, 'decimal_max_places'],
    [1e-9, 'decimal_max_places'],
    ['1e2', 'decimal_max_places'],
    [-1, 'greater_than_equal'],
    [10_000_000.01, 'less_than_equal'],
    ['a lot', 'float_parsing'],
    [null, 'float_type'],
    [undefined, 'missing'],
  ]
  it.for(WRONG)('cost nothing that is no price: %j', async ([price, type], { expect }) => {
    const { id } = await shop.soap(token)
    const json = { ...BAR, price }
    const { status, body } = await call('POST', `/products/${id}/variants`, { token, json })
    expect([status, body]).toMatchObject([422, { detail: [{ type, loc: ['body', 'price'] }] }])
    expect(await world.count('variants')).toBe(0)
  })

  it('are named by the title where nobody wrote a size, and hidden once archived', async ({
    expect,
  }) => {
    const { id } = await newProduct(world, {
      variants: [
        variant({ options: {}, title: 'Single', price: usd(950), on_hand: 2 }),
        variant({ options: { shape: 'Oval', SIZE: 'Big' }, status: 'archived' }),
      ],
    })
    expect(await read(`/products/${id}/variants`)).toMatchObject([
      { size: 'Single', shape: null, price: 9.5, stock_quantity: 2 },
    ])
  })

  it('refuse a second of the same size and shape', async ({ expect }) => {
    const { id } = await shop.soap(token)
    await shop.bar(token, id)
    const { status } = await call('POST', `/products/${id}/variants`, { token, json: BAR })
    expect(status).toBe(409)
  })
})

describe('stock of the soap shop', () => {
  let bar: Bar
  let path: string
  beforeEach(async () => {
    const { id } = await shop.soap(token)
    bar = await shop.bar(token, id)
    path = `/products/${id}/variants/${bar.id}`
  })
  const buy = (quantity: unknown, sent: object = {}) =>
    call('PATCH', `${path}/stock`, { json: { quantity }, ...sent })
  const count = (query: string, sent: object = { token }) =>
    call('PATCH', `${path}/stock-quantity${query}`, sent)
  const movements = () => world.count('stock_movements')

  it('stays for whoever brings no token, who gets an answer all the same', async ({ expect }) => {
    const before = await world.rows('audit_log')
    for (const quantity of [2, 8, 500]) {
      expect(await buy(quantity)).toMatchObject({ status: 200, body: bar })
    }
    expect(await movements()).toBe(1)
    expect(await world.rows('audit_log')).toEqual(before)
    expect(refusal(await buy(1, { token: 'nonsense' }))).toEqual([401, 'Invalid or expired token'])
  })

  it('goes down for an admin, as far as there is some', async ({ expect }) => {
    expect(await buy(3, { token })).toMatchObject({ status: 200, body: { stock_quantity: 5 } })
    expect(await buy(0, { token })).toMatchObject({ status: 200, body: { stock_quantity: 5 } })
    expect(refusal(await buy(6, { token }))).toEqual([400, 'Not enough stock'])
    expect(await read(path)).toMatchObject({ stock_quantity: 5 })
    expect((await buy(-5, { token })).status).toBe(422)
    expect((await buy('x')).status).toBe(422)
    expect(await movements()).toBe(2)
  })

  it('is counted anew by an admin, beside what orders hold', async ({ expect }) => {
    await order(bar.id, 3)
    expect(await count('?stock_quantity=10')).toMatchObject({
      status: 200,
      body: { ...bar, stock_quantity: 10 },
    })
    expect(await read(path)).toMatchObject({ stock_quantity: 10 })
    expect(await world.rows('variants')).toMatchObject([{ on_hand: 13, reserved: 3 }])
    const before = await world.rows('audit_log')
    expect((await count('?stock_quantity=10')).status).toBe(200)
    expect(await world.rows('audit_log')).toEqual(before)
    expect((await count('?stock_quantity=0')).body).toMatchObject({ stock_quantity: 0 })
    expect((await world.rows('stock_movements')).at(-1)).toMatchObject({ reason: 'count' })
    expect(await outOfStep()).toEqual([])
  })

  it('is no negative number, nor anything else', async ({ expect }) => {
    expect(refusal(await count('?stock_quantity=-1'))).toEqual([
      400,
      'Stock quantity cannot be negative',
    ])
    expect(refusal(await count(''))).toEqual([
      422,
      [
        {
          type: 'missing',
          loc: ['query', 'stock_quantity'],
          msg: 'Field required',
          input: null,
        },
      ],
    ])
    expect((await count('?stock_quantity=x')).status).toBe(422)
    expect((await count('?stock_quantity=9999999')).status).toBe(422)
    await order(bar.id, 3)
    expect((await count('?stock_quantity=1000000')).status).toBe(409)
    expect(await movements()).toBe(2)
  })
})
