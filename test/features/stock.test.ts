import { env } from 'cloudflare:workers'
import { beforeEach, describe, it } from 'vitest'
import { GENEROUS, inParallel } from '../support/accounts.ts'
import { refusesBadInput } from '../support/bad-input.ts'
import { breakEach } from '../support/break-each.ts'
import { detailOf, type List, listOf } from '../support/content.ts'
import { rounds } from '../support/rounds.ts'
import {
  changeStock,
  INVENTORY,
  newProduct,
  order,
  outOfStep,
  PRODUCTS,
  type Product,
  settle,
  VARIANTS,
  type Variant,
  variant,
} from '../support/shop.ts'
import { newWorld, type World } from '../support/world.ts'

type Movement = { id: number; reason: string; on_hand_change: number; reserved_change: number }

let world: World
beforeEach(async () => {
  world = await newWorld(GENEROUS)
})

const make = async (body: object = {}): Promise<Variant> =>
  (await newProduct(world, { variants: [variant({ on_hand: 5, ...body })] })).variants[0]
const ledger = async (id: number, query = '') =>
  (await world.as('admin').get(`${VARIANTS}/${id}/stock${query}`)).json<List<Movement>>()
const stockOf = async (id: number) =>
  env.DB.prepare('select on_hand, reserved from variants where id = ?').bind(id).first()

