import { TOTP } from 'otpauth'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, it } from 'vitest'
import { PASSWORD } from '../support/people.ts'
import { png } from '../support/pictures.ts'
import { TEST_SETTINGS } from '../support/settings.ts'
import { findChromium, launch, openPage, type Watched } from './chromium.ts'
import { type FrontEnd, serveFrontEnd } from './front-end.ts'
import { type Site, startSite, waitFor } from './harness.ts'

const NAME = 'portfolio'
const BOSS = 'boss@linden.test'
const MAILED_MS = 5000

const executable = findChromium()

describe.skipIf(!executable)('a front end of the portfolio', () => {
  let browser: Browser
  let watched: Watched
  let site: Site
  let frontEnd: FrontEnd

  beforeAll(async () => {
    frontEnd = await serveFrontEnd(NAME)
    site = await startSite('development', {
      RATE_LIMIT_SCALE: '100',
      FIRST_SUPERUSER: BOSS,
      FIRST_SUPERUSER_PASSWORD: PASSWORD,
      DIALECT_ORIGINS: `${NAME}=${frontEnd.origin}`,
    })
    browser = await launch(executable ?? '')
  })
  afterAll(async () => {
    await browser?.close()
    await site?.close()
    await frontEnd?.close()
  })
  beforeEach(async () => {
    watched = await openPage(browser)
    // Pictures have the address that the studio is known by, which is not this port.
    await watched.page.route(`${TEST_SETTINGS.API_ORIGIN}/media/**`, (route) =>
      route.continue({ url: site.url + new URL(route.request().url()).pathname }),
    )
    await watched.page.goto(`${frontEnd.origin}/?api=${site.url}/dialects/${NAME}`)
  })
  afterEach(() => watched.page.close())

  const toast = (text: string) => watched.page.locator('output', { hasText: text }).waitFor()

  /** Fills a form's fields by what they show and sends it. */
  async function send(page: Page, button: string, fields: Record<string, string>) {
    for (const [name, value] of Object.entries(fields)) {
      await page.getByPlaceholder(name, { exact: true }).fill(value)
    }
    await page.getByRole('button', { name: button, exact: true }).click()
  }

  const linkTo = async (email: string): Promise<string> => {
    const find = async () => (await site.mailbox(`?to=${email}`))[0]
    const { answer: mail } = await waitFor(find, MAILED_MS, 'The link')
    return /href="([^"]*\/verify-subscription\?token=[^"]*)"/.exec(mail.html)?.[1] ?? ''
  }

  it('enrols an app, signs in with it, publishes a project with a picture', async ({ expect }) => {
    const { page, complaints } = watched
    await send(page, 'Log in', { 'Name or email': BOSS, Password: PASSWORD })
    await page.locator('#me').filter({ hasText: '(superuser)' }).waitFor()
    await send(page, 'Enable app', { 'My password': PASSWORD })
    await toast('10 backup codes, a drawing')
    const secret = (await page.locator('#secret').textContent()) ?? ''
    const code = (steps = 0) =>
      new TOTP({ secret }).generate({ timestamp: Date.now() - steps * 30_000 })
    await send(page, 'Confirm app', { 'Code of the app': code(1) })
    await toast('TOTP enabled successfully')

    await send(page, 'Log in', { 'Name or email': BOSS, Password: PASSWORD })
    await toast('second factor: totp or backup')
    await send(page, 'Verify', { Code: code() })
    await toast('welcome')
    await page.reload()
    await page.locator('#me').filter({ hasText: '(superuser)' }).waitFor()

    const buffer = Buffer.from(png({ width: 40, height: 30 }))
    const file = { name: 'kiln.png', mimeType: 'image/png', buffer }
    await page.locator('input[type=file]').setInputFiles(file)
    await send(page, 'Save project', { Title: 'A kiln', Description: 'Built by hand in the yard.' })
    await toast('saved')
    const image = page.getByAltText('A kiln image 1')
    await image.waitFor()
    const isShown = async () =>
      (await image.evaluate((one: { naturalWidth: number }) => one.naturalWidth)) === 40
    await waitFor(isShown, MAILED_MS, 'The picture')
    expect(complaints).toEqual([])
  })

  it('lets visitors talk', async ({ expect }) => {
    const { page, complaints } = watched
    await page.getByText('A kiln').waitFor()
    await send(page, 'Say', { Comment: 'How hot does it get?' })
    await toast('waits')
    await send(page, 'Love', { 'My email': 'ben@casa.test' })
    await toast('Your reaction has been added successfully!')
    await page.getByText('1 reactions, 1 love it').waitFor()
    await send(page, 'Love', { 'My email': 'ben@casa.test' })
    await toast('Your reaction has been updated successfully!')
    await send(page, 'Write', { Message: 'Are you free in May?' })
    await toast('Message received successfully')
    const queue = await site.request('GET', '/api/v1/comments?status=pending', { admin: true })
    const { data } = (await queue.json()) as { data: { id: number }[] }
    expect(data).toHaveLength(1)
    const body = { status: 'approved' }
    await site.request('PATCH', `/api/v1/comments/${data[0]?.id}`, { admin: true, body })
    await page.reload()
    await page.getByText('Ben: How hot does it get?').waitFor()
    expect(complaints).toEqual([])
  })

  it('subscribes by a link that is in the mailbox within five seconds', async ({ expect }) => {
    const { page, complaints } = watched
    const email = 'ann@casa.test'
    await send(page, 'Subscribe', { Newsletter: email })
    await toast('Subscription created! Please check your email to verify.')
    const link = await linkTo(email)
    expect(new URL(link).origin).toBe(frontEnd.origin)
    await page.goto(link)
    await toast("Email verified successfully! You'll now receive updates.")
    await page.reload()
    await toast('Email already verified!')
    await send(page, 'Unsubscribe', { Goodbye: email })
    await toast('You have been unsubscribed successfully. Sorry to see you go!')
    expect(complaints).toEqual([])
  })

  it('shows what the original would say, and is out when a token is over', async ({ expect }) => {
    const { page } = watched
    await send(page, 'Log in', { 'Name or email': BOSS, Password: 'not the password' })
    await toast('Incorrect email/username or password')
    await send(page, 'Write', { Message: 'Short' })
    await toast('String should have at least 10 characters')
    await page.evaluate(() => localStorage.setItem('access_token', 'over'))
    await send(page, 'Save project', { Title: 'Another', Description: 'Not mine to make.' })
    await toast('Could not validate credentials')
    expect(await page.evaluate(() => localStorage.getItem('access_token'))).toBeNull()
  })
})
