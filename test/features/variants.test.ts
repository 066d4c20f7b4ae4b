import { beforeEach, describe, it } from 'vitest'
import { GENEROUS, inParallel } from '../support/accounts.ts'
import { refusesBadInput } from '../support/bad-input.ts'
import { detailOf } from '../support/content.ts'
import {
  newProduct,
  order,
  outOfStep,
  PRODUCTS,
  type Product,
  usd,
  VARIANTS,
  type Variant,
  variant,
} from '../support/shop.ts'
import { newWorld, type World } from '../support/world.ts'

let world: World
beforeEach(async () => {
  world = await newWorld(GENEROUS)
})

const add = (id: number, body: object, headers = {}) =>
  world.as('admin').post(`${PRODUCTS}/${id}/variants`, { body, headers })
const change = (id: number, body: object, headers = {}) =>
  world.as('admin').patch(`${VARIANTS}/${id}`, { body, headers })
const remove = (id: number, headers = {}) =>
  world.as('admin').delete(`${VARIANTS}/${id}`, { headers })
const shown = async (id: number) => (await detailOf<Product>(world, PRODUCTS, id)) as Product
const actions = async () => (await world.rows('audit_log')).map(({ action }) => action)

// B20 and B21 of what money and quantities may be sent as.
const MONEY = [
  1.005,
  0.1,
  -1,
  10 ** 12,
  1_000_000_001,
  2 ** 53,
  '1250',
  '12.50',
  null,
  true,
  [],
  { amount: 1250 },
  { currency: 'usd' },
  { amount: '1250', currency: 'usd' },
  { amount: 12.5, currency: 'usd' },
  { amount: -1, currency: 'usd' },
  { amount: 10 ** 12, currency: 'usd' },
  { amount: null, currency: 'usd' },
  { amount: 1250, currency: 'USD' },
  { amount: 1250, currency: 'jpy' },
  { amount: 1250, currency: 'kwd' },
  { amount: 1250, currency: 'xxx' },
  { amount: 1250, currency: 'usd', decimals: 2 },
  [{ amount: 1250, currency: 'usd' }],
]

