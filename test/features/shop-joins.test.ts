import { env } from 'cloudflare:workers'
import { beforeEach, describe, it } from 'vitest'
import { createContext } from '../../src/context.ts'
import { RENDER_VERSION } from '../../src/core/markdown.ts'
import type { Bindings } from '../../src/env.ts'
import { ProductPage, ProductView } from '../../src/features/catalog/schemas.ts'
import { findOffers, forgetProducts } from '../../src/features/catalog/service.ts'
import { GENEROUS, inParallel } from '../support/accounts.ts'
import { detailOf, listOf } from '../support/content.ts'
import { IMAGES, keyOf, picture, upload, VIDEOS } from '../support/media.ts'
import {
  newCategory,
  newProduct,
  order,
  PRODUCTS,
  type Product,
  usd,
  VARIANTS,
  variant,
} from '../support/shop.ts'
import { newWorld, World } from '../support/world.ts'

let world: World
beforeEach(async () => {
  world = await newWorld(GENEROUS)
})

const shown = async (id: number) =>
  (await detailOf<Product & Record<string, unknown>>(world, PRODUCTS, id)) as Product &
    Record<string, unknown>
const change = (id: number, body: object) => world.as('admin').patch(`${PRODUCTS}/${id}`, { body })
const search = async (query: string) => {
  const response = await world.as('anonymous').get(`/api/v1/search?q=${query}`)
  const { data } = await response.json<{ data: { type: string; slug: string; title: string }[] }>()
  return data.map(({ type, slug }) => `${type} ${slug}`)
}

describe('pictures and videos', () => {
  it('of a product and its variants are shown with it at once, and go with it', async ({
    expect,
  }) => {
    const product = await newProduct(world, { variants: [variant(), variant()] })
    const [first, second] = product.variants
    await shown(product.id)
    await listOf(world, PRODUCTS)
    world.pass(1)
    const ofProduct = await picture(world, { entity_type: 'product', entity_id: product.id })
    const ofVariant = await picture(world, { entity_type: 'variant', entity_id: second?.id ?? 0 })
    const video = {
      entity_type: 'product',
      entity_id: product.id,
      title: 'At the wheel',
      url: 'https://vimeo.com/1',
    }
    expect((await world.as('admin').post(VIDEOS, { body: video })).status).toBe(201)
    const found = await shown(product.id)
    expect(found).toMatchObject({
      images: [{ id: ofProduct.id }],
      variants: [{ images: [] }, { images: [{ id: ofVariant.id }] }],
      videos: [{ source: 'vimeo' }],
    })
    expect(ProductView().parse(found)).toEqual(found)
    const page = await listOf(world, PRODUCTS)
    expect(page.data).toEqual([found])
    expect(ProductPage().parse(page)).toEqual(page)
    const headers = {
      'x-d1-bookmark': '00000000-00000000-00000000-00000000000000000000000000000000',
    }
    for (const address of [PRODUCTS, `${PRODUCTS}/${product.id}`, `${PRODUCTS}?sort=price`]) {
      const response = await world.as('anonymous').get(address, { headers })
      expect(response.headers.get('server-timing'), address).toContain('calls=1 ')
    }
    world.pass(1)
    await world.as('admin').patch(`${IMAGES}/${ofVariant.id}`, { body: { alt_text: 'Blue' } })
    expect(await shown(product.id)).toMatchObject({
      variants: [{}, { images: [{ alt_text: 'Blue' }] }],
    })
    const wrong = { ...video, entity_type: 'variant', entity_id: first.id }
    expect((await world.as('admin').post(VIDEOS, { body: wrong })).status).toBe(422)
    await world.as('admin').delete(`${VARIANTS}/${second?.id}`)
    expect(await world.rows('images')).toMatchObject([{ id: ofProduct.id }])
    await world.as('admin').delete(`${PRODUCTS}/${product.id}`)
    for (const table of ['images', 'videos', 'slugs']) expect(await world.count(table)).toBe(0)
    const gone = (await world.rows('deleted_files')).map(({ key }) => key)
    expect(gone.toSorted()).toEqual([ofProduct, ofVariant].map(keyOf).toSorted())
  })

  it('of one variant are ten at most', async ({ expect }) => {
    const [{ id }] = (await newProduct(world)).variants
    const place = { entity_type: 'variant', entity_id: id }
    await env.DB.prepare(
      `insert into images (key, status, entity_type, entity_id, content_type, byte_size, width, height, created_at, updated_at)
       select 'k' || value, 'ready', 'variant', ?, 'image/png', 1, 1, 1, 1, 1 from json_each('[1,2,3,4,5,6,7,8]')`,
    )
      .bind(id)
      .run()
    expect(await inParallel(4, () => upload(world, 'admin', place))).toEqual({ 201: 2, 409: 2 })
    expect((await upload(world, 'admin', { ...place, entity_id: 999 })).status).toBe(422)
  })

  it('in a description are known to stand there', async ({ expect }) => {
    const image = await picture(world)
    const description = `![A bowl](/media/${keyOf(image)})`
    const { id } = await newProduct(world, { description })
    expect(await world.rows('image_uses')).toMatchObject([
      { image_id: image.id, entity_type: 'product', entity_id: id },
    ])
    await change(id, { description: 'None.' })
    expect(await world.count('image_uses')).toBe(0)
  })
})

