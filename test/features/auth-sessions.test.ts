import { beforeEach, describe, it } from 'vitest'
import {
  AUTH,
  call,
  comparable,
  cookieIn,
  GENEROUS,
  refresh,
  type SignedIn,
  signIn,
  statusOf,
  type TokenBody,
  toSignedIn,
} from '../support/accounts.ts'
import { PASSWORD, type Person } from '../support/people.ts'
import { newWorld, type World } from '../support/world.ts'

const SITE = 'http://localhost:5173'
const COOKIE = '__Host-refresh'

let world: World
let ann: Person
beforeEach(async () => {
  world = await newWorld({ ...GENEROUS, CORS_ORIGINS: 'https://www.linden.test' })
  ann = await world.person()
})

const openWithCookie = async () => {
  const body = { identifier: ann.email, password: PASSWORD, session: 'cookie' }
  const response = await call(world, '/login', body)
  const token = cookieOf(response)
  return { response, token, body: await response.json<TokenBody>() }
}

const cookieOf = (response: Response): string => cookieIn(response, COOKIE)?.value ?? ''

const byCookie = (cookie: string, origin: string | null = SITE) =>
  call(world, '/refresh', {}, { headers: { cookie, ...(origin !== null && { origin }) } })

describe('a refresh token in a cookie', () => {
  it('is out of reach of scripts, of other hosts and of plain http', async ({ expect }) => {
    const { response, token, body } = await openWithCookie()
    expect(token).toMatch(/^[\w-]{43}$/)
    expect(body).not.toHaveProperty('refresh_token')
    expect(JSON.stringify(body)).not.toContain(token)
    expect(cookieIn(response, COOKIE)?.attributes.toSorted()).toEqual([
      'HttpOnly',
      'Max-Age=2592000',
      'Path=/',
      'SameSite=Strict',
      'Secure',
    ])
    world.useSettings({ COOKIE_SAMESITE: 'none' })
    const lax = cookieIn((await openWithCookie()).response, COOKIE)
    expect(lax?.attributes).toContain('SameSite=None')
  })

  it('is traded for the next, which comes in a cookie again', async ({ expect }) => {
    const { token } = await openWithCookie()
    const response = await byCookie(`${COOKIE}=${token}`)
    expect(response.status).toBe(200)
    const next = cookieOf(response)
    expect(next).toMatch(/^[\w-]{43}$/)
    expect(next).not.toBe(token)
    const body = await response.json<TokenBody>()
    expect(body).not.toHaveProperty('refresh_token')
    expect(await statusOf(world, toSignedIn(body))).toBe(200)
  })

  it('is read for pages of the site alone', async ({ expect }) => {
    const { token } = await openWithCookie()
    const before = await world.rows('refresh_tokens')
    const foreign = [
      null,
      '',
      'null',
      'https://evil.test',
      'http://localhost:5174',
      'https://localhost:5173',
      'http://localhost:5173.evil.test',
      'http://evil.test/http://localhost:5173',
      'http://localhost:8787',
      'http://LOCALHOST:5173',
      'http://localhost:5173/',
      'https://linden.test',
    ]
    for (const origin of foreign) {
      const response = await byCookie(`${COOKIE}=${token}`, origin)
      expect(response.status, String(origin)).toBe(403)
      expect(response.headers.get('set-cookie'), String(origin)).toBeNull()
    }
    expect(await world.rows('refresh_tokens')).toEqual(before)
    for (const origin of [SITE, 'https://www.linden.test']) {
      expect((await byCookie(`${COOKIE}=${token}`, origin)).status, origin).toBe(200)
    }
  })

  it('counts under its own name alone, and only as it was set', async ({ expect }) => {
    const { token } = await openWithCookie()
    const cookies = [
      '',
      `refresh=${token}`,
      `__Secure-refresh=${token}`,
      `__host-refresh=${token}`,
      `x${COOKIE}=${token}`,
      `${COOKIE}=`,
      `${COOKIE}=%00`,
      `${COOKIE}=${token}x`,
      `${COOKIE}=${token.slice(1)}`,
      `${COOKIE}=${'x'.repeat(8000)}`,
    ]
    for (const cookie of cookies) {
      const { status } = await byCookie(cookie)
      expect(status, cookie.slice(0, 80)).toBe(401)
    }
  })

  it('cannot be preset: a made-up one never becomes live', async ({ expect }) => {
    const made = 'A'.repeat(43)
    const body = { identifier: ann.email, password: PASSWORD, session: 'cookie' }
    const headers = { cookie: `${COOKIE}=${made}`, origin: SITE }
    const response = await call(world, '/login', body, { headers })
    expect(cookieOf(response)).not.toBe(made)
    expect((await byCookie(`${COOKIE}=${made}`)).status).toBe(401)
  })

  it('is enough to log out with, from a page of the site', async ({ expect }) => {
    const { token, body } = await openWithCookie()
    const logout = (headers: Record<string, string>) =>
      world.as('anonymous').post(`${AUTH}/logout`, { headers })
    const cookie = `${COOKIE}=${token}`
    expect((await logout({ cookie, origin: 'https://evil.test' })).status).toBe(403)
    expect((await logout({ cookie: `${COOKIE}=${'A'.repeat(43)}`, origin: SITE })).status).toBe(401)
    const wrong = { cookie, origin: SITE, authorization: 'Bearer x' }
    expect((await logout(wrong)).status).toBe(401)
    expect(await statusOf(world, toSignedIn(body))).toBe(200)
    expect((await logout({ cookie, origin: SITE })).status).toBe(204)
    expect(await statusOf(world, toSignedIn(body))).toBe(401)
    // No other operation reads it.
    const { token: next } = await openWithCookie()
    const headers = { cookie: `${COOKIE}=${next}`, origin: SITE }
    const everywhere = await world.as('anonymous').post(`${AUTH}/logout-all`, { headers })
    expect(everywhere.status).toBe(401)
  })

  it('is taken back at logout', async ({ expect }) => {
    const { body, token } = await openWithCookie()
    const response = await world.as(toSignedIn(body)).post(`${AUTH}/logout`)
    expect(response.headers.get('set-cookie')).toMatch(/^__Host-refresh=; Max-Age=0/)
    expect((await byCookie(`${COOKIE}=${token}`)).status).toBe(401)
  })
})

