import { describe, it } from 'vitest'
import { GENEROUS } from '../support/accounts.ts'
import { breakEach } from '../support/break-each.ts'
import {
  CATEGORIES,
  newCategory,
  newProduct,
  order,
  outOfStep,
  PRODUCTS,
  VARIANTS,
  variant,
} from '../support/shop.ts'
import type { World } from '../support/world.ts'

const TABLES = [
  'products',
  'variants',
  'stock_movements',
  'categories',
  'product_categories',
  'slugs',
  'image_uses',
]

/** All that the shop is made of, and how many changes the record knows. */
const stateOf = async (world: World) => {
  const tables = await Promise.all(TABLES.map((table) => world.rows(table)))
  const entries = await world.rows('audit_log')
  return JSON.stringify([tables, entries.map(({ action }) => action)])
}

const idOf = async (world: World, table: string, index = 0) =>
  Number((await world.rows(table))[index]?.id)

type Deed = { name: string; run: (world: World) => Promise<Response> }

const DEEDS: Deed[] = [
  {
    name: 'making a product',
    run: async (world) => {
      const variants = [
        variant({ sku: 'N-1', options: {}, on_hand: 3 }),
        variant({ sku: 'N-2', options: { a: 'b' } }),
      ]
      const category_ids = [await idOf(world, 'categories')]
      const body = { name: 'New', status: 'active', variants, category_ids }
      return world.as('admin').post(PRODUCTS, { body, headers: { 'idempotency-key': 'k' } })
    },
  },
  {
    name: 'changing a product',
    run: async (world) => {
      const body = { name: 'Renamed', category_ids: [], attributes: { a: 'b' }, status: 'draft' }
      return world.as('admin').patch(`${PRODUCTS}/${await idOf(world, 'products')}`, { body })
    },
  },
  {
    name: 'deleting a product',
    run: async (world) =>
      world.as('admin').delete(`${PRODUCTS}/${await idOf(world, 'products', 1)}`),
  },
  {
    name: 'archiving a product',
    run: async (world) => world.as('admin').delete(`${PRODUCTS}/${await idOf(world, 'products')}`),
  },
  {
    name: 'putting a product into a category',
    run: async (world) =>
      world
        .as('admin')
        .put(
          `${PRODUCTS}/${await idOf(world, 'products', 1)}/categories/${await idOf(world, 'categories')}`,
        ),
  },
  {
    name: 'adding a variant',
    run: async (world) => {
      const body = variant({ sku: 'N-1', options: { a: 'b' }, on_hand: 3 })
      const path = `${PRODUCTS}/${await idOf(world, 'products')}/variants`
      return world.as('admin').post(path, { body, headers: { 'idempotency-key': 'k' } })
    },
  },
  {
    name: 'changing a variant',
    run: async (world) => {
      const body = { price: { amount: 1, currency: 'usd' }, status: 'archived' }
      return world.as('admin').patch(`${VARIANTS}/${await idOf(world, 'variants')}`, { body })
    },
  },
  {
    name: 'deleting a variant',
    run: async (world) =>
      world.as('admin').delete(`${VARIANTS}/${await idOf(world, 'variants', 1)}`),
  },
  {
    name: 'changing a category',
    run: async (world) =>
      world
        .as('admin')
        .patch(`${CATEGORIES}/${await idOf(world, 'categories')}`, { body: { name: 'Pots' } }),
  },
  {
    name: 'deleting a category',
    run: async (world) =>
      world.as('admin').delete(`${CATEGORIES}/${await idOf(world, 'categories')}`),
  },
]

/** One product that was ordered and stands in a category, and one of neither. */
async function open(world: World): Promise<void> {
  await world.admin()
  const { id } = await newCategory(world)
  const ordered = variant({ sku: 'O-1', options: {}, on_hand: 5 })
  const product = await newProduct(world, { category_ids: [id], variants: [ordered] })
  const plain = [variant({ sku: 'P-1', options: {} }), variant({ sku: 'P-2', options: { a: 'a' } })]
  await newProduct(world, { name: 'Plain', variants: plain })
  await world.env.DB.prepare('update variants set version = 1').run()
  await order(product.variants[0].id, 2)
  await world.env.DB.prepare("update stock_movements set actor = ''").run()
}

describe('whatever call breaks', () => {
  for (const { name, run } of DEEDS) {
    it(`${name} is done whole with its record, or not at all`, async ({ expect }) => {
      let before = ''
      let done = ''
      let status = 0
      const calls = await breakEach({
        settings: GENEROUS,
        before: async (world) => {
          await open(world)
          before = await stateOf(world)
        },
        run: async (world) => {
          status = (await run(world)).status
        },
        after: async (world, point) => {
          await world.env.DB.prepare("update stock_movements set actor = ''").run()
          const after = await stateOf(world)
          done ||= after
          if (point === 'nothing broken') expect(after, point).not.toBe(before)
          expect([before, done], point).toContain(after)
          expect(await outOfStep(), point).toEqual([])
          if (status < 300) expect(after, point).toBe(done)
          else expect(status, point).toBe(500)
        },
      })
      expect(
        calls.filter((call) => call.startsWith('D1')).length,
        calls.join(),
      ).toBeLessThanOrEqual(7)
    })
  }

  it('reading answers a problem, or what is kept', async ({ expect }) => {
    let status = 0
    for (const path of [PRODUCTS, `${PRODUCTS}/a-bowl`, CATEGORIES, `${CATEGORIES}/bowls`]) {
      await breakEach({
        settings: GENEROUS,
        before: open,
        run: async (world) => {
          status = (await world.as('anonymous').get(path)).status
        },
        after: async (_, point) => expect([200, 500, 503], `${path} ${point}`).toContain(status),
      })
    }
  })
})
