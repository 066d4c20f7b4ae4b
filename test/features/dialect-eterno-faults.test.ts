import { describe, it } from 'vitest'
import { everyRow } from '../support/accounts.ts'
import { breakEach } from '../support/break-each.ts'
import { BAR, type Bar, newSoapShop, SOAP, type Soap, soapShop } from '../support/eterno.ts'
import { filesOf } from '../support/media.ts'
import { png } from '../support/pictures.ts'
import { outOfStep } from '../support/shop.ts'
import type { World } from '../support/world.ts'

const settings = { REQUIRE_ADMIN_2FA: 'false' }
const MOUNT = '/dialects/eterno'
const HOUR = 3_600_000

let world: World
let token = ''
const shop = soapShop(() => world)
const { call } = shop

async function open(fresh: World): Promise<void> {
  world = fresh
  token = await shop.keeper()
}

const put = (url: string) =>
  world.request('PUT', new URL(url).pathname, 'anonymous', {
    raw: png(),
    headers: { 'content-type': 'image/png' },
  })
const linkTo = () =>
  shop.must<{ uploadUrl: string; key: string }>('POST', '/upload/presigned-url', {
    token,
    json: { fileName: 'a.png', contentType: 'image/png' },
  })
async function picture(): Promise<string> {
  const { uploadUrl, key } = await linkTo()
  await put(uploadUrl)
  return key
}

const NASTY: [what: string, body: BodyInit, status: number][] = [
  ['nothing', '', 422],
  ['null', 'null', 422],
  ['a text', '"x"', 422],
  ['a number', '1e999', 422],
  ['half an object', '{"name":', 422],
  ['a key named twice', '{"name":"a","name":"b"}', 400],
  ['a key that reaches for the prototype', '{"__proto__":{"x":1}}', 422],
  ['NUL in a text', '{"name":"a\\u0000"}', 422],
  ['half a letter', '{"name":"\\ud800"}', 422],
  ['what is no UTF-8', Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d), 400],
  ['17 levels', `${'{"a":'.repeat(17)}1${'}'.repeat(17)}`, 400],
  ['more than 64 KiB', `{"name":"${'x'.repeat(70_000)}"}`, 413],
]
const TAKES_JSON: [method: string, path: string][] = [
  ['POST', '/admins/login'],
  ['POST', '/admins/'],
  ['POST', '/products/'],
  ['PUT', '/products/1'],
  ['POST', '/products/1/categories'],
  ['POST', '/categories/'],
  ['PUT', '/categories/1'],
  ['POST', '/products/1/variants/'],
  ['PUT', '/products/1/variants/1'],
  ['PATCH', '/products/1/variants/1/stock'],
  ['POST', '/api/checkout'],
  ['POST', '/contact'],
  ['POST', '/upload/presigned-url'],
]

describe('bad input to the soap shop', () => {
  it.for(TAKES_JSON)(
    'is refused, and changes nothing: %s %s',
    async ([method, path], { expect }) => {
      await open(await newSoapShop())
      const before = await everyRow(['rate_limits'])
      for (const [what, raw, status] of NASTY) {
        const response = await world.request(method, MOUNT + path, 'anonymous', {
          raw,
          headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        })
        expect(response.status, what).toBe(status)
        expect(await response.json(), what).toHaveProperty('detail')
      }
      expect(await everyRow(['rate_limits'])).toEqual(before)
    },
  )
})

