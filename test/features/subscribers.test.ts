import { beforeEach, describe, it } from 'vitest'
import {
  call,
  comparable,
  everyRow,
  GENEROUS,
  inParallel,
  mailed,
  mailedToken,
} from '../support/accounts.ts'
import { badBodies, refusesBadInput } from '../support/bad-input.ts'
import { breakEach } from '../support/break-each.ts'
import { write } from '../support/content.ts'
import {
  confirm,
  fill,
  join,
  readersOf,
  rowOf,
  SUBSCRIBERS,
  sendAll,
  subscribe,
  suppress,
} from '../support/newsletter.ts'
import { newWorld, type World } from '../support/world.ts'

const ANN = 'Ann@example.org'
const DAY = 86_400_000
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const ONE_CLICK = 'List-Unsubscribe=One-Click'

let world: World
beforeEach(async () => {
  world = await newWorld(GENEROUS)
})

const statusOf = async (email = ANN) => (await rowOf(world, email))?.status
const unsubscribe = (token: string) =>
  world.as('anonymous').post(`${SUBSCRIBERS}/unsubscribe`, { body: { token } })

/** The token and the address of the button in the newest newsletter to an address. */
async function wayOut(email = ANN) {
  await write(world, { title: 'News' })
  await sendAll(world)
  const mail = world.outside.to(email).at(-1)
  const url = /^<(.*)>$/.exec(mail?.further['List-Unsubscribe'] ?? '')?.[1] ?? ''
  const path = url.replace('http://localhost:8787', '')
  const token = /unsubscribe#token=(\S+)/.exec(mail?.text ?? '')?.[1] ?? ''
  return { mail, url, path, token }
}

describe('a subscription', () => {
  it('is asked for, confirmed by the mailed link once, and ended', async ({ expect }) => {
    const asked = await subscribe(world, ANN)
    expect([asked.status, await asked.json()]).toEqual([202, { status: 'accepted' }])
    expect(await statusOf()).toBe('pending')
    const token = await mailedToken(world, ANN)
    expect(world.outside.to(ANN)[0]?.text).toContain(
      `http://localhost:5173/newsletter/confirm#token=${token}`,
    )
    expect(world.outside.to(ANN)[0]?.further).toEqual({})
    expect(JSON.stringify([await everyRow(), world.logs])).not.toContain(token)
    expect((await confirm(world, token)).status).toBe(204)
    expect(await rowOf(world, ANN)).toMatchObject({
      email: ANN,
      status: 'confirmed',
      confirmed_at: Date.now(),
      confirm_expires_at: null,
    })
    const again = await confirm(world, token)
    expect([again.status, await again.json()]).toEqual([
      400,
      expect.objectContaining({ code: 'invalid_secret' }),
    ])
    const out = await wayOut()
    expect((await unsubscribe(out.token)).status).toBe(204)
    expect(await statusOf()).toBe('unsubscribed')
    expect((await unsubscribe(out.token)).status).toBe(204)
    await join(world, ANN)
    expect(await statusOf()).toBe('confirmed')
    expect(await world.count('subscribers')).toBe(1)
  })

  it('is confirmed by one of fifty who open the link at once', async ({ expect }) => {
    await subscribe(world, ANN)
    const token = await mailedToken(world, ANN)
    expect(await inParallel(50, () => confirm(world, token))).toEqual({ 204: 1, 400: 49 })
  })

  it('is not confirmed by an older link, one of two days ago, or one of another kind', async ({
    expect,
  }) => {
    await subscribe(world, ANN)
    const older = await mailedToken(world, ANN)
    await subscribe(world, ANN)
    const newer = await mailedToken(world, ANN)
    world.pass(2 * DAY)
    await world.person({ email: 'bob@example.org' })
    await call(world, '/password/forgot', { email: 'bob@example.org' })
    const foreign = await mailedToken(world, 'bob@example.org')
    for (const token of [older, newer, foreign, 'A'.repeat(43)]) {
      expect((await confirm(world, token)).status).toBe(400)
    }
    expect(await statusOf()).toBe('pending')
  })

  it('that is pending is forgotten after thirty days, and no other', async ({ expect }) => {
    await join(world, 'confirmed@example.org')
    await join(world, 'left@example.org')
    const { token } = await wayOut('left@example.org')
    await unsubscribe(token)
    await subscribe(world, 'left@example.org')
    await subscribe(world, ANN)
    await subscribe(world, 'late@example.org')
    world.pass(20 * DAY)
    await subscribe(world, 'late@example.org')
    world.pass(10 * DAY - 1000)
    await world.runCron('17 3 * * *')
    expect(await world.count('subscribers')).toBe(4)
    world.pass(2000)
    await world.runCron('17 3 * * *')
    const left = (await world.rows('subscribers')).map((row) => row.email)
    expect(left).toEqual(['confirmed@example.org', 'left@example.org', 'late@example.org'])
    expect(await mailed(world)).not.toContain(`newsletter.confirm ${ANN}`)
  })

  it('goes with the account that has proven its address, and stays with any other', async ({
    expect,
  }) => {
    await join(world, ANN)
    const stranger = await world.person({ email: 'ann@example.org', verified: false })
    await world.as('admin').delete(`/api/v1/users/${stranger.id}`)
    expect(await statusOf()).toBe('confirmed')
    const ann = await world.person({ email: 'ann@example.org', steppedUp: true })
    expect((await world.as(ann).delete('/api/v1/users/me')).status).toBe(204)
    expect(await world.count('subscribers')).toBe(0)
  })
})