describe('stock', () => {
  it('changes by a row of the ledger, which says why and who', async ({ expect }) => {
    const { id } = await make()
    const admin = await world.admin()
    const body = { change: -2, reason: 'damaged', note: 'The cat.' }
    const answer = await world.as('admin').post(`${VARIANTS}/${id}/stock`, { body })
    const row = {
      id: expect.any(Number),
      variant_id: id,
      reason: 'damaged',
      on_hand_change: -2,
      reserved_change: 0,
      order_id: null,
      actor: admin.id,
      note: 'The cat.',
      created_at: '2026-05-04T09:30:00.000Z',
    }
    expect([answer.status, answer.headers.get('location')]).toEqual([
      201,
      `${VARIANTS}/${id}/stock`,
    ])
    expect(await answer.json()).toEqual({ ...row, on_hand: 3, reserved: 0, available: 3 })
    const placed = await order(id, 1)
    const [{ uid } = {}] = await world.rows('orders')
    const list = await ledger(id, '?count=true')
    expect(list).toMatchObject({
      data: [
        { reason: 'reserved', on_hand_change: 0, reserved_change: 1, order_id: uid, actor: '' },
        row,
        { reason: 'received', on_hand_change: 5, note: null },
      ],
      count: 3,
    })
    await settle(placed, 'sold')
    const pages: number[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: List<Movement> = await ledger(id, `?limit=1${cursor && `&cursor=${cursor}`}`)
      pages.push(...page.data.map(({ on_hand_change }) => on_hand_change))
      cursor = page.next_cursor
    }
    expect(pages).toEqual([-1, 0, -2, 5])
    expect((await world.as('admin').get(`${VARIANTS}/999/stock`)).status).toBe(404)
    expect((await changeStock(world, 999, 1)).status).toBe(404)
    const entries = await world.rows('audit_log')
    expect(entries.map(({ action }) => action)).toEqual(['product.create', 'stock.change'])
    expect(JSON.parse(String(entries[1]?.after))).toEqual(body)
    expect(await outOfStep()).toEqual([])
  })

  it('does not fall below what is held, nor rise above what is possible', async ({ expect }) => {
    const { id } = await make()
    await order(id, 3)
    const before = await Promise.all(['audit_log', 'stock_movements'].map((t) => world.rows(t)))
    for (const change of [-3, -5, -1_000_000, 999_996, 1_000_000]) {
      const response = await changeStock(world, id, change)
      expect(response.status, `${change}`).toBe(409)
      expect(await response.json()).toMatchObject({
        detail: 'There are 5, of which 3 are held for orders.',
      })
    }
    const after = await Promise.all(['audit_log', 'stock_movements'].map((t) => world.rows(t)))
    expect(after).toEqual(before)
    expect((await changeStock(world, id, -2)).status).toBe(201)
    expect(await stockOf(id)).toEqual({ on_hand: 3, reserved: 3 })
    expect((await changeStock(world, id, 999_997)).status).toBe(201)
  })

  it('adds up when many change it at once', async ({ expect }) => {
    const { id } = await make()
    expect(await inParallel(20, (index) => changeStock(world, id, index + 1))).toEqual({ 201: 20 })
    expect(await stockOf(id)).toEqual({ on_hand: 215, reserved: 0 })
    await order(id, 99)
    await order(id, 99)
    const taken = await inParallel(30, () => changeStock(world, id, -1))
    expect(taken).toEqual({ 201: 17, 409: 13 })
    expect(await stockOf(id)).toEqual({ on_hand: 198, reserved: 198 })
    expect(await outOfStep()).toEqual([])
  })

  it('changes once under one key', async ({ expect }) => {
    const { id } = await make()
    const post = (change = 4) =>
      world.as('admin').post(`${VARIANTS}/${id}/stock`, {
        body: { change, reason: 'received' },
        headers: { 'idempotency-key': 'k' },
      })
    expect(await inParallel(20, () => post())).toEqual({ 201: 20 })
    expect(await stockOf(id)).toEqual({ on_hand: 9, reserved: 0 })
    expect((await post(5)).status).toBe(422)
    const again = await post()
    expect(again.headers.get('location')).toBe(`${VARIANTS}/${id}/stock`)
    expect(await again.json()).toMatchObject({ on_hand_change: 4, on_hand: 9 })
    expect(await world.count('stock_movements')).toBe(2)
  })

  it('is what its ledger says after any mixture of changes', async ({ expect }) => {
    for (let round = 0; round < rounds(20); round++) {
      world = await newWorld(GENEROUS)
      const roll = dice(round + 1)
      const { variants } = await newProduct(world, {
        variants: [variant({ on_hand: 9 }), variant({ on_hand: 20 }), variant()],
      })
      const placed: number[] = []
      const deeds = Array.from({ length: 60 }, () => async () => {
        const { id } = variants[roll(variants.length)] ?? variants[0]
        const deed = roll(5)
        if (deed < 2) return await changeStock(world, id, roll(21) - 10 || 1)
        if (deed === 2) {
          return placed.push(await order(id, 1 + roll(4)).catch(() => 0))
        }
        // Some are settled twice, or both ways: the ledger takes the first.
        const how = deed === 3 ? 'released' : 'sold'
        return await settle(placed[roll(placed.length + 1)] ?? 0, how).catch(() => undefined)
      })
      for (let start = 0; start < deeds.length; start += 6) {
        await Promise.all(deeds.slice(start, start + 6).map((deed) => deed()))
      }
      const rows = await world.rows('variants')
      for (const { on_hand, reserved } of rows) {
        expect(Number(reserved)).toBeGreaterThanOrEqual(0)
        expect(Number(on_hand)).toBeGreaterThanOrEqual(Number(reserved))
      }
      expect(await outOfStep(), `round ${round}`).toEqual([])
    }
  })

  it('is shown to visitors as what can be had, at once to who changed it', async ({ expect }) => {
    const { id, product_id } = await make()
    const seen = async () => (await detailOf<Product>(world, PRODUCTS, product_id)) as Product
    const listed = async () => (await listOf<Product>(world, PRODUCTS)).data[0]
    // What is read in the very instant of a change is not kept.
    world.pass(1)
    expect(await seen()).toMatchObject({ available: 5 })
    await listed()
    world.pass(1)
    await changeStock(world, id, 3)
    expect(await seen()).toMatchObject({ available: 8, variants: [{ available: 8 }] })
    expect(await listed()).toMatchObject({ available: 8 })
    expect(await seen()).not.toHaveProperty('variants.0.on_hand')
    expect(JSON.stringify(await listed())).not.toMatch(/on_hand|reserved|low_stock/)
  })

  it('is not changed by bad input', async ({ expect }) => {
    const { id } = await make()
    const path = `${VARIANTS}/${id}/stock`
    const state = async () => [await stockOf(id), await world.rows('stock_movements')]
    const valid = { change: 1, reason: 'count' }
    const route = { method: 'POST', path, caller: 'admin' as const, valid }
    await refusesBadInput(expect, world, { ...route, texts: ['reason'] }, state)
    const before = await state()
    for (const change of [0, -0, 0.5, 2 ** 31, -(2 ** 31), 1_000_001, '1', null, true, [1]]) {
      const body = { change, reason: 'count' }
      expect((await world.as('admin').post(path, { body })).status, `${change}`).toBe(422)
    }
    for (const more of [
      { reason: 'sold' },
      { reason: 'reserved' },
      { note: 'x'.repeat(501) },
      { note: 'a\u0000' },
      { order_id: 1 },
      { reserved_change: 1 },
    ]) {
      const body = { ...valid, ...more }
      expect((await world.as('admin').post(path, { body })).status).toBe(422)
    }
    expect(await state()).toEqual(before)
    const plain = { raw: '{"change":1e0,"reason":"count"}' }
    const headers = { 'content-type': 'application/json' }
    expect((await world.as('admin').post(path, { ...plain, headers })).status).toBe(201)
  })

  it('changes whole with its record, or not at all', async ({ expect }) => {
    let id = 0
    let status = 0
    await breakEach({
      settings: GENEROUS,
      before: async (one) => {
        world = one
        await one.admin()
        id = (await make()).id
      },
      run: async (one) => {
        const headers = { 'idempotency-key': 'k' }
        const body = { change: 2, reason: 'received' }
        status = (await one.as('admin').post(`${VARIANTS}/${id}/stock`, { body, headers })).status
      },
      after: async (one, point) => {
        const changed = (await one.count('stock_movements')) === 2
        expect(await stockOf(id), point).toEqual({ on_hand: changed ? 7 : 5, reserved: 0 })
        expect(await one.count('audit_log'), point).toBe(changed ? 2 : 1)
        if (status < 300) expect(changed, point).toBe(true)
        expect(await outOfStep(), point).toEqual([])
        // Once more under the same key: it has happened once.
        const headers = { 'idempotency-key': 'k' }
        const body = { change: 2, reason: 'received' }
        await one.as('admin').post(`${VARIANTS}/${id}/stock`, { body, headers })
        expect(await stockOf(id), point).toEqual({ on_hand: 7, reserved: 0 })
      },
    })
  })
})