describe('whatever call breaks in the soap shop', () => {
  it('a picture that was taken is there, and one that was not leaves nothing', async ({
    expect,
  }) => {
    let link = { uploadUrl: '', key: '' }
    let status = 0
    await breakEach({
      settings,
      before: async (fresh) => {
        await open(fresh)
        link = await linkTo()
      },
      run: async (broken) => {
        world = broken
        status = (await put(link.uploadUrl)).status
      },
      after: async (healed, point) => {
        world = healed
        expect([200, 403, 500, 503], point).toContain(status)
        const soap = await shop.soap(token, { img_key: link.key })
        if (status === 200) expect(soap.img_key, point).toBe(link.key)
        if (soap.image_url) {
          const file = await healed.as('anonymous').get(new URL(soap.image_url).pathname)
          expect(file.status, point).toBe(200)
        }
        healed.pass(2 * HOUR)
        await healed.runCron('* * * * *')
        const rows = await healed.rows('images')
        expect(rows.length, point).toBe(soap.image_url ? 1 : 0)
        expect((await filesOf()).length, point).toBe(rows.length)
      },
    })
  })

  it('a product shows the picture before or the one after', async ({ expect }) => {
    let soap: Soap | undefined
    let keys: string[] = []
    let status = 0
    await breakEach({
      settings,
      before: async (fresh) => {
        await open(fresh)
        keys = [await picture(), await picture()]
        soap = await shop.soap(token, { img_key: keys[0] })
      },
      run: async (broken) => {
        world = broken
        const json = { ...SOAP, img_key: keys[1] }
        status = (await call('PUT', `/products/${soap?.id}`, { token, json })).status
      },
      after: async (healed, point) => {
        world = healed
        const { body } = await call('GET', `/products/${soap?.id}`)
        expect(keys, point).toContain((body as Soap).img_key)
        if (status === 200) expect((body as Soap).img_key, point).toBe(keys[1])
        expect(await healed.count('images'), point).toBe(2)
      },
    })
  })

  const SHOWN = [
    ['a picture of its own', false],
    ['a copy of another', true],
  ] as const
  it.for(SHOWN)('what is new shows %s, or is not there', async ([, isCopy], { expect }) => {
    let key = ''
    let soaps = 0
    let status = 0
    const placed = async (of: string) =>
      (await world.rows('images')).filter((row) => row.entity_type === of).length
    const before = async (fresh: World) => {
      await open(fresh)
      key = await picture()
      if (isCopy) await shop.soap(token, { img_key: key })
      else await shop.soap(token)
      soaps = await placed('product')
    }
    await breakEach({
      settings,
      before,
      run: async (broken) => {
        world = broken
        const json = { ...SOAP, name: 'Saffron', img_key: key }
        status = (await call('POST', '/products', { token, json })).status
      },
      after: async (healed, point) => {
        world = healed
        const made = (await healed.count('products')) - 1
        expect((await placed('product')) - soaps, point).toBe(made)
        if (status === 201) expect(made, point).toBe(1)
      },
    })
    await breakEach({
      settings,
      before,
      run: async (broken) => {
        world = broken
        const json = { ...BAR, img_key: key }
        status = (await call('POST', '/products/1/variants', { token, json })).status
      },
      after: async (healed, point) => {
        world = healed
        const made = await healed.count('variants')
        expect(await placed('variant'), point).toBe(made)
        if (status === 201) expect(made, point).toBe(1)
        expect(await outOfStep(), point).toEqual([])
      },
    })
  })

  it('a product is put into all of several categories, or none', async ({ expect }) => {
    await breakEach({
      settings,
      before: async (fresh) => {
        await open(fresh)
        await shop.soap(token)
        for (const name of ['Bars', 'Gifts', 'Sets']) await shop.category(token, name)
      },
      run: async (broken) => {
        world = broken
        const json = { category_ids: [1, 3, 2] }
        await call('POST', '/products/1/categories', { token, json })
      },
      after: async (healed, point) => {
        const held = await healed.count('product_categories')
        expect([0, 3], point).toContain(held)
        const audit = (await healed.rows('audit_log')).map(({ action }) => action)
        expect(audit.filter((one) => one === 'product.categorise').length, point).toBe(held)
      },
    })
  })

  it('all of several categories are made, or none', async ({ expect }) => {
    let status = 0
    await breakEach({
      settings,
      before: open,
      run: async (broken) => {
        world = broken
        const json = ['Bars', 'Bars', 'Gifts'].map((name) => ({ name, description: '' }))
        status = (await call('POST', '/categories', { token, json })).status
      },
      after: async (healed, point) => {
        const made = await healed.rows('categories')
        expect([0, 3], point).toContain(made.length)
        if (status === 201) {
          expect(made.map(({ slug }) => slug)).toEqual(['bars', 'bars-2', 'gifts'])
        }
        const audit = (await healed.rows('audit_log')).map(({ action }) => action)
        expect(audit.filter((one) => one === 'category.create').length, point).toBe(made.length)
      },
    })
  })

  it('a copied picture has its file, or there is none', async ({ expect }) => {
    let id = 0
    let key = ''
    await breakEach({
      settings,
      before: async (fresh) => {
        await open(fresh)
        key = await picture()
        await shop.soap(token, { img_key: key })
        id = (await shop.soap(token, { name: 'Saffron' })).id
      },
      run: async (broken) => {
        world = broken
        await call('PUT', `/products/${id}`, { token, json: { ...SOAP, img_key: key } })
      },
      after: async (healed, point) => {
        world = healed
        healed.pass(2 * HOUR)
        await healed.runCron('* * * * *')
        expect((await filesOf()).length, point).toBe(await healed.count('images'))
        const { body } = await call('GET', `/products/${id}`)
        const { image_url: url } = body as Soap
        if (!url) return
        expect((await healed.as('anonymous').get(new URL(url).pathname)).status, point).toBe(200)
      },
    })
  })

  it('what is counted and what the ledger says are one', async ({ expect }) => {
    let bar: Bar | undefined
    let status = 0
    const path = () => `/products/${bar?.product_id}/variants/${bar?.id}`
    await breakEach({
      settings,
      before: async (fresh) => {
        await open(fresh)
        const { id } = await shop.soap(token)
        bar = await shop.bar(token, id)
      },
      run: async (broken) => {
        world = broken
        status = (await call('PUT', path(), { token, json: { ...BAR, stock_quantity: 20 } })).status
      },
      after: async (healed, point) => {
        world = healed
        const { body } = await call('GET', path())
        expect([8, 20], point).toContain((body as Bar).stock_quantity)
        if (status === 200) expect((body as Bar).stock_quantity, point).toBe(20)
        const audit = (await healed.rows('audit_log')).map(({ action }) => action)
        const counts = audit.filter((action) => action === 'stock.change')
        expect(counts.length, point).toBe((body as Bar).stock_quantity === 20 ? 1 : 0)
        expect(await outOfStep(), point).toEqual([])
      },
    })
  })
})