describe('nobody learns whether an address is subscribed', () => {
  const STATES = ['new', 'pending', 'confirmed', 'unsubscribed', 'suppressed'] as const
  const addressOf = (state: string) => `${state}@example.org`

  async function prepare(): Promise<void> {
    await subscribe(world, addressOf('pending'))
    await join(world, addressOf('confirmed'))
    await join(world, addressOf('unsubscribed'))
    await world.env.DB.prepare("update subscribers set status = 'unsubscribed' where email_key = ?")
      .bind(addressOf('unsubscribed'))
      .run()
    await suppress(addressOf('suppressed'))
    await world.deliver()
    world.outside.mails = []
  }

  it('by asking: the answers are alike to the byte, and cost as many calls', async ({ expect }) => {
    await prepare()
    const seen: { calls: string[]; answer: string }[] = []
    for (const state of STATES) {
      world.faults.heal()
      const response = await subscribe(world, addressOf(state))
      seen.push({ calls: world.faults.calls, answer: await comparable(response) })
    }
    expect(seen[0]?.calls).toEqual(['D1.batch', 'D1.batch', 'Queue.sendBatch'])
    for (const one of seen) expect(one).toEqual(seen[0])
    await world.settle()
    expect(world.outside.mails.map((mail) => mail.to)).toEqual(
      ['new', 'pending', 'unsubscribed'].map(addressOf),
    )
    expect(await rowOf(world, addressOf('suppressed'))).toBeUndefined()
  })

  it('by asking again and again', async ({ expect }) => {
    await prepare()
    world.useSettings({ RATE_LIMIT_SCALE: '1' })
    const seen = new Set<string>()
    for (const [index, state] of STATES.entries()) {
      const statuses: number[] = []
      for (let turn = 0; turn < 5; turn++) {
        statuses.push((await subscribe(world, addressOf(state), `198.51.100.${index}`)).status)
      }
      seen.add(statuses.join())
    }
    expect([...seen]).toEqual(['202,202,202,429,429'])
  })

  it('by a suppressed address whose link was mailed before', async ({ expect }) => {
    await subscribe(world, ANN)
    const token = await mailedToken(world, ANN)
    await suppress(ANN)
    expect((await confirm(world, token)).status).toBe(400)
    expect(await statusOf()).toBe('pending')
  })
})

