import { beforeEach, describe, it } from 'vitest'
import { newWorld, type World } from '../support/world.ts'

type Mail = { id: string; to: string; subject: string; text: string; created_at: string }

let world: World
beforeEach(async () => {
  world = await newWorld({ MAIL_PROVIDER: 'mailbox', RATE_LIMIT_SCALE: '100' })
})

const visitor = () => world.as('anonymous')
const write = (email: string) =>
  visitor().post('/api/v1/contact', { body: { name: 'Ann', email, message: 'Hello' } })
const mailbox = async (query = '') => (await visitor().get(`/dev/mail.json${query}`)).json<Mail[]>()

describe('the local mailbox', () => {
  it('keeps mails instead of sending them, newest first, and finds them by address', async ({
    expect,
  }) => {
    await write('ann@example.org')
    await world.deliver()
    world.pass(1000)
    await write('Ben@Example.org')
    await world.deliver()
    const mails = await mailbox()
    expect(mails).toHaveLength(4)
    expect(Object.keys(mails[0] ?? {})).toEqual([
      'id',
      'to',
      'from',
      'subject',
      'html',
      'text',
      'created_at',
    ])
    const times = mails.map((mail) => mail.created_at)
    expect(times).toEqual(times.toSorted().reverse())
    expect(await mailbox('?to=ann@example.org')).toHaveLength(1)
    expect(await mailbox('?to=BEN%40example.org')).toHaveLength(1)
    expect(await mailbox('?to=nobody@example.org')).toEqual([])
    expect(world.outside.calls).toEqual([])
  })

  it('keeps a mail once, however often it is sent', async ({ expect }) => {
    await write('ann@example.org')
    const messages = world.queued.splice(0)
    await world.handle('atelier-jobs', messages)
    await world.env.DB.prepare(
      "update outbox set status = 'queued', due_at = 0 where payload is not null",
    ).run()
    await world.handle('atelier-jobs', messages)
    expect(await mailbox()).toHaveLength(2)
  })

  it('shows a mail and its headers, shut off from the page around it', async ({ expect }) => {
    await write('ann@example.org')
    await world.deliver()
    const [mail] = await mailbox('?to=owner@linden.test')
    const letter = await visitor().get(`/dev/mail/${mail?.id}/html`)
    expect(letter.headers.get('content-security-policy')).toContain('sandbox;')
    expect(letter.headers.get('content-type')).toContain('text/html')
    const headers = await visitor().get(`/dev/mail/${mail?.id}/headers`)
    expect(await headers.json()).toMatchObject({
      To: 'owner@linden.test',
      'Reply-To': 'ann@example.org',
      Subject: 'New message from Ann',
    })
    expect((await visitor().get('/dev/mail/none/html')).status).toBe(404)
  })

  it('is a page with its own script and style', async ({ expect }) => {
    const page = await visitor().get('/dev/mail')
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'")
    expect(await page.text()).toContain('Studio Linden')
    expect((await visitor().get('/dev/mail.js')).headers.get('content-type')).toContain(
      'javascript',
    )
    expect((await visitor().get('/dev/mail.css')).headers.get('content-type')).toContain('css')
  })
})

describe('outside local and test', () => {
  it('no helper answers', async ({ expect }) => {
    world = await newWorld({
      ENVIRONMENT: 'staging',
      PASSWORD_COST: 'strong',
      API_ORIGIN: 'https://api.linden.dev',
      SITE_ORIGIN: 'https://linden.dev',
    })
    for (const path of ['/dev/mail', '/dev/mail.json', '/dev/mail.js', '/dev/mail/x/html']) {
      expect((await visitor().get(path)).status, path).toBe(404)
    }
    expect((await visitor().post('/dev/demo')).status).toBe(404)
    expect(await world.count('contact_messages')).toBe(0)
  })
})