describe('a description', () => {
  it('is Markdown as in posts, rendered anew when the rules change', async ({ expect }) => {
    const description = '**Bold** <b>not</b> [x](javascript:alert(1)) [y](https://y.example/)'
    const { id } = await newProduct(world, { description })
    const html = (await shown(id)).description_html
    expect(html).toContain('<strong>Bold</strong> &lt;b&gt;not&lt;/b&gt;')
    expect(html).not.toContain('href="javascript')
    expect(html).toContain('rel="noopener"')
    await env.DB.prepare("update products set render_version = 0, description_html = 'old'").run()
    await world.runCron('* * * * *')
    const [row] = await world.rows('products')
    expect(row).toMatchObject({
      description_html: html,
      render_version: RENDER_VERSION,
      version: 1,
    })
  })
})

describe('reactions to a product', () => {
  it('are counted, shown and gone with it; it takes no comment', async ({ expect }) => {
    const product = await newProduct(world)
    const ann = await world.person()
    const path = `${PRODUCTS}/${product.id}`
    await shown(product.id)
    world.pass(1)
    const react = (type: string) => world.as(ann).put(`${path}/reaction`, { body: { type } })
    expect(await (await react('love')).json()).toMatchObject({ total: 1, love: 1, mine: 'love' })
    await world.as('anonymous').put(`${path}/reaction`, { body: { type: 'like' } })
    await react('insightful')
    expect(await shown(product.id)).toMatchObject({
      reactions: { total: 2, like: 1, love: 0, insightful: 1 },
    })
    expect((await listOf(world, PRODUCTS)).data).toMatchObject([{ reactions: { total: 2 } }])
    expect(await (await world.as(ann).get(`${path}/reactions`)).json()).toMatchObject({
      mine: 'insightful',
    })
    expect((await world.as(ann).delete(`${path}/reaction`)).status).toBe(204)
    expect(await shown(product.id)).toMatchObject({ reactions: { total: 1 } })
    expect((await world.as('anonymous').get(`${path}/comments`)).status).toBe(404)
    const post = { title: 'x', content: 'y', status: 'published' }
    await world.as('admin').post('/api/v1/posts', { body: post })
    await change(product.id, { status: 'archived' })
    expect((await react('like')).status).toBe(404)
    expect((await world.as(ann).get(`${path}/reactions`)).status).toBe(404)
    await world.as('admin').delete(path)
    expect(await world.count('reactions')).toBe(0)
    const [row] = await world.rows('posts')
    expect(row).toMatchObject({ like_count: 0, love_count: 0 })
  })
})

