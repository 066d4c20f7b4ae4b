import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'

const PATHS = [
  process.env.CHROMIUM ?? '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** The machine's own browser. Null, and one line that says so, when there is none. */
export function findChromium(): string | null {
  const found = PATHS.find((path) => existsSync(path))
  if (found) return found
  if (process.env.REQUIRE_CHROMIUM === '1') throw new Error(`No Chromium at ${PATHS.join(', ')}`)
  process.stderr.write('Skipped: the pages in a browser, because this machine has no Chromium.\n')
  return null
}

export function launch(executablePath: string): Promise<Browser> {
  const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking']
  return chromium.launch({ executablePath, args })
}

/** A page of its own, with all that went wrong in it and the hosts that it asked for something. */
export type Watched = { page: Page; complaints: string[]; hosts: Set<string> }

export async function openPage(browser: Browser): Promise<Watched> {
  const page = await browser.newPage()
  // Sooner than the test itself would end, so that the failure names what was waited for.
  page.setDefaultTimeout(10_000)
  const watched: Watched = { page, complaints: [], hosts: new Set() }
  const complain = (text: string) => watched.complaints.push(text)
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return
    complain(`${message.location().url}: ${message.text()}`)
  })
  page.on('pageerror', (error) => complain(String(error)))
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText
    // The browser's own choice, such as an icon that is still on its way when a page is left.
    if (reason !== 'net::ERR_ABORTED') complain(`${request.url()} ${reason}`)
  })
  page.on('dialog', async (dialog) => {
    complain(`A dialog opened: ${dialog.message()}`)
    await dialog.dismiss()
  })
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url())
    if (protocol !== 'data:' && protocol !== 'blob:') watched.hosts.add(host)
  })
  return watched
}
