import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { findChromium, launch, openPage, type Watched } from './chromium.ts'
import { type Site, startSite, waitFor } from './harness.ts'

const BUYER = 'clara@bergmann.test'
const MAIL_MS = 5000

const executable = findChromium()
let browser: Browser
let watched: Watched
let site: Site

type Quote = {
  payable: boolean
  total: { amount: number; currency: string }
  shipping: { id: string }[]
}
type Checkout = { order_id: string; order_token: string; url: string }
type Order = { status: string; number: string; email: string; tracking: { number: string } | null }

/** What a front end does: asks from a page, with a token where it has one. */
const ask = <Answer>(path: string, body?: object, token?: string): Promise<Answer> =>
  watched.page.evaluate(
    async ([address, sent, secret]) => {
      const response = await fetch(address as string, {
        method: sent ? 'POST' : 'GET',
        headers: {
          ...(sent && { 'content-type': 'application/json' }),
          ...(secret && { 'x-order-token': secret }),
        },
        ...(sent && { body: sent }),
      })
      return await response.json()
    },
    [path, body && JSON.stringify(body), token],
  )

const mailWith = (subject: string) =>
  waitFor(
    async () => (await site.mailbox(`?to=${BUYER}`)).find((mail) => mail.subject === subject),
    MAIL_MS,
    subject,
  )

/** Opens a mail in the mailbox as a reader does, and gives what stands in it. */
async function readMail(subject: string): Promise<string> {
  const { page } = watched
  await page.goto(`${site.url}/dev/mail`)
  await page.getByLabel('To').fill(BUYER)
  await page.getByRole('button', { name: subject }).first().click()
  const letter = page.frameLocator('#html')
  await letter.getByRole('heading').waitFor()
  return await letter.locator('body').innerText()
}

describe.skipIf(!executable)('a purchase', () => {
  let variant: number
  beforeAll(async () => {
    site = await startSite('development', {
      SHIPPING_RATES: JSON.stringify([{ id: 'standard', label: 'Standard', amount: 500 }]),
    })
    browser = await launch(executable ?? '')
    watched = await openPage(browser)
    const response = await site.request('POST', '/api/v1/products', {
      admin: true,
      body: {
        name: 'Soap dish',
        status: 'active',
        variants: [{ sku: 'DISH', price: { amount: 1900, currency: 'usd' }, on_hand: 3 }],
      },
    })
    if (response.status !== 201) throw new Error(await response.text())
    const { variants } = (await response.json()) as { variants: [{ id: number }] }
    variant = variants[0].id
  })
  afterAll(async () => {
    await browser?.close()
    await site?.close()
  })

  it('goes from the cart to the tracking mail', { timeout: 60_000 }, async ({ expect }) => {
    const { page, complaints, hosts } = watched
    await page.goto(`${site.url}/dev/mail`)

    const items = [{ variant_id: variant, quantity: 2 }]
    const quote = await ask<Quote>('/api/v1/checkout/quote', { items })
    expect(quote).toMatchObject({ payable: true, total: { amount: 4300, currency: 'usd' } })
    const checkout = await ask<Checkout>('/api/v1/checkout/sessions', {
      items,
      shipping_rate: quote.shipping[0]?.id,
      email: BUYER,
    })
    const read = async () => {
      // The payment page lets nothing be asked from it.
      await page.goto(`${site.url}/dev/mail`)
      const { order_id, order_token } = checkout
      return await ask<Order>(`/api/v1/orders/${order_id}`, undefined, order_token)
    }
    expect(await read()).toMatchObject({ status: 'pending', email: BUYER })

    await page.goto(site.url + new URL(checkout.url).pathname)
    await page.getByText('Soap dish').waitFor()
    expect(await page.getByLabel('E-mail').inputValue()).toBe(BUYER)
    await page.getByRole('button', { name: 'Let the card be declined' }).click()
    await page.getByRole('alert').getByText('declined').waitFor()
    await page.getByLabel('Name').fill('Clara Bergmann')
    await page.getByRole('button', { name: 'Pay 43.00 USD' }).click()
    await page.getByRole('heading', { name: 'Paid. Thank you!' }).waitFor()
    const back = await page.getByRole('link', { name: 'Back to the shop' }).getAttribute('href')
    const { hash, search } = new URL(back ?? '')
    expect([search, hash]).toEqual([
      '',
      `#order=${checkout.order_id}&token=${checkout.order_token}`,
    ])

    const order = await read()
    expect(order).toMatchObject({ status: 'paid', email: BUYER, tracking: null })
    await mailWith(`Your order ${order.number}`)
    const receipt = await readMail(`Your order ${order.number}`)
    for (const part of ['2 × Soap dish', '43.00 USD', 'Clara Bergmann']) {
      expect(receipt).toContain(part)
    }

    const path = `/api/v1/admin/orders/${checkout.order_id}`
    const tracking = { carrier: 'Post', number: 'RR100400211US' }
    const body = { action: 'fulfil', tracking }
    expect((await site.request('PATCH', path, { admin: true, body })).status).toBe(200)
    expect(await read()).toMatchObject({ status: 'fulfilled', tracking })
    await mailWith(`Your order ${order.number} is on its way`)
    expect(await readMail(`Your order ${order.number} is on its way`)).toContain('RR100400211US')

    // The mailbox asks for new mail each second, which leaving it breaks off.
    const broken = complaints.filter((one) => !/mail\.json\S* net::ERR_ABORTED$/.test(one))
    expect(broken).toEqual([])
    expect([...hosts]).toEqual([new URL(site.url).host])
  })
})