describe('the inventory', () => {
  it('shows what is there, what is low and what is asked for', async ({ expect }) => {
    const { id } = await make({ sku: 'TEA-1', low_stock_at: 3, options: { Size: 'Größe' } })
    await newProduct(world, {
      name: 'Öl',
      variants: [variant({ sku: 'OIL-1' }), variant({ sku: 'OIL-2', title: 'Rot' })],
    })
    const ask = async (query: string) => {
      const response = await world.as('admin').get(`${INVENTORY}${query}`)
      return (await response.json<List<{ sku: string }>>()).data.map(({ sku }) => sku)
    }
    const [last] = (await (await world.as('admin').get(INVENTORY)).json<List<object>>()).data.slice(
      -1,
    )
    expect(last).toEqual({
      variant_id: id,
      product_id: expect.any(Number),
      product_name: 'A bowl',
      product_status: 'active',
      sku: 'TEA-1',
      title: 'Größe',
      status: 'active',
      on_hand: 5,
      reserved: 0,
      available: 5,
      low_stock_at: 3,
      is_low: false,
    })
    expect(await ask('')).toEqual(['OIL-2', 'OIL-1', 'TEA-1'])
    expect(await ask('?q=tea-')).toEqual(['TEA-1'])
    expect(await ask('?q=ol')).toEqual(['OIL-2', 'OIL-1'])
    expect(await ask('?q=rot')).toEqual(['OIL-2'])
    expect(await ask('?q=GROSSE')).toEqual([])
    expect(await ask('?q=gr%C3%B6%C3%9Fe')).toEqual(['TEA-1'])
    expect(await ask('?low=true')).toEqual([])
    await order(id, 3)
    expect(await ask('?low=true')).toEqual(['TEA-1'])
    expect(await ask('?low=false')).toEqual(['OIL-2', 'OIL-1'])
    const page = await (await world.as('admin').get(`${INVENTORY}?limit=2&count=true`)).json<
      List<object>
    >()
    expect([page.data.length, page.count]).toEqual([2, 3])
    expect(await ask(`?limit=2&cursor=${page.next_cursor}`)).toEqual(['TEA-1'])
  })
})

