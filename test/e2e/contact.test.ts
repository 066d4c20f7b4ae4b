import { afterAll, beforeAll, describe, it } from 'vitest'
import { TEST_SETTINGS } from '../support/settings.ts'
import { type Site, startSite, waitFor } from './harness.ts'

const OWNER = TEST_SETTINGS.OWNER_EMAIL
const PROMISED_MS = 2000
/** More than a busy machine needs. */
const PATIENCE_MS = 15_000
const ROUNDS = 4
const KEYS = ['id', 'to', 'from', 'subject', 'html', 'text', 'created_at']

type Sent = { id: string; email: string }
let visitors = 0

/** A message from somebody who has not written before, from another address each time. */
async function write(site: Site, name = 'Ann Miller'): Promise<Sent> {
  visitors += 1
  const email = `visitor${visitors}@casa.test`
  const response = await site.request('POST', '/api/v1/contact', {
    from: `192.0.2.${visitors}`,
    body: { name, email, subject: 'Forty tiles', message: 'Good morning,\nhow long does it take?' },
  })
  if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`)
  const { id } = (await response.json()) as { id: string }
  return { id, email }
}

describe('with the local mailbox', () => {
  let site: Site
  let visitor: string
  beforeAll(async () => {
    site = await startSite('development')
    const sent = await Promise.all([write(site), write(site)])
    visitor = sent[0].email
    for (const { email } of sent) await waitFor(bothMails(email), PATIENCE_MS, `Mails of ${email}`)
  })
  afterAll(() => site?.close())

  const bothMails = (email: string) => async () => {
    const [own, owners] = [await site.mailbox(`?to=${email}`), await site.mailbox(`?to=${OWNER}`)]
    const notification = owners.find((mail) => mail.text.includes(email))
    return own[0] && notification && { confirmation: own[0], notification }
  }

  it('has both mails in the mailbox within two seconds of each answer', async ({
    expect,
    annotate,
  }) => {
    const times: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      const { email } = await write(site)
      const { ms, answer } = await waitFor(bothMails(email), PATIENCE_MS, `Mails of ${email}`)
      times.push(Math.round(ms))
      expect(answer.confirmation.to).toBe(email)
      expect(answer.notification.to).toBe(OWNER)
    }
    await annotate(`Milliseconds from the answer to both mails: ${times.join(', ')}`)
    expect(Math.max(...times)).toBeLessThanOrEqual(PROMISED_MS)
  })

  it('shows mails with exactly the promised keys, newest first', async ({ expect }) => {
    const mails = await site.mailbox()
    expect(mails.length).toBeGreaterThan(2)
    for (const mail of mails) {
      expect(Object.keys(mail)).toEqual(KEYS)
      expect(new Date(mail.created_at).toISOString()).toBe(mail.created_at)
      expect(mail.from).toBe(TEST_SETTINGS.MAIL_FROM)
      expect(mail.html).toContain('<html')
      expect(mail.text).not.toContain('<html')
    }
    const times = mails.map((mail) => mail.created_at)
    expect(times).toEqual(times.toSorted().reverse())
  })

  it('filters the mailbox by address, in whatever case it is written', async ({ expect }) => {
    const mails = await site.mailbox(`?to=${visitor.toUpperCase()}`)
    expect(mails.map((mail) => mail.to)).toEqual([visitor])
    expect(await site.mailbox('?to=nobody@casa.test')).toEqual([])
  })

  it('brings the answer of the studio to the visitor', async ({ expect }) => {
    const { id, email } = await write(site, 'Marta Oliveira')
    const inbox = await site.request('GET', '/api/v1/contact/messages', { admin: true })
    const { data } = (await inbox.json()) as { data: unknown[] }
    expect(data[0]).toMatchObject({ id, email, name: 'Marta Oliveira', status: 'unread' })

    const path = `/api/v1/contact/messages/${id}`
    const body = 'Dear Marta,\n\nsix weeks. A sample is on its way.'
    const reply = await site.request('POST', `${path}/reply`, { admin: true, body: { body } })
    expect(reply.status).toBe(201)

    const isReply = async () =>
      (await site.mailbox(`?to=${email}`)).find((mail) => mail.subject === 'Re: Forty tiles')
    const { answer: mail } = await waitFor(isReply, PATIENCE_MS, 'The answer')
    expect(mail.text).toContain(body)
    expect(mail.html).toContain('six weeks. A sample is on its way.')

    const message = await site.request('GET', path, { admin: true })
    expect(await message.json()).toMatchObject({ status: 'read', replies: [{ body }] })
  })
})

describe('with a mail provider', () => {
  let site: Site
  beforeAll(async () => {
    site = await startSite('production')
  })
  afterAll(() => site?.close())

  it('hands both mails over once, each under a key of its own', async ({ expect }) => {
    const { email } = await write(site)
    const { mails } = site.outside
    await waitFor(() => mails.length >= 2, PATIENCE_MS, 'Two mails')
    await settled(site)
    expect(mails.map((mail) => mail.to).toSorted()).toEqual([OWNER, email])
    const keys = mails.map((mail) => mail.key)
    expect(new Set(keys)).toEqual(new Set(await outboxIds(site)))
    for (const { headers } of mails) {
      expect(headers.get('authorization')).toBe(`Bearer ${TEST_SETTINGS.MAIL_API_KEY}`)
    }
    expect(site.outside.to(OWNER)[0]?.replyTo).toBe(email)
    expect(site.outside.calls).toEqual(Array(2).fill('https://api.resend.com/emails'))
    const { results } = await site.stores.DB.prepare('select status, payload from outbox').all()
    expect(results).toEqual(Array(2).fill({ status: 'sent', payload: null }))
  })
})

async function outboxIds(site: Site): Promise<string[]> {
  const { results } = await site.stores.DB.prepare('select uid from outbox').all<{ uid: string }>()
  return results.map((row) => row.uid)
}

/** Waits until no mail is on its way any more. */
async function settled(site: Site): Promise<void> {
  const waiting = `select count(*) as count from outbox where status <> 'sent'`
  const isEmpty = async () => (await site.stores.DB.prepare(waiting).first('count')) === 0
  await waitFor(isEmpty, PATIENCE_MS, 'All mails sent')
}
