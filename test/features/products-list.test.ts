import { env } from 'cloudflare:workers'
import { beforeEach, describe, it } from 'vitest'
import { fold } from '../../src/core/text.ts'
import { GENEROUS } from '../support/accounts.ts'
import { listOf, walk } from '../support/content.ts'
import {
  newCategory,
  newProduct,
  outOfStep,
  PRODUCTS,
  usd,
  VARIANTS,
  variant,
} from '../support/shop.ts'
import { newWorld, type World } from '../support/world.ts'

let world: World
beforeEach(async () => {
  world = await newWorld(GENEROUS)
})

const ask = async (query: string) =>
  (await walk<{ name: string }>(world, PRODUCTS, query)).map(({ name }) => name)

/** The same numbers for the same seed (Park and Miller). */
function numbers(start: number) {
  let seed = start
  return (below: number) => {
    seed = (seed * 48271) % 2147483647
    return seed % below
  }
}

type Row = {
  id: number
  name: string
  price: number
  at: number
  stock: number
  category: number | null
}

/** So many products, of which many have the same name, price or time. */
async function stock(count: number, categories: number[]): Promise<Row[]> {
  const pick = numbers(count)
  const names = [
    'Äpfel',
    'apfel',
    'Zinn',
    'ZINN',
    'Öl',
    'b',
    'B',
    '陶',
    '🏺 jar',
    'x'.repeat(150),
    '🏺'.repeat(120),
  ]
  const rows = Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    name: names[pick(names.length)] ?? '',
    price: [0, 1, 1250, 1250, 9900, 1_000_000_000, -1][pick(7)] ?? 0,
    at: 1000 + pick(6),
    stock: pick(3),
    category: [...categories, null][pick(categories.length + 1)] ?? null,
  }))
  const given = JSON.stringify(
    rows.map((row) => ({
      ...row,
      sort: [...fold(row.name)].slice(0, 100).join(''),
      status: row.id % 7 === 0 ? 'draft' : 'active',
    })),
  )
  const value = (name: string) => `value ->> '${name}'`
  await env.DB.batch([
    env.DB.prepare(
      `insert into products (id, slug, name, description, description_html, render_version, attributes,
        status, search, sort_name, created_at, updated_at, published_at)
       select ${value('id')}, 'p-' || key, ${value('name')}, '', '', 1, '{}', ${value('status')},
        ${value('sort')}, ${value('sort')}, 1, 1, ${value('at')} from json_each(?)`,
    ).bind(given),
    // A price below nothing stands for a product without variants.
    env.DB.prepare(
      `insert into variants (product_id, sku, title, options, option_key, price, status, created_at, updated_at)
       select ${value('id')}, 'S-' || key, '', '{}', '[]', ${value('price')}, 'active', 1, 1
       from json_each(?) where ${value('price')} >= 0`,
    ).bind(given),
    env.DB.prepare(
      `insert into stock_movements (variant_id, reason, on_hand_change, reserved_change, actor, created_at)
       select v.id, 'received', ${value('stock')}, 0, '', 1
       from json_each(?) join variants v on v.product_id = ${value('id')} where ${value('stock')} > 0`,
    ).bind(given),
    env.DB.prepare(
      `insert into product_categories (product_id, category_id)
       select ${value('id')}, ${value('category')} from json_each(?) where ${value('category')} is not null`,
    ).bind(given),
  ])
  return rows.filter(({ id }) => id % 7 !== 0)
}

const encoder = new TextEncoder()
const hex = (text: string) =>
  Array.from(encoder.encode(text), (byte) => byte.toString(16).padStart(2, '0')).join('')
const keyOf = (row: Row) => hex([...fold(row.name)].slice(0, 100).join(''))
const costOf = ({ price }: Row) => (price < 0 ? 1_000_000_001 : price)
const compare = (one: string | number, other: string | number) =>
  one < other ? -1 : one > other ? 1 : 0

const SORTS: Record<string, (one: Row, other: Row) => number> = {
  newest: (one, other) => other.at - one.at || other.id - one.id,
  price: (one, other) => costOf(one) - costOf(other) || one.id - other.id,
  '-price': (one, other) => costOf(other) - costOf(one) || other.id - one.id,
  name: (one, other) => compare(keyOf(one), keyOf(other)) || one.id - other.id,
}