describe('a session', () => {
  const open = (count: number): Promise<SignedIn[]> =>
    Promise.all(Array.from({ length: count }, () => signIn(world, ann.email, PASSWORD)))

  it('ends at logout, at once and for all its tokens, and no other does', async ({ expect }) => {
    for (let turn = 0; turn < 20; turn++) {
      const [left, stays] = await open(2)
      if (!left || !stays) throw new Error('Needs two sessions')
      expect((await world.as(left).post(`${AUTH}/logout`)).status).toBe(204)
      expect(await statusOf(world, left)).toBe(401)
      expect((await refresh(world, left.refreshToken)).status).toBe(401)
      expect(await statusOf(world, stays)).toBe(200)
    }
    expect((await world.as('anonymous').post(`${AUTH}/logout`)).status).toBe(401)
  })

  it('ends with all others at logout-all, and nobody else is signed out', async ({ expect }) => {
    const mine = await open(5)
    const bob = await world.person()
    const [first] = mine
    if (!first) throw new Error('Needs a session')
    expect((await world.as(first).post(`${AUTH}/logout-all`)).status).toBe(204)
    for (const session of [...mine, ann]) expect(await statusOf(world, session)).toBe(401)
    for (const { refreshToken } of mine) {
      expect((await refresh(world, refreshToken)).status).toBe(401)
    }
    expect(await statusOf(world, bob)).toBe(200)
  })

  it('is listed with where it is, for its owner alone', async ({ expect }) => {
    await world.person()
    await signIn(world, ann.email, PASSWORD, {
      from: '2001:db8:1:2:3::4',
      headers: { 'user-agent': 'Phone '.repeat(100) },
    })
    const response = await world.as(ann).get(`${AUTH}/sessions`)
    const { data } = await response.json<{ data: Record<string, unknown>[] }>()
    expect(data).toEqual([
      {
        id: expect.any(String),
        current: false,
        user_agent: 'Phone '.repeat(50),
        source: '2001:db8:1::/48',
        created_at: '2026-05-04T09:30:00.000Z',
        last_used_at: '2026-05-04T09:30:00.000Z',
        expires_at: '2026-05-11T09:30:00.000Z',
      },
      expect.objectContaining({ id: ann.sessionId, current: true, source: '192.0.2.0/24' }),
    ])
  })

  it('is listed in pages', async ({ expect }) => {
    await open(4)
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const query: string = cursor === '' ? '?limit=2' : `?limit=2&cursor=${cursor}`
      const response = await world.as(ann).get(`${AUTH}/sessions${query}`)
      const page = await response.json<{ data: { id: string }[]; next_cursor: string | null }>()
      seen.push(...page.data.map(({ id }) => id))
      cursor = page.next_cursor
    }
    expect(new Set(seen).size).toBe(5)
    expect(seen.at(-1)).toBe(ann.sessionId)
  })

  it('is ended by its owner, and a foreign one is like a missing one', async ({ expect }) => {
    const [other] = await open(1)
    const bob = await world.person()
    if (!other) throw new Error('Needs a session')
    const end = (who: Person | 'admin', id: string) =>
      world.as(who).delete(`${AUTH}/sessions/${id}`)
    const bodies = []
    for (const [who, id] of [
      [bob, other.sessionId],
      [ann, bob.sessionId],
      [ann, '0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10'],
    ] as const) {
      const response = await end(who, id)
      expect(response.status).toBe(404)
      bodies.push((await comparable(response)).replaceAll(id, 'id'))
    }
    expect(new Set(bodies).size).toBe(1)
    expect((await end('admin', other.sessionId)).status).toBe(404)
    expect(await statusOf(world, other)).toBe(200)
    expect((await end(ann, other.sessionId)).status).toBe(204)
    expect(await statusOf(world, other)).toBe(401)
    expect((await end(ann, other.sessionId)).status).toBe(404)
    expect((await end(ann, ann.sessionId)).status).toBe(204)
    expect(await statusOf(world, ann)).toBe(401)
  })

  it('costs two round trips to D1 for a private read', async ({ expect }) => {
    world.faults.heal()
    await world.as(ann).get('/api/v1/users/me')
    expect(world.faults.calls).toHaveLength(2)
  })

  it('opens what is sensitive for five minutes after the password was proven', async ({
    expect,
  }) => {
    const ask = (password: string) => world.as(ann).post(`${AUTH}/step-up`, { body: { password } })
    const status = async () => (await world.as(ann).get('/api/v1/users/me/export')).status
    const [other] = await open(1)
    expect(await status()).toBe(403)
    expect((await ask('not the password')).status).toBe(401)
    expect(await status()).toBe(403)
    const answer = await ask(PASSWORD)
    expect([answer.status, await answer.json()]).toEqual([200, { expires_in: 300 }])
    expect(await status()).toBe(200)
    if (other) expect((await world.as(other).get('/api/v1/users/me/export')).status).toBe(403)
    world.pass(299_000)
    expect(await status()).toBe(200)
    world.pass(1000)
    expect(await status()).toBe(403)
  })
})
