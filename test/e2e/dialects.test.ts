import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, it } from 'vitest'
import { PASSWORD } from '../support/people.ts'
import { png } from '../support/pictures.ts'
import { findChromium, launch, openPage, type Watched } from './chromium.ts'
import { type FrontEnd, serveFrontEnd } from './front-end.ts'
import { type Site, startSite, waitFor } from './harness.ts'

const MAILED_MS = 5000
const OTHER = 'another good password'
const BOSS = 'boss@linden.test'

const executable = findChromium()
let browser: Browser | undefined
let watched: Watched
let site: Site
let frontEnd: FrontEnd

const toast = (page: Page, text: string) => page.locator('output', { hasText: text }).waitFor()

/** A site and a page on another origin that calls one of its dialects. */
function withFrontEnd(name: string): void {
  beforeAll(async () => {
    frontEnd = await serveFrontEnd(name)
    site = await startSite('development', {
      RATE_LIMIT_SCALE: '100',
      REQUIRE_ADMIN_2FA: 'false',
      FIRST_SUPERUSER: BOSS,
      FIRST_SUPERUSER_PASSWORD: PASSWORD,
      DIALECT_ORIGINS: `${name}=${frontEnd.origin}`,
    })
  })
  afterAll(async () => {
    await site?.close()
    await frontEnd?.close()
  })
  beforeEach(async () => {
    browser ??= await launch(executable ?? '')
    watched = await openPage(browser)
    await watched.page.goto(`${frontEnd.origin}/?api=${site.url}/dialects/${name}`)
  })
  afterEach(() => watched.page.close())
}

afterAll(() => browser?.close())

describe.skipIf(!executable)('a front end of the FastAPI template', () => {
  withFrontEnd('fastapi-template')

  const enter = async (page: Page, email: string, password: string, button: string) => {
    await page.getByPlaceholder('Email', { exact: true }).fill(email)
    await page.getByPlaceholder('Password', { exact: true }).fill(password)
    await page.getByRole('button', { name: button }).click()
  }
  const isMe = (page: Page, text: string) => page.locator('#me').filter({ hasText: text }).waitFor()

  it('signs up, logs in, works, moves and leaves', async ({ expect }) => {
    const { page, complaints } = watched
    await enter(page, 'ann@casa.test', PASSWORD, 'Sign up')
    await toast(page, 'signed up')
    await enter(page, 'ann@casa.test', PASSWORD, 'Log in')
    await isMe(page, 'ann@casa.test')
    for (const title of ['One', 'Two']) {
      await page.getByPlaceholder('Title').fill(title)
      await page.getByRole('button', { name: 'Add' }).click()
      await page.getByRole('listitem').filter({ hasText: title }).waitFor()
    }
    expect(await page.locator('#items li').allTextContents()).toEqual(['Two', 'One'])
    await page.reload()
    await isMe(page, 'ann@casa.test')
    await page.getByPlaceholder('New email').fill('ann.two@casa.test')
    await page.getByRole('button', { name: 'Change' }).click()
    await isMe(page, 'ann.two@casa.test')
    await page.getByRole('button', { name: 'Delete account' }).click()
    await toast(page, 'User deleted successfully')
    expect(await page.evaluate(() => localStorage.getItem('access_token'))).toBeNull()
    // What is asked for with the token of an account that is gone is answered 404, which the console notes.
    expect(complaints.filter((text) => !text.includes('404'))).toEqual([])
  })

  it('shows what the original would say', async () => {
    const { page } = watched
    await enter(page, 'ben@casa.test', PASSWORD, 'Sign up')
    await toast(page, 'signed up')
    await enter(page, 'ben@casa.test', PASSWORD, 'Sign up')
    await toast(page, 'The user with this email already exists in the system')
    await enter(page, 'ben@casa.test', 'weak', 'Sign up')
    await toast(page, 'String should have at least 8 characters')
    await enter(page, 'ben@casa.test', 'not the password', 'Log in')
    await toast(page, 'Incorrect email or password')
  })

  it('recovers a password by a link that is in the mailbox within five seconds', async ({
    expect,
  }) => {
    const { page } = watched
    await enter(page, 'clara@casa.test', PASSWORD, 'Sign up')
    await toast(page, 'signed up')
    await enter(page, 'clara@casa.test', '', 'Recover')
    await toast(page, 'If that email is registered, we sent a password recovery link')
    const find = async () => (await site.mailbox('?to=clara@casa.test'))[0]
    const { answer: mail } = await waitFor(find, MAILED_MS, 'The link')
    const [, link = ''] = /href="([^"]*\/reset-password\?token=[^"]*)"/.exec(mail.html) ?? []
    expect(new URL(link).origin).toBe(frontEnd.origin)
    await page.goto(link)
    await page.getByPlaceholder('New password').fill(OTHER)
    await page.getByRole('button', { name: 'Reset' }).click()
    await toast(page, 'Password updated successfully')
    await enter(page, 'clara@casa.test', OTHER, 'Log in')
    await isMe(page, 'clara@casa.test')
  })

  it('lets the first superuser see everybody', async ({ expect }) => {
    const { page } = watched
    await enter(page, BOSS, PASSWORD, 'Log in')
    await isMe(page, '(superuser)')
    await page.locator('#users li', { hasText: BOSS }).waitFor()
    expect(await page.locator('#users li').count()).toBeGreaterThan(1)
  })

  it('is not heard from another origin', async ({ expect }) => {
    const stranger = await serveFrontEnd('fastapi-template')
    const { page, complaints } = watched
    await page.goto(
      `${stranger.origin.replace('127.0.0.1', 'casa.localhost')}/?api=${site.url}/dialects/fastapi-template`,
    )
    await enter(page, BOSS, PASSWORD, 'Log in')
    await toast(page, 'Failed to fetch')
    expect(complaints.join()).toContain('CORS')
    await stranger.close()
  })
})