describe('the list of products', () => {
  it('gives each once, in order, under every sort and every filter', async ({ expect }) => {
    const categories = [await newCategory(world), await newCategory(world, { name: 'Gifts' })]
    const [first, second] = categories
    const ids = categories.map(({ id }) => id)
    const rows = await stock(120, ids)
    const hasPrice = ({ price }: Row) => price >= 0
    const isThere = (row: Row) => hasPrice(row) && row.stock > 0
    const filters: Record<string, (row: Row) => boolean> = {
      '': () => true,
      [`&category=${first?.id}`]: ({ category }) => category === first?.id,
      [`&category=${second?.slug}`]: ({ category }) => category === second?.id,
      '&category=nowhere': () => false,
      '&in_stock=true': isThere,
      '&in_stock=false': (row) => !isThere(row),
      '&price_min=1250': (row) => row.price >= 1250,
      '&price_max=1250': (row) => hasPrice(row) && row.price <= 1250,
      '&price_min=1&price_max=9900': ({ price }) => price >= 1 && price <= 9900,
      '&q=apf': ({ name }) => fold(name).includes('apf'),
      [`&q=zinn&in_stock=true&category=${first?.id}&price_max=9900`]: (row) =>
        fold(row.name).includes('zinn') &&
        isThere(row) &&
        row.category === first?.id &&
        row.price <= 9900,
    }
    let lists = 0
    for (const [sort, order] of Object.entries(SORTS)) {
      for (const [filter, fits] of Object.entries(filters)) {
        const wanted = rows.filter(fits).toSorted(order)
        for (const limit of [7, 40]) {
          const query = `limit=${limit}&sort=${sort}${filter}`
          const found = await walk<{ id: number }>(world, PRODUCTS, query)
          expect(
            found.map(({ id }) => id),
            query,
          ).toEqual(wanted.map(({ id }) => id))
          lists++
        }
      }
    }
    expect(lists).toBe(88)
    const page = await listOf<{ id: number }>(world, PRODUCTS, '?limit=3&sort=name')
    const other = `${PRODUCTS}?sort=price&cursor=${page.next_cursor}`
    expect((await world.as('anonymous').get(other)).status).toBe(422)
    expect(await outOfStep()).toEqual([])
  })

  it('goes on where it was when what stood there is gone or renamed', async ({ expect }) => {
    for (const name of ['A', 'B', 'C', 'D']) await newProduct(world, { name })
    const page = await listOf<{ id: number; name: string }>(world, PRODUCTS, '?limit=2&sort=name')
    const last = page.data.at(-1)
    expect(last?.name).toBe('B')
    await world.as('admin').patch(`${PRODUCTS}/${last?.id}`, { body: { name: 'Z' } })
    const next = await listOf<{ name: string }>(
      world,
      PRODUCTS,
      `?limit=2&sort=name&cursor=${page.next_cursor}`,
    )
    expect(next.data.map(({ name }) => name)).toEqual(['C', 'D'])
  })

  it('follows prices, stock and states of variants', async ({ expect }) => {
    const two = [
      variant({ price: usd(900), on_hand: 0 }),
      variant({ price: usd(300), on_hand: 1 }),
    ] as const
    const { id, variants } = await newProduct(world, { name: 'Two', variants: two })
    await newProduct(world, { name: 'One', variants: [variant({ price: usd(500), on_hand: 2 })] })
    const cheap = variants[1]?.id
    const change = (body: object) => world.as('admin').patch(`${VARIANTS}/${cheap}`, { body })
    expect(await ask('sort=price')).toEqual(['Two', 'One'])
    await change({ price: usd(600) })
    expect(await ask('sort=price')).toEqual(['One', 'Two'])
    expect(await ask('in_stock=true')).toEqual(['One', 'Two'])
    await change({ status: 'archived' })
    expect(await ask('in_stock=true')).toEqual(['One'])
    expect(await ask('price_max=800')).toEqual(['One'])
    await world.as('admin').delete(`${VARIANTS}/${variants[0].id}`)
    expect(await ask('sort=price')).toEqual(['One', 'Two'])
    expect(await ask('price_max=1000000000')).toEqual(['One'])
    const [shown] = (await listOf<{ id: number }>(world, PRODUCTS, '?sort=-price')).data
    expect(shown).toMatchObject({ id, price_from: null, available: 0, variants: [] })
    expect(await outOfStep()).toEqual([])
  })

  it('finds by name and attributes, without heed of case and accents', async ({ expect }) => {
    await newProduct(world, { name: 'Bürste', attributes: { Wood: ['Buche', 'Crème'] } })
    expect(await ask('q=BURST')).toEqual(['Bürste'])
    expect(await ask('q=creme')).toEqual(['Bürste'])
    expect(await ask('q=wood')).toEqual([])
  })
})
