import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, it } from 'vitest'
import { TEST_SETTINGS } from '../support/settings.ts'
import { findChromium, launch, openPage, type Watched } from './chromium.ts'
import { type Kind, type Site, startSite, waitFor } from './harness.ts'

const OWNER = TEST_SETTINGS.OWNER_EMAIL
const OPERATION = 'Write to the studio'
const REFRESHED_MS = 5000

const executable = findChromium()
let browser: Browser | undefined
let watched: Watched
let site: Site
let visitors = 0

async function write(name: string, message = 'Good morning'): Promise<string> {
  visitors += 1
  const email = `visitor${visitors}@casa.test`
  await site.request('POST', '/api/v1/contact', {
    from: `198.51.100.${visitors}`,
    body: { name, email, message },
  })
  const hasCome = async () => (await site.mailbox(`?to=${email}`)).length > 0
  await waitFor(hasCome, REFRESHED_MS, `Mail to ${email}`)
  return email
}

function withSite(kind: Kind): void {
  beforeAll(async () => {
    site = await startSite(kind)
  })
  afterAll(() => site?.close())
  beforeEach(async () => {
    browser ??= await launch(executable ?? '')
    watched = await openPage(browser)
  })
  afterEach(() => watched.page.close())
}

afterAll(() => browser?.close())

describe.skipIf(!executable)('the reference', () => {
  withSite('production')

  it.for(['/docs', '/redoc'])(
    'shows the contact operation at %s, each time',
    async (path, { expect }) => {
      const { page, complaints, hosts } = watched
      await page.goto(site.url + path)
      // The second time, the browser asks whether what it has kept is still good.
      for (const visit of ['first', 'second']) {
        if (visit === 'second') await page.reload()
        // The address remembers it for the second.
        else if (path === '/docs') await page.locator('#operations-tag-contact').click()
        await page.getByText(OPERATION).filter({ visible: true }).first().waitFor()
        await page.waitForLoadState('networkidle')
        expect(complaints, `${visit} visit`).toEqual([])
      }
      expect([...hosts]).toEqual([new URL(site.url).host])
    },
  )

  it('sends a request from /docs', async ({ expect }) => {
    const { page, complaints } = watched
    await page.goto(`${site.url}/docs`)
    await page.locator('#operations-tag-system').click()
    const operation = page.locator('.opblock', { hasText: 'Is it alive?' })
    await operation.click()
    await operation.getByRole('button', { name: 'Execute' }).click()
    await operation.locator('.live-responses-table').getByText('"healthy"').waitFor()
    expect(complaints).toEqual([])
  })

  it('finds an operation with the search of /redoc', async ({ expect }) => {
    const { page, complaints } = watched
    await page.goto(`${site.url}/redoc`)
    await page.getByPlaceholder('Search').fill('studio')
    await page.locator('[data-role="search:results"]').getByText(OPERATION).waitFor()
    expect(complaints).toEqual([])
  })
})

describe.skipIf(!executable)('the mailbox', () => {
  withSite('development')

  it('lists the mails, newest first, and shows new ones by itself', async ({ expect }) => {
    const { page, complaints, hosts } = watched
    await Promise.all([write('Ann Miller'), write('Jonas Weber')])
    await page.goto(`${site.url}/dev/mail`)
    const entries = page.getByRole('navigation').getByRole('listitem')
    const shown = () => entries.locator('b').allTextContents()
    const expected = async () => (await site.mailbox()).map((mail) => mail.subject)

    await entries.nth(3).waitFor()
    expect(await shown()).toEqual(await expected())
    await write('Aiko Tanaka')
    await entries.nth(5).waitFor({ timeout: REFRESHED_MS })
    expect(await shown()).toEqual(await expected())
    expect((await shown()).slice(0, 2)).toContain('New message from Aiko Tanaka')
    expect(complaints).toEqual([])
    expect([...hosts]).toEqual([new URL(site.url).host])
  })

  it('shows only the mails to the address that is asked for', async ({ expect }) => {
    const { page } = watched
    const email = await write('Samuel Okafor')
    await page.goto(`${site.url}/dev/mail`)
    await page.getByLabel('To').fill(email)
    const entries = page.getByRole('navigation').getByRole('listitem')
    await waitFor(async () => (await entries.count()) === 1, REFRESHED_MS, 'One mail')
    expect(await entries.allTextContents()).toEqual([expect.stringContaining(`To ${email}`)])
  })

  it('shows a mail as HTML, as text and with its headers', async ({ expect }) => {
    const { page, complaints } = watched
    const email = await write('Marta Oliveira', 'Forty tiles, please.\nIn green.')
    await page.goto(`${site.url}/dev/mail`)
    await page.getByRole('button', { name: 'New message from Marta Oliveira' }).click()

    const letter = page.frameLocator('iframe')
    await letter.getByText('Forty tiles, please.').waitFor()
    expect(await letter.locator('body').textContent()).toContain('In green.')

    await page.getByRole('tab', { name: 'Text' }).click()
    expect(await page.locator('iframe').isVisible()).toBe(false)
    expect(await page.locator('pre').textContent()).toContain('Forty tiles, please.\nIn green.')

    await page.getByRole('tab', { name: 'Headers' }).click()
    await page.getByText('Idempotency-Key').waitFor()
    const values = await page.locator('dd').allTextContents()
    expect(values).toEqual(
      expect.arrayContaining([email, OWNER, 'New message from Marta Oliveira']),
    )
    expect(complaints).toEqual([])
  })

  it('runs nothing that a visitor has written', async ({ expect }) => {
    const { page, complaints, hosts } = watched
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    const name = '<img src=/stolen onerror=alert(1)><svg onload=alert(2)>'
    const message = '</td></table><script>alert(3)</script><iframe src=/stolen></iframe>'
    await write(name, message)
    await page.goto(`${site.url}/dev/mail`)
    await page.getByRole('button', { name }).click()

    await page.frameLocator('iframe').getByText(message).waitFor()
    expect(await page.getByRole('heading', { level: 2 }).textContent()).toContain(name)
    for (const view of ['Text', 'Headers']) await page.getByRole('tab', { name: view }).click()
    await page.getByText('Idempotency-Key').waitFor()
    expect(asked.filter((url) => url.includes('stolen'))).toEqual([])
    expect(complaints).toEqual([])
    expect([...hosts]).toEqual([new URL(site.url).host])
  })

  it('gives a letter no rights of its own, even when it is opened alone', async ({ expect }) => {
    const { page } = watched
    const [mail] = await site.mailbox()
    const response = await page.goto(`${site.url}/dev/mail/${mail?.id}/html`)
    const policy = response?.headers()['content-security-policy'] ?? ''
    expect(policy).toMatch(
      /^sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none';/,
    )
    expect(policy).not.toContain('allow-scripts')
  })
})
