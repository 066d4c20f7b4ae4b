import { env } from 'cloudflare:workers'
import { beforeEach, describe, it } from 'vitest'
import { everyRow, GENEROUS, inParallel } from '../support/accounts.ts'
import { refusesBadInput } from '../support/bad-input.ts'
import { breakEach } from '../support/break-each.ts'
import type { List } from '../support/content.ts'
import {
  buyWith,
  DISCOUNTS,
  type Discount,
  newDiscount,
  seedCategory,
  seedGoods,
} from '../support/discounts.ts'
import { newWorld, type World } from '../support/world.ts'

const LATER = '2026-06-01T00:00:00.000Z'
const BEFORE = '2026-05-01T00:00:00.000Z'

let world: World
beforeEach(async () => {
  world = await newWorld(GENEROUS)
  await seedGoods([1000, 2000, 3000])
  await seedCategory(1, [1, 2])
})

const admin = () => world.as('admin')
const usd = (amount: number) => ({ amount, currency: 'usd' })
const list = async (query = '') => (await admin().get(DISCOUNTS + query)).json<List<Discount>>()
const codes = async (query = '') => (await list(query)).data.map(({ code }) => code)
const actions = async () =>
  (await world.rows('audit_log'))
    .map(({ action }) => String(action))
    .filter((one) => /^disc/.test(one))