describe('a suppressed address', () => {
  const SUPPRESSIONS = `${SUBSCRIBERS}/suppressions`
  const list = async (query = '') =>
    (await world.as('admin').get(`${SUPPRESSIONS}${query}`)).json<{
      data: { email: string }[]
      next_cursor: string | null
    }>()
  const lift = (email: string) =>
    world.as('admin').delete(`${SUPPRESSIONS}/${encodeURIComponent(email)}`)

  it('is listed by its letters', async ({ expect }) => {
    for (const name of ['bob', 'ann', 'cleo']) await suppress(`${name}@example.org`)
    expect(await list('?limit=1&count=true')).toEqual({
      data: [
        { email: 'ann@example.org', reason: 'bounce', created_at: '1970-01-01T00:00:00.001Z' },
      ],
      next_cursor: expect.any(String),
      count: 3,
    })
    const { next_cursor } = await list('?limit=1')
    const rest = await list(`?cursor=${next_cursor}`)
    expect(rest.data.map(({ email }) => email)).toEqual(['bob@example.org', 'cleo@example.org'])
    expect((await list('?q=BOB%40')).data).toMatchObject([{ email: 'bob@example.org' }])
    expect((await list('?q=%25')).data).toEqual([])
  })

  it('is mailed again once an admin has lifted that', async ({ expect }) => {
    await join(world, ANN)
    await suppress(ANN)
    await suppress('bob@example.org')
    for (const nobody of ['nobody@example.org', 'x', '\0', '%', 'a'.repeat(255)]) {
      expect((await lift(nobody)).status, nobody).toBe(404)
    }
    const half = await world.as('admin').delete(`${SUPPRESSIONS}/%E0%A4%A`)
    expect(half.status).toBeGreaterThanOrEqual(400)
    expect(half.status).toBeLessThan(500)
    expect((await lift(ANN.toUpperCase())).status).toBe(204)
    expect((await lift(ANN)).status).toBe(404)
    expect((await list()).data).toMatchObject([{ email: 'bob@example.org' }])
    const lifted = (await world.rows('audit_log')).filter(
      ({ action }) => action === 'suppression.lift',
    )
    expect(lifted).toHaveLength(1)
    expect(lifted[0]).toMatchObject({ entity_type: 'suppression', entity_id: null, after: null })
    expect(JSON.parse(String(lifted[0]?.before))).toEqual({
      email: ANN.toLowerCase(),
      reason: 'bounce',
    })
    await write(world, { title: 'News' })
    await sendAll(world)
    expect(readersOf(world, 'New post: News')).toEqual([ANN])
    // Who asks while it is suppressed gets no link, and one afterwards.
    await subscribe(world, 'bob@example.org')
    await lift('bob@example.org')
    expect(await rowOf(world, 'bob@example.org')).toBeUndefined()
    await subscribe(world, 'bob@example.org')
    expect((await rowOf(world, 'bob@example.org'))?.status).toBe('pending')
  })

  it('is lifted with its record or not at all, whatever call breaks', async ({ expect }) => {
    await breakEach({
      settings: GENEROUS,
      before: async (calm) => {
        await suppress(ANN)
        await calm.admin()
      },
      run: (broken) => broken.as('admin').delete(`${SUPPRESSIONS}/${ANN}`),
      after: async (healed, point) => {
        const lifted = (await healed.rows('audit_log')).filter(
          ({ action }) => action === 'suppression.lift',
        )
        expect(await healed.count('suppressions'), point).toBe(1 - lifted.length)
      },
    })
  })
})