describe.skipIf(!executable)('a front end of the Angular administration', () => {
  withFrontEnd('rest-angular')

  const enter = async (page: Page, email: string, password: string, button: string) => {
    await page.getByPlaceholder('Email', { exact: true }).fill(email)
    await page.getByPlaceholder('Password', { exact: true }).fill(password)
    await page.getByRole('button', { name: button, exact: true }).click()
  }
  const press = (page: Page, button: string) =>
    page.getByRole('button', { name: button, exact: true }).click()
  const shows = (page: Page, id: 'me' | 'cookie', text: string) =>
    page.locator(`#${id}`).filter({ hasText: text }).waitFor()
  const linkTo = async (to: string, path: string) => {
    const find = async () =>
      (await site.mailbox(`?to=${to}`)).find(({ html }) => html.includes(path))
    const { answer: mail } = await waitFor(find, MAILED_MS, 'The link')
    const [, link = ''] = new RegExp(`href="([^"]*${path}#token=[^"]*)"`).exec(mail.html) ?? []
    return link
  }
  /** What the console notes of refusals that are meant: nobody is signed in yet, or no more. */
  const unexpected = (complaints: string[]) => complaints.filter((text) => !text.includes('401'))

  it('registers, confirms by the mailed link, and logs in by token and by cookie', async ({
    expect,
  }) => {
    const { page, complaints } = watched
    await enter(page, 'ann@casa.test', PASSWORD, 'Register')
    await toast(page, 'registered')
    await enter(page, 'ann@casa.test', '', 'Send link')
    await toast(page, 'mailed')
    const link = await linkTo('ann@casa.test', '/auth/verify')
    expect(new URL(link).origin).toBe(frontEnd.origin)
    await page.goto(link)
    await press(page, 'Confirm')
    await toast(page, 'confirmed')
    await enter(page, 'ann@casa.test', PASSWORD, 'Log in')
    await shows(page, 'me', 'ann@casa.test (verified)')
    await enter(page, 'ann@casa.test', PASSWORD, 'Log in by cookie')
    await shows(page, 'cookie', 'ann@casa.test (verified)')
    expect(await page.evaluate('document.cookie')).toBe('')
    await page.reload()
    await shows(page, 'me', 'ann@casa.test')
    await shows(page, 'cookie', 'ann@casa.test')
    await page.getByPlaceholder('New email').fill('ann.two@casa.test')
    await press(page, 'Change')
    await shows(page, 'me', 'ann.two@casa.test')
    await press(page, 'Log out by cookie')
    await toast(page, 'left')
    await shows(page, 'cookie', 'nobody')
    await shows(page, 'me', 'ann.two@casa.test')
    await press(page, 'Log out')
    await toast(page, 'logged out')
    await shows(page, 'me', 'nobody')
    expect(await page.evaluate(() => localStorage.getItem('accessToken'))).toBeNull()
    expect(unexpected(complaints)).toEqual([])
  })

  it('shows what the original would say, with the headers that it may read', async () => {
    const { page } = watched
    await enter(page, 'ben@casa.test', PASSWORD, 'Register')
    await toast(page, 'registered')
    await enter(page, 'ben@casa.test', PASSWORD, 'Register')
    await toast(page, 'REGISTER_USER_ALREADY_EXISTS (traced)')
    await enter(page, 'ben@casa.test', 'weak', 'Register')
    await toast(page, 'REGISTER_INVALID_PASSWORD (traced)')
    await enter(page, 'ben@casa.test', 'not the password', 'Log in')
    await toast(page, 'LOGIN_BAD_CREDENTIALS (traced)')
  })

  it('chooses a new password by a mailed link', async () => {
    const { page } = watched
    await enter(page, 'clara@casa.test', PASSWORD, 'Register')
    await toast(page, 'registered')
    await enter(page, 'clara@casa.test', '', 'Forgot')
    await toast(page, 'mailed')
    await page.goto(await linkTo('clara@casa.test', '/auth/reset-password'))
    await page.getByPlaceholder('New password').fill(OTHER)
    await press(page, 'Reset')
    await toast(page, 'reset')
    await enter(page, 'clara@casa.test', OTHER, 'Log in')
    await shows(page, 'me', 'clara@casa.test (verified)')
  })

  it('lets the first superuser see everybody', async () => {
    const { page } = watched
    await enter(page, BOSS, PASSWORD, 'Log in')
    await page.locator('#users li', { hasText: BOSS }).waitFor()
  })
})