describe('a discount', () => {
  it('is made, read, changed and deleted by the admin', async ({ expect }) => {
    const body = { code: 'Spring-10', percent: 10, category_ids: [1], product_ids: [3, 2] }
    const made = await admin().post(DISCOUNTS, { body })
    const discount = await made.json<Discount>()
    const path = `${DISCOUNTS}/${discount.id}`
    expect([made.status, made.headers.get('location')]).toEqual([201, path])
    expect(discount).toEqual({
      id: discount.id,
      code: 'Spring-10',
      percent: 10,
      amount: null,
      enabled: true,
      status: 'active',
      starts_at: null,
      ends_at: null,
      minimum: null,
      max_uses: null,
      max_uses_per_customer: null,
      scope: 'selection',
      product_ids: [2, 3],
      category_ids: [1],
      uses: { held: 0, used: 0 },
      created_at: '2026-05-04T09:30:00.000Z',
      updated_at: '2026-05-04T09:30:00.000Z',
    })
    const read = await admin().get(path)
    expect(await read.json()).toEqual(discount)
    const headers = { 'if-none-match': read.headers.get('etag') ?? '' }
    expect((await admin().get(path, { headers })).status).toBe(304)
    world.pass(1000)
    const change = { amount: usd(500), minimum: usd(2000), max_uses: 3, scope: 'everything' }
    const changed = await admin().patch(path, { body: change })
    expect(await changed.json()).toEqual({
      ...discount,
      ...change,
      percent: null,
      product_ids: [],
      category_ids: [],
      updated_at: '2026-05-04T09:30:01.000Z',
    })
    expect((await admin().delete(path)).status).toBe(204)
    expect((await admin().get(path)).status).toBe(404)
    expect((await admin().delete(path)).status).toBe(404)
    expect((await admin().patch(path, { body: change })).status).toBe(404)
    expect(await actions()).toEqual(['discount.create', 'discount.update', 'discount.delete'])
  })

  it('leaves no entry when nothing changes', async ({ expect }) => {
    const { id } = await newDiscount(world, { minimum: usd(100), category_ids: [1] })
    const path = `${DISCOUNTS}/${id}`
    const before = await everyRow(['rate_limits', 'sessions'])
    for (const body of [
      {},
      { percent: 10 },
      { code: 'SPRING-10' },
      { minimum: usd(100) },
      { amount: null },
      { category_ids: [1], scope: 'selection' },
    ]) {
      expect((await admin().patch(path, { body })).status, JSON.stringify(body)).toBe(200)
    }
    expect(await everyRow(['rate_limits', 'sessions'])).toEqual(before)
  })

  it('has a code of its own, whatever its case', async ({ expect }) => {
    await newDiscount(world, { code: 'Spring-10' })
    const other = await newDiscount(world, { code: 'AUTUMN' })
    const taken = await admin().post(DISCOUNTS, { body: { code: 'sPRING-10', percent: 5 } })
    const renamed = await admin().patch(`${DISCOUNTS}/${other.id}`, { body: { code: 'spring-10' } })
    for (const answer of [taken, renamed]) {
      expect(answer.status).toBe(409)
      expect(await answer.json()).toMatchObject({ errors: [{ path: 'code', code: 'taken' }] })
    }
    const made = await inParallel(10, (index) =>
      admin().post(DISCOUNTS, { body: { code: index % 2 ? 'same' : 'SAME', percent: 5 } }),
    )
    expect(made).toEqual({ 201: 1, 409: 9 })
    expect(await world.count('discounts')).toBe(3)
  })

  it('is listed by whether it can be used, and by its code', async ({ expect }) => {
    const spent = await newDiscount(world, { code: 'SPENT', max_uses: 1 })
    await buyWith(world, 'spent')
    await newDiscount(world, { code: 'OFF', enabled: false })
    await newDiscount(world, { code: 'TO-COME', starts_at: LATER })
    await newDiscount(world, { code: 'GONE', ends_at: BEFORE })
    await newDiscount(world, { code: 'GOOD', starts_at: BEFORE, ends_at: LATER, max_uses: 1 })
    const all = (await list()).data.map(({ code, status }) => `${code} ${status}`)
    expect(all).toEqual([
      'GOOD active',
      'GONE over',
      'TO-COME scheduled',
      'OFF disabled',
      'SPENT used_up',
    ])
    expect(await codes('?active=true')).toEqual(['GOOD'])
    expect(await codes('?active=false')).toEqual(['GONE', 'TO-COME', 'OFF', 'SPENT'])
    expect(await codes('?q=go')).toEqual(['GOOD', 'GONE'])
    expect((await list('?active=false&limit=1&count=true')).count).toBe(4)
    const first = await list('?limit=3')
    expect(await codes(`?limit=3&cursor=${first.next_cursor}`)).toEqual(['OFF', 'SPENT'])
    expect((await (await admin().get(`${DISCOUNTS}/${spent.id}`)).json<Discount>()).uses).toEqual({
      held: 1,
      used: 0,
    })
  })

  it('is made once under one key', async ({ expect }) => {
    const headers = { 'idempotency-key': 'k' }
    const body = { code: 'ONCE', percent: 5, product_ids: [1] }
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => admin().post(DISCOUNTS, { body, headers })),
    )
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true)
    const again = await admin().post(DISCOUNTS, { body, headers })
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true'])
    expect((await again.json<Discount>()).product_ids).toEqual([1])
    expect(await world.count('discounts')).toBe(1)
  })

  it('is changed by one of those who read the same state', async ({ expect }) => {
    const { id } = await newDiscount(world)
    const path = `${DISCOUNTS}/${id}`
    const headers = { 'if-match': (await admin().get(path)).headers.get('etag') ?? '' }
    const change = (index: number) =>
      admin().patch(path, { body: { percent: 20 + index }, headers })
    expect(await inParallel(20, change)).toEqual({ 200: 1, 412: 19 })
    expect((await admin().delete(path, { headers })).status).toBe(412)
    expect(await world.count('discounts')).toBe(1)
    const all = await inParallel(5, (index) =>
      admin().patch(path, { body: { percent: 50 + index } }),
    )
    expect(all).toEqual({ 200: 5 })
  })

  it('names the product or category that is not there, and makes nothing', async ({ expect }) => {
    const { id } = await newDiscount(world)
    const before = await everyRow(['rate_limits', 'sessions'])
    // Its code is that of the newest one, which must not be taken for the new one.
    const body = { code: 'OTHER', percent: 5, product_ids: [1, 77], category_ids: [9] }
    const headers = { 'idempotency-key': 'k' }
    const path = `${DISCOUNTS}/${id}`
    for (const answer of [
      await admin().post(DISCOUNTS, { body, headers }),
      await admin().post(DISCOUNTS, { body: { ...body, code: 'SPRING-10' } }),
      await admin().patch(path, { body: { ...body, code: 'SPRING-10' } }),
    ]) {
      expect(answer.status).toBe(422)
      expect(await answer.json()).toMatchObject({
        errors: [{ path: 'product_ids.1' }, { path: 'category_ids.0' }],
      })
    }
    expect(await everyRow(['rate_limits', 'sessions'])).toEqual(before)
  })

  it('for a product that is deleted is for nothing, not for everything', async ({ expect }) => {
    const { id } = await newDiscount(world, { product_ids: [3] })
    await env.DB.prepare('delete from products where id = 3').run()
    const read = await (await admin().get(`${DISCOUNTS}/${id}`)).json<Discount>()
    expect([read.scope, read.product_ids]).toEqual(['selection', []])
    expect(await buyWith(world, 'SPRING-10')).toBe('not_for_these')
    await admin().patch(`${DISCOUNTS}/${id}`, { body: { product_ids: [] } })
    expect(await buyWith(world, 'SPRING-10')).toBe('not_for_these')
    await admin().patch(`${DISCOUNTS}/${id}`, { body: { scope: 'everything' } })
    expect(await buyWith(world, 'SPRING-10')).toHaveLength(36)
  })

  it('that was used keeps its code, and is disabled instead of deleted', async ({ expect }) => {
    const { id } = await newDiscount(world)
    await buyWith(world, 'SPRING-10')
    const path = `${DISCOUNTS}/${id}`
    expect((await admin().patch(path, { body: { code: 'OTHER' } })).status).toBe(409)
    expect((await admin().patch(path, { body: { code: 'Spring-10', percent: 20 } })).status).toBe(
      200,
    )
    expect((await admin().delete(path)).status).toBe(204)
    expect(await (await admin().get(path)).json()).toMatchObject({ enabled: false, percent: 20 })
    expect((await admin().delete(path)).status).toBe(204)
    expect(await actions()).toEqual(['discount.create', 'discount.update', 'discount.disable'])
  })

  it('is not made or changed by bad input', async ({ expect }) => {
    const { id } = await newDiscount(world)
    const state = () => world.rows('discounts')
    const route = { method: 'POST', path: DISCOUNTS, caller: 'admin' as const, texts: ['code'] }
    await refusesBadInput(expect, world, { ...route, valid: { code: 'FINE', percent: 5 } }, state)
    const before = await state()
    const money = [1.005, 0.1, -1, 10 ** 12, '1', null, 2 ** 31, 0]
    for (const body of [
      { code: 'ab' },
      { code: 'x'.repeat(41) },
      { code: 'with space' },
      { code: 'ÜBER' },
      { code: null },
      ...[0, -1, 101, 0.5, '10', 1e9].map((percent) => ({ percent })),
      { percent: null },
      { percent: 5, amount: usd(5) },
      ...money.map((amount) => ({ amount: { amount, currency: 'usd' } })),
      ...['eur', 'jpy', 'JPY', 'xxx', 'kwd'].map((currency) => ({
        amount: { amount: 1, currency },
      })),
      { amount: { amount: 1 } },
      { amount: 100 },
      { minimum: { amount: -1, currency: 'usd' } },
      { minimum: { amount: 1, currency: 'eur' } },
      { starts_at: LATER, ends_at: LATER },
      { starts_at: LATER, ends_at: BEFORE },
      { starts_at: 'tomorrow' },
      { starts_at: 1 },
      { max_uses: 0 },
      { max_uses: 1.5 },
      { max_uses: 10 ** 9 },
      { max_uses_per_customer: -1 },
      { scope: 'all' },
      { scope: 'everything', product_ids: [1] },
      { product_ids: [1, 1] },
      { product_ids: ['1'] },
      { product_ids: Array.from({ length: 201 }, (_, index) => index + 1) },
      { uses: { held: 0 } },
      { status: 'active' },
      { version: 9 },
    ]) {
      const fine = { code: 'NEW', ...('amount' in body ? {} : { percent: 5 }) }
      for (const answer of [
        await admin().patch(`${DISCOUNTS}/${id}`, { body }),
        await admin().post(DISCOUNTS, { body: { ...fine, ...body } }),
      ]) {
        expect(answer.status, JSON.stringify(body)).toBe(422)
      }
    }
    for (const query of ['active=yes', 'q=', 'sort=code', 'limit=0', 'code=x']) {
      expect((await admin().get(`${DISCOUNTS}?${query}`)).status, query).toBe(422)
    }
    for (const name of ['0', 'x', '1.5', '99999999999']) {
      expect((await admin().get(`${DISCOUNTS}/${name}`)).status, name).toBe(404)
    }
    expect(await state()).toEqual(before)
  })

  it('is made whole or not at all, whatever breaks', async ({ expect }) => {
    const body = { code: 'WHOLE', percent: 5, product_ids: [1], category_ids: [1] }
    await breakEach({
      settings: GENEROUS,
      before: async (fresh) => {
        await seedGoods([1000])
        await seedCategory(1, [1])
        await fresh.admin()
      },
      run: (broken) =>
        broken.as('admin').post(DISCOUNTS, { body, headers: { 'idempotency-key': 'k' } }),
      after: async (healed, point) => {
        const again = { body, headers: { 'idempotency-key': 'k' } }
        expect((await healed.as('admin').post(DISCOUNTS, again)).status, point).toBe(201)
        const counts = ['discounts', 'discount_products', 'discount_categories', 'idempotency_keys']
        for (const table of counts) expect(await healed.count(table), point).toBe(1)
        const entries = (await healed.rows('audit_log')).map(({ action }) => action)
        expect(entries, point).toEqual(['discount.create'])
      },
    })
  })
})
