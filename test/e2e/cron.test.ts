import { afterAll, beforeAll, it } from 'vitest'
import { TEST_SETTINGS } from '../support/settings.ts'
import { type Site, startSite, waitFor } from './harness.ts'

const EVERY_MINUTE = '* * * * *'
const DAILY = '17 3 * * *'
const LONG_AGO_MS = 10 * 60_000
const DAY_MS = 86_400_000

let site: Site
beforeAll(async () => {
  site = await startSite('production')
})
afterAll(() => site?.close())

const outbox = async () => {
  const rows = await site.stores.DB.prepare('select status, attempts, due_at from outbox').all<{
    status: string
    attempts: number
    due_at: number
  }>()
  return rows.results
}

/** Leaves one mail in the outbox; its queue message is away for the half minute of a first retry. */
async function strandMail(): Promise<void> {
  site.outside.plan('cut')
  const body = { to: 'ann@casa.test' }
  await site.request('POST', '/api/v1/utils/test-email', { admin: true, body })
  const isBack = async () => {
    const [mail] = await outbox()
    return mail?.status === 'queued' && mail.attempts === 1
  }
  await waitFor(isBack, 15_000, 'The mail back in the outbox')
}

it('sends a mail that was never queued', async ({ expect }) => {
  await strandMail()
  const then = Date.now() - LONG_AGO_MS
  await site.stores.DB.prepare('update outbox set attempts = 0, last_error = null, due_at = ?')
    .bind(then)
    .run()
  expect(site.outside.mails).toEqual([])
  expect(await site.runCron(EVERY_MINUTE)).toBe('ok')

  const isSent = async () => (await outbox())[0]?.status === 'sent'
  await waitFor(isSent, 15_000, 'The mail marked as sent')
  expect(await outbox()).toMatchObject([{ status: 'sent', attempts: 1 }])
  expect(site.outside.mails).toMatchObject([
    { to: 'ann@casa.test', subject: `Test mail from ${TEST_SETTINGS.STUDIO_NAME}` },
  ])
})

it('forgets what is older than retention allows, and nothing else', async ({ expect }) => {
  for (const name of ['Old', 'New']) {
    const body = { name, email: `${name}@casa.test`, message: 'Hello' }
    await site.request('POST', '/api/v1/contact', { body })
  }
  const then = Date.now() - 731 * DAY_MS
  const age = `update contact_messages set created_at = ? where name = 'Old'`
  await site.stores.DB.prepare(age).bind(then).run()
  expect(await site.runCron(DAILY)).toBe('ok')
  const { results } = await site.stores.DB.prepare('select name from contact_messages').all()
  expect(results).toEqual([{ name: 'New' }])
})

it('does nothing, and does not fail, on a schedule that it does not know', async ({ expect }) => {
  expect(await site.runCron('0 0 1 1 *')).toBe('ok')
})