describe('an address', () => {
  it('is sent three links an hour and ten a day, whoever asks and however it is spelt', async ({
    expect,
  }) => {
    world = await newWorld()
    let source = 0
    const spellings = ['ann@gmail.com', 'A.N.N@gmail.com', 'ann+news@gmail.com', 'ANN@GMAIL.COM']
    const ask = async (times: number) => {
      for (let turn = 0; turn < times; turn++) {
        const email = spellings[turn % spellings.length] ?? ''
        const response = await subscribe(world, email, `198.51.100.${++source}`)
        expect(response.status).toBe(202)
      }
      await world.settle()
      return world.outside.mails.length
    }
    expect(await ask(8)).toBe(3)
    for (let hour = 1; hour <= 5; hour++) {
      world.pass(3_600_000)
      expect(await ask(4)).toBe(Math.min(10, 3 + hour * 3))
    }
    // A link that was not mailed does not end the one that was.
    world.pass(DAY)
    await subscribe(world, 'bob@example.org', '203.0.113.1')
    const token = await mailedToken(world, 'bob@example.org')
    for (let turn = 0; turn < 3; turn++) await ask(0)
    world.useSettings({ RATE_LIMIT_SCALE: '0.3' })
    await subscribe(world, 'bob@example.org', '203.0.113.2')
    expect((await confirm(world, token)).status).toBe(204)
  })

  it('never becomes a second header or recipient', async ({ expect }) => {
    for (const evil of [
      'ann@example.org\r\nBcc: eve@evil.test',
      'ann@example.org\nBcc:eve@evil.test',
      'ann@example.org,eve@evil.test',
      'ann@example.org;eve@evil.test',
      'ann@example.org eve@evil.test',
      '"ann@example.org\r\n"@evil.test',
      'Ann <ann@example.org>',
      '<ann@example.org>',
      'ann@example.org\u0000',
      'ann@example.org%0aBcc:eve@evil.test',
      'ann@exa\u2028mple.org',
      'ann@[127.0.0.1]',
      'ann@@example.org',
      `${'a'.repeat(65)}@example.org`,
      `${'a'.repeat(250)}@example.org`,
    ]) {
      expect((await subscribe(world, evil)).status, evil).toBe(422)
    }
    expect(await world.count('outbox')).toBe(0)
    expect(await world.count('subscribers')).toBe(0)
  })
})