describe('the owner', () => {
  const mails = async () =>
    (await world.rows('outbox'))
      .filter(({ kind }) => kind === 'stock.low')
      .map((row) => row.subject)

  it('is told once of each dip', async ({ expect }) => {
    const { id } = await make({ sku: 'TEA-1', low_stock_at: 3, options: { Size: 'small' } })
    const tell = () => world.runCron('* * * * *')
    await tell()
    expect(await mails()).toEqual([])
    await changeStock(world, id, -2)
    await tell()
    expect(await mails()).toEqual([])
    const placed = await order(id, 1)
    await tell()
    await changeStock(world, id, -1)
    await tell()
    expect(await mails()).toEqual(['2 left of A bowl'])
    await world.deliver()
    const [mail] = world.outside.to('owner@linden.test')
    for (const word of ['A bowl', 'small', 'TEA-1', 'Left:     2', 'below 3']) {
      expect(mail?.text).toContain(word)
    }
    await settle(placed, 'released')
    await changeStock(world, id, 1)
    await tell()
    await changeStock(world, id, -3)
    await tell()
    await tell()
    expect(await mails()).toEqual(['2 left of A bowl', '0 left of A bowl'])
    // A threshold that rises above what is there is a dip; one that falls below it ends one.
    const patch = (body: object) => world.as('admin').patch(`${VARIANTS}/${id}`, { body })
    await patch({ low_stock_at: 0 })
    await tell()
    await patch({ low_stock_at: 1 })
    await tell()
    expect(await mails()).toHaveLength(3)
  })

  it('hears nothing of what starts low, is hidden or has no threshold', async ({ expect }) => {
    await make({ on_hand: 0, low_stock_at: 5 })
    await make({ on_hand: 0 })
    const draft = await newProduct(world, {
      status: 'draft',
      variants: [variant({ on_hand: 5, low_stock_at: 5 })],
    })
    await changeStock(world, draft.variants[0].id, -1)
    const archived = await make({ low_stock_at: 5 })
    await changeStock(world, archived.id, -1)
    await world.as('admin').patch(`${VARIANTS}/${archived.id}`, { body: { status: 'archived' } })
    await world.runCron('* * * * *')
    expect(await mails()).toEqual([])
    await world.as('admin').patch(`${PRODUCTS}/${draft.id}`, { body: { status: 'active' } })
    await world.runCron('* * * * *')
    expect(await mails()).toEqual(['4 left of A bowl'])
  })

  it('is told of many, some at a time, each once whatever breaks', async ({ expect }) => {
    const variants = Array.from({ length: 60 }, () => variant({ on_hand: 1, low_stock_at: 1 }))
    await breakEach({
      settings: GENEROUS,
      before: async (one) => {
        world = one
        await newProduct(one, { variants })
        await env.DB.prepare(
          `insert into stock_movements (variant_id, reason, on_hand_change, reserved_change, actor, created_at)
           select id, 'damaged', -1, 0, '', 1 from variants`,
        ).run()
      },
      run: (one) => one.runCron('* * * * *').catch(() => undefined),
      after: async (one, point) => {
        const first = (await mails()).length
        expect([0, 50], point).toContain(first)
        await one.runCron('* * * * *')
        await one.runCron('* * * * *')
        expect(await mails(), point).toHaveLength(60)
        expect(new Set((await one.rows('outbox')).map(({ about }) => about)).size, point).toBe(60)
      },
    })
  })
})

/** The same numbers for the same seed (Park and Miller). */
function dice(start: number) {
  let seed = start * 7919
  return (below: number) => {
    seed = (seed * 48271) % 2147483647
    return seed % below
  }
}