describe.skipIf(!executable)('a front end of the soap shop', () => {
  withFrontEnd('eterno')

  const fill = async (page: Page, fields: Record<string, string>, button: string) => {
    for (const [name, value] of Object.entries(fields)) {
      await page.getByPlaceholder(name, { exact: true }).fill(value)
    }
    await page.getByRole('button', { name: button, exact: true }).click()
  }
  const isListed = (page: Page, text: string) =>
    page.locator('#products li', { hasText: text }).waitFor()

  it('fills the shelf, sells from it, and keeps it as the payment left it', {
    timeout: 60_000,
  }, async ({ expect }) => {
    const { page, complaints } = watched
    await fill(page, { Username: BOSS, Password: PASSWORD }, 'Sign in')
    await toast(page, 'signed in')
    const file = { name: '../my rose.png', mimeType: 'image/png', buffer: Buffer.from(png()) }
    await page.locator('input[type=file]').setInputFiles(file)
    await fill(page, { Name: 'Rose' }, 'Create product')
    await toast(page, 'product made')
    const [listed = ''] = await page.locator('#products li').allTextContents()
    const [, key = ''] = /^Rose \[(products\/[0-9a-f-]{36}-my-rose\.png)\]/.exec(listed) ?? []
    expect(await page.locator('#keys').textContent()).toBe(key)
    await fill(page, { Size: 'Large', Price: '19.99', Stock: '9' }, 'Create variant')
    await isListed(page, 'Large 19.99 x9')
    await fill(page, { 'New stock': '5' }, 'Set stock')
    await isListed(page, 'Large 19.99 x5')

    // The payment page is at API_ORIGIN, where nothing listens in tests.
    const elsewhere = { contentType: 'text/html', body: '<link rel="icon" href="data:,">elsewhere' }
    await page.route('**/dev/pay/*', (route) => route.fulfill(elsewhere), { times: 1 })
    await page.getByRole('button', { name: 'Checkout' }).click()
    await page.getByText('elsewhere').waitFor()
    await page.goto(site.url + new URL(page.url()).pathname)
    await page.getByLabel('E-mail').fill('clara@casa.test')
    await page.getByLabel('Name').fill('Clara Bergmann')
    await page.getByRole('button', { name: 'Pay 39.98 USD' }).click()
    await page.getByRole('heading', { name: 'Paid. Thank you!' }).waitFor()
    const back = await page.getByRole('link', { name: 'Back to the shop' }).getAttribute('href')
    expect(back).toMatch(new RegExp(`^${frontEnd.origin}/success#order=`))
    // Chromium calls it aborted when nobody reads the empty answer to an upload, as this front end does not.
    expect(complaints.filter((text) => !/\/upload\/.* net::ERR_ABORTED$/.test(text))).toEqual([])
    await page.goto(back ?? '')
    await page.getByText('Thank you for your purchase!').waitFor()
    await isListed(page, 'Large 19.99 x3')
    expect(await page.evaluate(() => localStorage.getItem('checkoutCart'))).toBeNull()
  })

  it('sends a letter, and lets nobody write who has not signed in', async () => {
    const { page } = watched
    const letter = { 'Your name': 'Ann', Email: 'ann@casa.test', Message: 'Do you ship?' }
    await fill(page, letter, 'Send')
    await toast(page, 'Form received and email sent!')
    await fill(page, { Name: 'Nothing' }, 'Create product')
    await toast(page, '401 {"detail":"Not authenticated"}')
  })
})

describe.skipIf(!executable)('a portfolio on one page', () => {
  withFrontEnd('onedna')

  it('asks after the back end and sends a letter', async ({ expect }) => {
    const { page, complaints } = watched
    await page.getByText('healthy').waitFor()
    await page.getByPlaceholder('Name').fill('Ann')
    await page.getByPlaceholder('Email').fill('ann@casa.test')
    await page.getByPlaceholder('Message').fill('Are you free in May?')
    await page.getByRole('button', { name: 'Send' }).click()
    await toast(page, 'Thank you for your message!')
    const find = async () => (await site.mailbox('?to=ann@casa.test'))[0]
    await waitFor(find, MAILED_MS, 'The confirmation')
    expect(complaints).toEqual([])
  })

  it('shows what is wrong', async () => {
    const { page } = watched
    await page.getByText('healthy').waitFor()
    await page.getByPlaceholder('Email').fill('nobody')
    await page.getByRole('button', { name: 'Send' }).click()
    await toast(page, 'String should have at least 1 character')
  })
})