describe('the way out', () => {
  it('is a button of the mail program, and a link to the site', async ({ expect }) => {
    await join(world, ANN)
    const { mail, url, path, token } = await wayOut()
    expect(url).toBe(`http://localhost:8787/api/v1/subscribers/unsubscribe?token=${token}`)
    expect(mail?.further).toEqual({
      'List-Unsubscribe': `<${url}>`,
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    })
    const html = mail?.html.replaceAll('&#x2F;', '/').replaceAll('&#x3D;', '=')
    expect(html).toContain(`href="http://localhost:5173/newsletter/unsubscribe#token=${token}"`)
    // A scanner of links opens it, and nothing happens; a person sees the page.
    const page = `http://localhost:5173/newsletter/unsubscribe#token=${token}`
    for (const address of [path, `${path}&utm_source=mail`]) {
      const opened = await world.request('GET', address)
      expect(opened.status).toBe(200)
      expect(await opened.text()).toContain(`url=${page}"`)
      expect((await world.request('HEAD', address)).status).toBe(200)
    }
    for (const evil of ['"><script>', "'%20onload=x", '%0d%0a', '//evil.test', 'x'.repeat(900)]) {
      const opened = await world.request('GET', `${SUBSCRIBERS}/unsubscribe?token=${evil}`)
      const links = Array.from((await opened.text()).matchAll(/(?:url=|href=")([^"]*)"/g))
      expect(links).toHaveLength(2)
      for (const [, link] of links) {
        expect(link).toMatch(
          /^http:\/\/localhost:5173\/newsletter\/unsubscribe#token=[\w.-]{0,80}$/,
        )
      }
    }
    expect(await statusOf()).toBe('confirmed')
    for (let turn = 0; turn < 3; turn++) {
      const options = { raw: ONE_CLICK, headers: FORM }
      expect((await world.as('anonymous').post(path, options)).status).toBe(204)
      expect(await statusOf()).toBe('unsubscribed')
    }
    const rejoined = await join(world, ANN)
    expect(rejoined).toBe(Number(token.split('.')[0]))
    const raw = new FormData()
    raw.set('List-Unsubscribe', 'One-Click')
    expect((await world.as('anonymous').post(path, { raw })).status).toBe(204)
    expect(await statusOf()).toBe('unsubscribed')
  })

  it('is the same at SendGrid', async ({ expect }) => {
    world = await newWorld({ ...GENEROUS, MAIL_PROVIDER: 'sendgrid' })
    await join(world, ANN)
    expect((await wayOut()).mail?.further).toMatchObject({
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    })
  })

  it('is for nobody but who has the token', async ({ expect }) => {
    const id = await join(world, ANN)
    await join(world, 'bob@example.org')
    const { token, path } = await wayOut()
    const [, signature = ''] = token.split('.')
    const before = await everyRow(['rate_limits'])
    for (const forged of [
      '',
      String(id),
      `${id}.`,
      `${id + 1}.${signature}`,
      `0${id}.${signature}`,
      `${id}.${signature.slice(1)}`,
      `${id}.${signature}A`,
      `${id}.${signature.slice(0, -1)}${signature.endsWith('A') ? 'E' : 'A'}`,
      `${id}.${signature.toUpperCase()}`,
      `${id}.${'A'.repeat(43)}`,
      `-${id}.${signature}`,
      `${id}.0.${signature}`,
      `9007199254740993.${signature}`,
      signature,
    ]) {
      const { status } = await unsubscribe(forged)
      expect([400, 422], forged).toContain(status)
      const button = await world
        .as('anonymous')
        .post(`${SUBSCRIBERS}/unsubscribe?token=${forged}`, { raw: ONE_CLICK, headers: FORM })
      expect([400, 422], forged).toContain(button.status)
    }
    const post = (raw: BodyInit, type = FORM['content-type'], query = path) =>
      world.as('anonymous').post(query, { raw, headers: { 'content-type': type } })
    const refused: [Promise<Response>, number][] = [
      [post(''), 422],
      [post('List-Unsubscribe=Two-Clicks'), 422],
      [post('list-unsubscribe=One-Click'), 422],
      [post(`${ONE_CLICK}&more=1`), 422],
      [post(`${ONE_CLICK}&${ONE_CLICK}`), 400],
      [post(`${ONE_CLICK}&${'x'.repeat(5000)}`), 413],
      [post(ONE_CLICK, 'text/plain'), 415],
      [post(ONE_CLICK, 'multipart/form-data; boundary=x'), 400],
      [post(ONE_CLICK, FORM['content-type'], `${SUBSCRIBERS}/unsubscribe`), 400],
      [post(ONE_CLICK, FORM['content-type'], `${path}&token=x`), 422],
      [post(ONE_CLICK, FORM['content-type'], `${path}&other=1`), 422],
    ]
    for (const [answer, status] of refused) expect((await answer).status).toBe(status)
    expect(await everyRow(['rate_limits'])).toEqual(before)
  })

  it('stays open after the secret was rotated, and after the subscriber was deleted', async ({
    expect,
  }) => {
    const id = await join(world, ANN)
    const { token } = await wayOut()
    const { SECRET_KEY } = world.env
    const OTHER = 'Zb6Yx1Wd8Vc3Ut5Sr0Qp7On2Ml9Kj4Ih'
    world.useSettings({ SECRET_KEY: OTHER, SECRET_KEY_PREVIOUS: String(SECRET_KEY) })
    expect((await unsubscribe(token)).status).toBe(204)
    expect(await statusOf()).toBe('unsubscribed')
    await world.as('admin').delete(`${SUBSCRIBERS}/${id}`)
    expect(await join(world, 'bob@example.org')).toBeGreaterThan(id)
    expect((await unsubscribe(token)).status).toBe(204)
    expect(await statusOf('bob@example.org')).toBe('confirmed')
    world.useSettings({ SECRET_KEY: OTHER })
    expect((await unsubscribe(token)).status).toBe(400)
  })

  it('takes back what was not sent yet', async ({ expect }) => {
    await join(world, ANN)
    const { token } = await wayOut()
    for (const status of ['queued', 'sending', 'failed']) {
      await write(world, { title: 'More news' })
      await world.runCron('* * * * *')
      const row = (await world.rows('outbox')).at(-1)
      await world.env.DB.prepare(
        'update outbox set status = ?, leased_until = ?, attempts = 1 where id = ?',
      )
        .bind(status, status === 'sending' ? Date.now() : null, row?.id)
        .run()
      await unsubscribe(token)
      world.pass(300_000)
      await world.settle()
      expect((await world.rows('outbox')).at(-1), status).toMatchObject({
        id: row?.id,
        status: 'failed',
        payload: null,
        last_error: 'Unsubscribed before it was sent',
      })
      await join(world, ANN)
    }
    expect(world.outside.to(ANN).map((mail) => mail.subject)).not.toContain('New post: More news')
  })
})

describe('the admin', () => {
  const list = async (query = '') =>
    (await world.as('admin').get(SUBSCRIBERS + query)).json<{
      data: { id: number; email: string; status: string }[]
      count?: number
      next_cursor: string | null
    }>()

  it('lists, filters, counts and deletes subscribers', async ({ expect }) => {
    const id = await join(world, ANN)
    await subscribe(world, 'bob@example.org')
    await suppress('gone@example.org')
    const all = await list('?count=true')
    expect(all).toEqual({
      data: [
        {
          id: id + 1,
          email: 'bob@example.org',
          status: 'pending',
          created_at: '2026-05-04T09:30:00.000Z',
          confirmed_at: null,
        },
        {
          id,
          email: ANN,
          status: 'confirmed',
          created_at: '2026-05-04T09:30:00.000Z',
          confirmed_at: '2026-05-04T09:30:00.000Z',
        },
      ],
      next_cursor: null,
      count: 2,
    })
    expect(await list('?status=confirmed&count=true')).toMatchObject({ count: 1, data: [{ id }] })
    expect((await list('?q=ANN%40')).data).toMatchObject([{ id }])
    expect((await list('?q=%25')).data).toEqual([])
    const { next_cursor } = await list('?limit=1')
    expect((await list(`?limit=1&cursor=${next_cursor}`)).data).toMatchObject([{ id }])
    const stats = await world.as('admin').get(`${SUBSCRIBERS}/stats`)
    expect(await stats.json()).toEqual({
      total: 2,
      pending: 1,
      confirmed: 1,
      unsubscribed: 0,
      suppressed: 1,
    })
    // Confirmed are those who are mailed.
    await suppress(ANN)
    await suppress('bob@example.org')
    const fewer = await world.as('admin').get(`${SUBSCRIBERS}/stats`)
    expect(await fewer.json()).toMatchObject({ total: 2, pending: 1, confirmed: 0, suppressed: 3 })
    expect((await world.as('admin').delete(`${SUBSCRIBERS}/${id}`)).status).toBe(204)
    for (const one of [id, 0, 'x', '1e3', 99_999_999_999]) {
      expect((await world.as('admin').delete(`${SUBSCRIBERS}/${one}`)).status).toBe(404)
    }
    expect(await mailed(world)).toEqual(['newsletter.confirm bob@example.org'])
    expect(await world.rows('audit_log')).toMatchObject([
      { action: 'subscriber.delete', entity_type: 'subscriber', entity_id: String(id) },
    ])
    for (const query of ['status=gone', 'limit=0', 'email=x', 'q=', 'count=yes']) {
      expect((await world.as('admin').get(`${SUBSCRIBERS}?${query}`)).status, query).toBe(422)
    }
  })

  it('gets all of them as a table that runs nothing', async ({ expect }) => {
    for (const email of ['+1@example.org', '-2@example.org', "'x@example.org"]) {
      await join(world, email)
    }
    await fill(2100)
    const response = await world.as('admin').get(`${SUBSCRIBERS}.csv`)
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(response.headers.get('content-disposition')).toContain('attachment')
    expect(response.headers.get('cache-control')).toBe('no-store')
    const lines = (await response.text()).split('\r\n')
    expect(lines).toHaveLength(2105)
    expect(lines[0]).toBe('id,email,status,created_at,confirmed_at,unsubscribed_at')
    expect(lines[1]).toMatch(/^\d+,"'\+1@example.org",confirmed,2026-05-04T09:30:00.000Z,/)
    expect(lines[2]).toContain(`,"'-2@example.org",`)
    expect(lines[3]).toContain(`,"'x@example.org",`)
    expect(new Set(lines.map((line) => line.split(',')[0])).size).toBe(2105)
    const pending = await world.as('admin').get(`${SUBSCRIBERS}.csv?status=pending`)
    expect((await pending.text()).split('\r\n')).toHaveLength(2)
    expect((await world.as('admin').get(`${SUBSCRIBERS}.csv?q=x`)).status).toBe(422)
    expect(await world.rows('audit_log')).toMatchObject([
      { action: 'subscriber.export', after: '{"status":"all"}' },
      { action: 'subscriber.export', after: '{"status":"pending"}' },
    ])
  })
})

describe('bad input', () => {
  const state = () => everyRow(['rate_limits'])
  const post = { method: 'POST', caller: 'anonymous' } as const

  it('subscribes, confirms and unsubscribes nobody', async ({ expect }) => {
    const email = { ...post, path: SUBSCRIBERS, valid: { email: ANN }, texts: ['email'] }
    expect(await refusesBadInput(expect, world, email, state)).toBeGreaterThan(120)
    const token = await mailedToken(world, ANN)
    const path = `${SUBSCRIBERS}/confirm`
    const link = { ...post, path, valid: { token }, texts: ['token'] }
    await refusesBadInput(expect, world, link, state)

    const out = (await wayOut()).token
    const route = {
      ...post,
      path: `${SUBSCRIBERS}/unsubscribe`,
      valid: { token: out },
      texts: ['token'],
    }
    const before = await state()
    for (const { kind, label, body, headers, statuses } of badBodies(route)) {
      const response = await world.as('anonymous').post(route.path, {
        raw: body,
        headers: { 'content-type': 'application/json', ...headers },
      })
      // A form is read as one, and refused as one.
      const expected = /form/.test(label) ? [400, 422] : statuses
      expect(expected, `${kind} ${label}`).toContain(response.status)
    }
    expect(await state()).toEqual(before)
    expect((await unsubscribe(out)).status).toBe(204)
  })
})

describe('whatever call breaks', () => {
  it('who is told that a link is on its way gets it, once', async ({ expect }) => {
    let status = 0
    await breakEach({
      run: async (broken) => {
        status = (await subscribe(broken, ANN)).status
      },
      after: async (healed, point) => {
        await healed.settle()
        const rows = await healed.count('subscribers')
        expect(healed.outside.to(ANN), point).toHaveLength(rows)
        if (status === 202) expect(rows, point).toBe(1)
      },
    })
  })

  it('a subscription is confirmed or not, ended or not, deleted or not', async ({ expect }) => {
    let token = ''
    await breakEach({
      settings: GENEROUS,
      before: async (calm) => {
        await subscribe(calm, ANN)
        token = await mailedToken(calm, ANN)
      },
      run: (broken) => confirm(broken, token),
      after: async (healed, point) => {
        const status = (await rowOf(healed, ANN))?.status
        const again = (await confirm(healed, token)).status
        expect([status, again], point).toEqual(
          status === 'confirmed' ? ['confirmed', 400] : ['pending', 204],
        )
      },
    })
    const before = async (calm: World) => {
      world = calm
      await join(calm, ANN)
      token = (await wayOut()).token
      await calm.admin()
    }
    await breakEach({
      settings: GENEROUS,
      before,
      run: () => unsubscribe(token),
      after: async (healed, point) => {
        const row = await rowOf(healed, ANN)
        expect(
          [
            ['confirmed', null],
            ['unsubscribed', Date.now()],
          ],
          point,
        ).toContainEqual([row?.status, row?.unsubscribed_at])
        expect((await unsubscribe(token)).status, point).toBe(204)
        expect((await rowOf(healed, ANN))?.status, point).toBe('unsubscribed')
      },
    })
    await breakEach({
      settings: GENEROUS,
      before,
      run: (broken) => broken.as('admin').delete(`${SUBSCRIBERS}/${token.split('.')[0]}`),
      after: async (healed, point) => {
        const entries = await healed.rows('audit_log')
        const deleted = entries.filter(({ action }) => action === 'subscriber.delete').length
        const mails = (await mailed(healed)).length
        expect([await healed.count('subscribers'), mails], point).toEqual(
          deleted === 1 ? [0, 0] : [1, 2],
        )
      },
    })
    for (const path of ['', '/stats', '/suppressions', '.csv']) {
      let answer = 0
      await breakEach({
        settings: GENEROUS,
        run: async (broken) => {
          answer = (await broken.as('admin').get(SUBSCRIBERS + path)).status
        },
        after: async (_, point) =>
          expect(answer, point).toBe(point === 'nothing broken' ? 200 : 500),
      })
    }
  })
})