describe('a variant', () => {
  it('is added, changed and deleted', async ({ expect }) => {
    const product = await newProduct(world)
    const body = { sku: 'V-1', price: usd(900), options: { Size: 'xl' }, on_hand: 7 }
    const answer = await add(product.id, body)
    const made = await answer.json<Variant>()
    expect([answer.status, answer.headers.get('location')]).toEqual([201, `${VARIANTS}/${made.id}`])
    expect(made).toEqual({
      id: made.id,
      product_id: product.id,
      sku: 'V-1',
      title: 'xl',
      options: { Size: 'xl' },
      price: usd(900),
      compare_at: null,
      available: 7,
      weight_grams: null,
      position: 1,
      status: 'active',
      images: [],
      on_hand: 7,
      reserved: 0,
      low_stock_at: null,
    })
    expect(await shown(product.id)).toMatchObject({ price_from: usd(900), available: 12 })
    const changes = {
      sku: 'V-2',
      options: { Size: 'xxl', Colour: 'red' },
      price: usd(800),
      compare_at: usd(900),
      weight_grams: 12,
      position: 0,
      low_stock_at: 3,
    }
    const changed = await change(made.id, changes)
    expect(await changed.json()).toEqual({ ...made, ...changes, title: 'xxl / red' })
    expect(changed.headers.get('etag')).toBe('"2"')
    expect((await change(made.id, changes)).headers.get('etag')).toBe('"2"')
    const spaced = await change(made.id, { options: { ' Size ': ' xxl ', Colour: 'red' } })
    expect(spaced.headers.get('etag')).toBe('"2"')
    // A title that was written by hand stays.
    await change(made.id, { title: 'By hand' })
    expect(await (await change(made.id, { options: {} })).json()).toMatchObject({
      title: 'By hand',
    })
    const nothing = { compare_at: null, weight_grams: null, low_stock_at: null }
    expect(await (await change(made.id, nothing)).json()).toMatchObject(nothing)
    expect((await remove(made.id)).status).toBe(204)
    expect((await remove(made.id)).status).toBe(404)
    expect((await change(made.id, { position: 1 })).status).toBe(404)
    expect((await add(999, variant())).status).toBe(404)
    expect(await shown(product.id)).toMatchObject({ price_from: usd(1250), available: 5 })
    expect((await actions()).slice(1)).toEqual([
      'variant.create',
      'variant.update',
      'variant.update',
      'variant.update',
      'variant.update',
      'variant.delete',
    ])
    expect(await outOfStep()).toEqual([])
  })

  it('that was ever ordered is archived in place of deleted', async ({ expect }) => {
    const product = await newProduct(world, { variants: [variant({ on_hand: 3 }), variant()] })
    const [sold, other] = product.variants
    await order(sold.id, 1)
    expect((await remove(sold.id)).status).toBe(204)
    expect((await remove(sold.id)).status).toBe(204)
    expect((await remove(other?.id ?? 0)).status).toBe(204)
    expect(await world.rows('variants')).toMatchObject([{ status: 'archived', reserved: 1 }])
    expect(await shown(product.id)).toMatchObject({ variants: [], available: 0, price_from: null })
    expect((await actions()).slice(1)).toEqual(['variant.archive', 'variant.delete'])
    expect(await (await change(sold.id, { status: 'active' })).json()).toMatchObject({
      available: 2,
    })
    expect(await outOfStep()).toEqual([])
  })

  it('has a sku and a combination of its own', async ({ expect }) => {
    const options = { Size: 'Größe M', Colour: 'red' }
    const { id, variants } = await newProduct(world, {
      variants: [variant({ sku: 'A', options }), variant({ sku: 'B' })],
    })
    const elsewhere = await newProduct(world, { variants: [variant({ options })] })
    const [, second] = variants
    const same = { colour: 'RED', size: 'grosse m' }
    const folded = { colour: 'RED', size: 'größe M' }
    for (const body of [variant({ sku: 'A' }), variant({ options: folded })]) {
      expect((await add(id, body)).status).toBe(409)
    }
    expect((await add(id, variant({ options: same }))).status).toBe(201)
    expect((await change(second?.id ?? 0, { sku: 'A' })).status).toBe(409)
    expect((await change(second?.id ?? 0, { options })).status).toBe(409)
    expect((await change(elsewhere.variants[0].id, { sku: 'B' })).status).toBe(409)
    const race = () => add(id, { ...variant(), sku: 'NEW' })
    expect(await inParallel(10, race)).toEqual({ 201: 1, 409: 9 })
    const combination = () => add(id, variant({ options: { Size: 'race' } }))
    expect(await inParallel(10, combination)).toEqual({ 201: 1, 409: 9 })
    const before = await world.rows('audit_log')
    expect(before.filter(({ action }) => action === 'variant.create')).toHaveLength(3)
  })

  it('is changed by one of those who read the same state', async ({ expect }) => {
    const [{ id }] = (await newProduct(world)).variants
    const headers = { 'if-match': '"1"' }
    const race = (index: number) => change(id, { position: 10 + index }, headers)
    expect(await inParallel(20, race)).toEqual({ 200: 1, 412: 19 })
    expect((await remove(id, headers)).status).toBe(412)
    expect((await remove(id, { 'if-match': '"2"' })).status).toBe(204)
  })

  it('is added once under one key', async ({ expect }) => {
    const { id } = await newProduct(world)
    const body = variant({ on_hand: 2 })
    const post = () => add(id, body, { 'idempotency-key': 'k' })
    expect(await inParallel(10, post)).toEqual({ 201: 10 })
    expect(await world.count('variants')).toBe(2)
    const answer = await post()
    expect(answer.headers.get('idempotency-replayed')).toBe('true')
    expect(await answer.json()).toMatchObject({ on_hand: 2 })
    expect((await add(id, variant(), { 'idempotency-key': 'k' })).status).toBe(422)
    expect(await outOfStep()).toEqual([])
  })

  it('costs whole minor units of the shop’s currency', async ({ expect }) => {
    const { id, variants } = await newProduct(world)
    const state = () => Promise.all(['variants', 'audit_log'].map((table) => world.rows(table)))
    const before = await state()
    expect(MONEY).toHaveLength(24)
    for (const price of MONEY) {
      const name = JSON.stringify(price)
      expect((await add(id, variant({ price }))).status, name).toBe(422)
      expect((await change(variants[0].id, { price })).status, name).toBe(422)
      if (price === null) continue
      expect((await change(variants[0].id, { compare_at: price })).status, name).toBe(422)
    }
    expect((await change(variants[0].id, { compare_at: usd(1250) })).status).toBe(422)
    expect(await state()).toEqual(before)
    for (const amount of [0, 1, 1_000_000_000]) {
      const made = await (await add(id, variant({ price: usd(amount) }))).json()
      expect(made).toMatchObject({ price: usd(amount) })
    }
    await change(variants[0].id, { compare_at: usd(1300) })
    expect((await change(variants[0].id, { price: usd(1300) })).status).toBe(422)
  })

  it('is not added or changed by bad input', async ({ expect }) => {
    const { id, variants } = await newProduct(world)
    const path = `${PRODUCTS}/${id}/variants`
    const state = async () => [await world.rows('variants'), await world.rows('stock_movements')]
    const valid = { sku: 'V-1', price: usd(1) }
    const route = { method: 'POST', path, caller: 'admin' as const, valid }
    await refusesBadInput(expect, world, { ...route, texts: ['sku'] }, state)
    const before = await state()
    for (const body of [
      { sku: '' },
      { sku: '-A' },
      { sku: 'A B' },
      { sku: 'Ä' },
      { sku: 'A'.repeat(65) },
      { title: 'x'.repeat(201) },
      { title: 'a\nb' },
      { options: { a: '1', b: '2', c: '3', d: '4', e: '5', f: '6' } },
      { options: { a: '' } },
      { options: { a: 1 } },
      { options: { a: ['x'] } },
      { options: { a: 'x', A: 'y' } },
      { options: { ['x'.repeat(41)]: 'x' } },
      { weight_grams: -1 },
      { weight_grams: 1.5 },
      { position: -1 },
      { position: 10_000 },
      { low_stock_at: -1 },
      { low_stock_at: 1_000_001 },
      { status: 'draft' },
      { on_hand: 9 },
      { reserved: 9 },
      { product_id: 9 },
    ]) {
      expect((await change(variants[0].id, body)).status, JSON.stringify(body)).toBe(422)
    }
    for (const on_hand of [-1, 0.5, 1_000_001, '1', null]) {
      expect((await add(id, variant({ on_hand }))).status, `${on_hand}`).toBe(422)
    }
    expect(await state()).toEqual(before)
  })
})