describe('search and sitemap', () => {
  it('find a product while it is active, as it is now', async ({ expect }) => {
    const product = await newProduct(world, {
      name: 'Soap dish',
      description: 'Made of larch.',
      attributes: { Finish: 'Linseed', Woods: ['Larch', 'Cherry'] },
    })
    for (const word of ['soap', 'larch', 'linseed', 'cherry']) {
      expect(await search(word)).toEqual(['product soap-dish'])
    }
    expect(await search('soap&type=product')).toEqual(['product soap-dish'])
    expect(await search('soap&type=post')).toEqual([])
    expect(await search('finish')).toEqual([])
    const sitemap = async () => (await world.as('anonymous').get('/sitemap.xml')).text()
    const address = '<loc>http://localhost:5173/shop/soap-dish</loc>'
    expect(await sitemap()).toContain(address)
    world.pass(1)
    await change(product.id, { name: 'Soap bowl', attributes: { Woods: 'Oak' } })
    expect(await search('dish')).toEqual([])
    expect(await search('cherry')).toEqual([])
    expect(await search('oak')).toEqual(['product soap-bowl'])
    expect(await sitemap()).toContain('/shop/soap-bowl<')
    for (const status of ['draft', 'archived']) {
      world.pass(1)
      await change(product.id, { status })
      expect(await search('oak'), status).toEqual([])
      expect(await sitemap(), status).not.toContain('/shop/')
    }
    await change(product.id, { status: 'active' })
    expect(await search('oak')).toEqual(['product soap-bowl'])
    await world.as('admin').delete(`${PRODUCTS}/${product.id}`)
    expect(await world.count('search_docs')).toBe(0)
    const made = await newProduct(world, { name: 'Hidden', status: 'draft' })
    expect(await search('hidden')).toEqual([])
    await world.as('admin').delete(`${PRODUCTS}/${made.id}`)
  })

  it('keep the beginning of a long text alone', async ({ expect }) => {
    const values = Array.from({ length: 50 }, (_, index) => `${'w'.repeat(195)}${index}`)
    const attributes = Object.fromEntries(
      Array.from({ length: 10 }, (_, index) => [`a${index}`, values]),
    )
    await newProduct(world, { description: `first ${'y '.repeat(9990)}`, attributes })
    expect(await search('first')).toHaveLength(1)
    const [row] = await world.rows('search_docs')
    expect(String(row?.body).length).toBe(20_000)
  })
})

describe('what a shop asks of the catalogue', () => {
  const contextOf = () =>
    createContext(world.env as unknown as Bindings, { type: 'system', job: 'x' })

  it('is told of each variant in one statement', async ({ expect }) => {
    const category = await newCategory(world)
    const product = await newProduct(world, {
      name: 'Bowl',
      category_ids: [category.id],
      variants: [
        variant({ sku: 'A', options: { Size: 'S' }, on_hand: 5, weight_grams: 100 }),
        variant({ sku: 'B', options: {}, price: usd(1), status: 'archived' }),
      ],
    })
    const [first, second] = product.variants
    await order(first.id, 2)
    const ctx = contextOf()
    const offers = await findOffers(ctx, [first.id, second?.id ?? 0, 999])
    expect(ctx.db.meter.calls).toBe(1)
    expect([...offers.values()]).toEqual([
      {
        id: first.id,
        productId: product.id,
        sku: 'A',
        title: 'S',
        productName: 'Bowl',
        label: 'Bowl · S',
        slug: 'bowl',
        price: 1250,
        weightGrams: 100,
        status: 'active',
        productStatus: 'active',
        isActive: true,
        available: 3,
        categoryIds: [category.id],
      },
      expect.objectContaining({ sku: 'B', label: 'Bowl', isActive: false, available: 0 }),
    ])
    await change(product.id, { status: 'draft' })
    expect((await findOffers(contextOf(), [first.id])).get(first.id)).toMatchObject({
      status: 'active',
      productStatus: 'draft',
      isActive: false,
    })
  })

  it('lets visitors see stock that an order has moved', async ({ expect }) => {
    const product = await newProduct(world)
    const [{ id }] = product.variants
    // What is read in the very instant of a change is not kept.
    world.pass(1)
    await shown(product.id)
    await listOf(world, PRODUCTS)
    world.pass(1)
    await order(id, 4)
    expect(await shown(product.id)).toMatchObject({ available: 5 })
    await forgetProducts(contextOf(), [id, id, 999])
    expect(await shown(product.id)).toMatchObject({ available: 1 })
    expect((await listOf(world, PRODUCTS)).data).toMatchObject([{ available: 1 }])
    world.faults.failAt(1, 'before')
    await forgetProducts(contextOf(), [id])
    world.faults.heal()
    expect(world.logs.some((line) => line.includes('products.not_forgotten'))).toBe(true)
  })

  it('is in another currency where the settings say so', async ({ expect }) => {
    world = new World({ ...GENEROUS, CURRENCY: 'jpy' })
    const yen = { amount: 900, currency: 'jpy' }
    const { id } = await newProduct(world, { variants: [variant({ price: yen })] })
    expect(await shown(id)).toMatchObject({ price_from: yen, variants: [{ price: yen }] })
    const body = variant()
    expect((await world.as('admin').post(`${PRODUCTS}/${id}/variants`, { body })).status).toBe(422)
  })
})
