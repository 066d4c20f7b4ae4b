import { env } from 'cloudflare:workers'
import { beforeEach, describe, it } from 'vitest'
import {
  beforeCall,
  call,
  everyRow,
  GENEROUS,
  inParallel,
  mailed,
  mailedToken,
  signIn,
  statusOf,
  stepUp,
} from '../support/accounts.ts'
import { refusesBadInput } from '../support/bad-input.ts'
import { PASSWORD, type Person } from '../support/people.ts'
import { rounds } from '../support/rounds.ts'
import { newWorld, type World } from '../support/world.ts'

const USERS = '/api/v1/users'
const INVITATION = { email: 'eve@example.org', full_name: 'Eve', role: 'user' }
const STALE_STEP_UP = 5 * 60_000

let world: World
let ann: Person
beforeEach(async () => {
  world = await newWorld(GENEROUS)
  ann = await world.person({ email: 'Ann@example.org', username: 'Ann' })
})

const admin = () => world.as('admin')
const patch = (who: Person, body: object, as: Person | 'admin' = 'admin', headers = {}) =>
  world.as(as).patch(`${USERS}/${who.id}`, { body, headers })
const list = async (query = '') => {
  const response = await admin().get(`${USERS}${query}`)
  if (response.status !== 200) throw new Error(`The list was answered ${response.status}`)
  return response.json<{
    data: { id: string; email: string }[]
    next_cursor: string | null
    count?: number
  }>()
}
const emails = async (query: string) => (await list(query)).data.map(({ email }) => email)
const rowOf = async (who: Person) =>
  (await world.rows('users')).find((row) => row.uid === who.id) ?? {}

describe('the list of accounts', () => {
  it('is filtered by role, access and what is looked for', async ({ expect }) => {
    await world.admin()
    await world.person({ email: 'bob@example.org', username: 'Bobby', active: false })
    await patch(ann, { full_name: 'Änne Müller' })
    expect(await emails('')).toEqual(['bob@example.org', 'admin@linden.test', 'Ann@example.org'])
    expect(await emails('?role=admin')).toEqual(['admin@linden.test'])
    expect(await emails('?active=false')).toEqual(['bob@example.org'])
    expect(await emails('?active=true&role=user')).toEqual(['Ann@example.org'])
    for (const q of ['MULLER', 'änne m', 'ann@EXAMPLE', 'ann']) {
      expect(await emails(`?q=${encodeURIComponent(q)}`), q).toEqual(['Ann@example.org'])
    }
    expect(await emails('?q=bob%40ex')).toEqual(['bob@example.org'])
    expect(await emails('?q=%25')).toEqual([])
  })

  it('goes on where a page ended, and counts on request', async ({ expect }) => {
    for (let index = 0; index < 6; index++) await world.person()
    const seen: string[] = []
    let query = '?limit=3&count=true'
    for (;;) {
      const { data, next_cursor, count } = await list(query)
      expect(count).toBe(8)
      seen.push(...data.map(({ id }) => id))
      if (next_cursor === null) break
      query = `?limit=3&count=true&cursor=${next_cursor}`
    }
    expect(seen).toHaveLength(8)
    expect(new Set(seen).size).toBe(8)
    expect((await list('?role=admin&count=true')).count).toBe(1)
  })

  it('takes no other question', async ({ expect }) => {
    for (const query of [
      'role=owner',
      'active=1',
      'limit=0',
      'limit=101',
      'cursor=abc.def',
      'sort=password_hash',
      'password_hash=%24scrypt',
      'q=',
      'include=sessions',
      'fields=password_hash',
    ]) {
      expect((await admin().get(`${USERS}?${query}`)).status, query).toBe(422)
    }
    expect(await emails('?q=scrypt')).toEqual([])
  })
})

describe('an account', () => {
  it('is read with its tag, and shows nothing that is secret', async ({ expect }) => {
    const response = await admin().get(`${USERS}/${ann.id}`)
    const body = await response.json()
    expect(body).toEqual({
      id: ann.id,
      email: 'Ann@example.org',
      username: 'Ann',
      full_name: null,
      role: 'user',
      is_active: true,
      is_verified: true,
      totp_enabled: false,
      email_2fa_enabled: false,
      created_at: '2026-05-04T09:30:00.000Z',
      last_login_at: null,
    })
    const headers = { 'if-none-match': response.headers.get('etag') ?? '' }
    expect((await admin().get(`${USERS}/${ann.id}`, { headers })).status).toBe(304)
    expect((await admin().get(`${USERS}/0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10`)).status).toBe(404)
    expect((await admin().get(`${USERS}/1`)).status).toBe(404)
  })

  it('is changed by one of those who read the same state', async ({ expect }) => {
    const tag = (await admin().get(`${USERS}/${ann.id}`)).headers.get('etag') ?? ''
    const headers = { 'if-match': tag }
    const statuses = await inParallel(20, (index) =>
      patch(ann, { full_name: `Ann ${index}` }, 'admin', headers),
    )
    expect(statuses).toEqual({ 200: 1, 412: 19 })
    expect((await patch(ann, { full_name: 'x' }, 'admin', { 'if-match': '"abc"' })).status).toBe(
      412,
    )
    expect((await patch(ann, { full_name: null }, 'admin', { 'if-match': '*' })).status).toBe(200)
    expect((await rowOf(ann)).full_name).toBeNull()
  })

  it('gets another role after the password was proven, and is signed out at once', async ({
    expect,
  }) => {
    const session = await signIn(world, ann.email, PASSWORD)
    await world.admin()
    world.pass(STALE_STEP_UP)
    expect((await patch(ann, { role: 'admin' })).status).toBe(403)
    expect((await patch(ann, { full_name: 'Ann' })).status).toBe(200)
    expect(await statusOf(world, ann)).toBe(200)
    await stepUp(world, 'admin')
    expect(await (await patch(ann, { role: 'admin' })).json()).toMatchObject({ role: 'admin' })
    for (const one of [ann, session]) expect(await statusOf(world, one)).toBe(401)
    // The password that was enough for a user is not for an admin.
    const login = () => call(world, '/login', { identifier: ann.email, password: PASSWORD })
    expect((await login()).status).toBe(401)
    await world.deliver()
    expect(world.outside.to(ann.email).at(-1)?.text).toContain('the old one does not work any more')
    await call(world, '/password/forgot', { email: ann.email })
    const reset = { token: await mailedToken(world, ann.email), new_password: PASSWORD }
    expect((await call(world, '/password/reset', reset)).status).toBe(204)
    const again = await signIn(world, ann.email, PASSWORD)
    const refused = await world.as(again).get(USERS)
    expect([refused.status, await refused.json()]).toEqual([
      403,
      expect.objectContaining({ code: 'second_factor_required' }),
    ])
    world.useSettings({ REQUIRE_ADMIN_2FA: 'false' })
    expect((await world.as(again).get(USERS)).status).toBe(200)
    expect((await patch(ann, { role: 'user' })).status).toBe(200)
    expect((await world.as(again).get(USERS)).status).toBe(401)
    const asUser = await signIn(world, ann.email, PASSWORD)
    expect((await world.as(asUser).get(USERS)).status).toBe(403)
  })

  it('that is banned is out at once, and in again when it is let in', async ({ expect }) => {
    const session = await signIn(world, ann.email, PASSWORD)
    expect((await patch(ann, { is_active: false })).status).toBe(200)
    for (const one of [ann, session]) expect(await statusOf(world, one)).toBe(401)
    const login = () => call(world, '/login', { identifier: ann.email, password: PASSWORD })
    expect((await login()).status).toBe(401)
    expect((await patch(ann, { is_active: true })).status).toBe(200)
    expect(await statusOf(world, ann)).toBe(401)
    expect((await login()).status).toBe(200)
  })

  it('is deleted with all that is its own, after the password was proven', async ({ expect }) => {
    await world.as(ann).post('/api/v1/items', { body: { title: 'Mine' } })
    await signIn(world, ann.email, PASSWORD)
    await world.admin()
    world.pass(STALE_STEP_UP)
    expect((await admin().delete(`${USERS}/${ann.id}`)).status).toBe(403)
    expect(await statusOf(world, ann)).toBe(200)
    await stepUp(world, 'admin')
    expect((await admin().delete(`${USERS}/${ann.id}`)).status).toBe(204)
    expect(await statusOf(world, ann)).toBe(401)
    const { users, sessions, items, refresh_tokens, known_devices } = await everyRow()
    expect([users?.length, sessions?.length]).toEqual([1, 1])
    expect([items, refresh_tokens, known_devices]).toEqual([[], [], []])
    expect((await admin().delete(`${USERS}/${ann.id}`)).status).toBe(404)
  })

  it('is not changed or made by bad input', async ({ expect }) => {
    await world.admin()
    const state = () => everyRow(['rate_limits'])
    const before = await state()
    for (const body of [
      { role: 'owner' },
      { is_active: 'no' },
      { email: 'x@example.org' },
      { username: 'x' },
      { password_hash: 'x' },
      { is_verified: true },
      { full_name: 'x'.repeat(101) },
    ]) {
      expect((await patch(ann, body)).status, JSON.stringify(body)).toBe(422)
    }
    expect(await state()).toEqual(before)
    const valid = { email: INVITATION.email }
    const route = { method: 'POST', path: USERS, caller: 'admin' as const, valid, texts: ['email'] }
    expect(await refusesBadInput(expect, world, route, state)).toBeGreaterThan(100)
  })
})

describe('an invitation', () => {
  const invite = (body: object = INVITATION, headers = {}) => admin().post(USERS, { body, headers })

  it('makes an account and mails a link, once under one key', async ({ expect }) => {
    const headers = { 'idempotency-key': 'k' }
    const first = await invite(INVITATION, headers)
    expect(first.status).toBe(201)
    const view = await first.json<{ id: string }>()
    expect(first.headers.get('location')).toBe(`${USERS}/${view.id}`)
    expect(view).toMatchObject({ ...INVITATION, is_active: true, is_verified: false })
    expect(view).toEqual(await (await admin().get(`${USERS}/${view.id}`)).json())
    const again = await invite(INVITATION, headers)
    expect([again.status, await again.json()]).toEqual([201, view])
    expect((await invite({ email: 'x@example.org' }, headers)).status).toBe(422)
    expect((await mailed(world)).filter((mail) => mail.startsWith('auth.invite'))).toHaveLength(1)
    const token = await mailedToken(world, INVITATION.email)
    expect(world.outside.to(INVITATION.email)[0]?.text).toContain(`/accept-invite#token=${token}`)
    const body = { token, password: PASSWORD }
    expect((await call(world, '/invite/accept', body)).status).toBe(200)
  })

  it('is not taken from an admin who was signed out while it was on its way', async ({
    expect,
  }) => {
    const boss = await world.admin()
    const rows = () => everyRow(['rate_limits', 'audit_log', 'sessions', 'refresh_tokens'])
    for (const attempt of [
      () => invite(),
      () => patch(ann, { role: 'admin' }),
      () => patch(ann, { is_active: false }),
      () => admin().delete(`${USERS}/${ann.id}`),
    ]) {
      const before = await rows()
      const { results } = await env.DB.prepare('select * from sessions where uid = ?')
        .bind(boss.sessionId)
        .all()
      // Session, limit, account, change: the session ends just before the change.
      const end = () =>
        env.DB.prepare('delete from sessions where uid = ?').bind(boss.sessionId).run()
      beforeCall(world, 4, end)
      expect((await attempt()).status).toBeGreaterThanOrEqual(400)
      expect(await rows()).toEqual(before)
      const [session] = results
      const names = Object.keys(session ?? {})
      await env.DB.prepare(
        `insert or replace into sessions (${names}) values (${names.map(() => '?')})`,
      )
        .bind(...Object.values(session ?? {}))
        .run()
    }
  })

  it('is refused for an address that has an account in use', async ({ expect }) => {
    const response = await invite({ email: 'ann@EXAMPLE.org' })
    expect([response.status, await response.json()]).toEqual([
      409,
      expect.objectContaining({ code: 'conflict' }),
    ])
    expect(await world.count('users')).toBe(2)
    expect(await world.count('mailed_secrets')).toBe(0)
  })

  it('is mailed once more to whoever has not accepted it, and the newer link counts', async ({
    expect,
  }) => {
    const first = await (await invite()).json<{ id: string }>()
    const again = await invite({ email: 'EVE@example.org', role: 'admin' })
    expect(again.status).toBe(201)
    expect(await again.json()).toMatchObject({ id: first.id, role: 'admin' })
    expect(await mailed(world)).toHaveLength(2)
    expect(await world.count('users')).toBe(3)
    expect(await world.count('mailed_secrets')).toBe(1)
  })

  it('makes one account, however many are sent at once', async ({ expect }) => {
    expect(await inParallel(20, () => invite())).toEqual({ 201: 1, 409: 19 })
    expect(await mailed(world)).toEqual([`auth.invite ${INVITATION.email}`])
  })
})

describe('the last admin', () => {
  const remove: Record<string, (who: Person, as: Person) => Promise<Response>> = {
    banned: (who, as) => patch(who, { is_active: false }, as),
    demoted: (who, as) => patch(who, { role: 'user' }, as),
    deleted: (who, as) => world.as(as).delete(`${USERS}/${who.id}`),
    'gone by itself': (_, as) => world.as(as).delete(`${USERS}/me`),
  }
  const active = async () =>
    (await world.rows('users')).filter(
      (row) => row.role === 'admin' && row.is_active === 1 && row.verified_at !== null,
    )

  for (const [how, act] of Object.entries(remove)) {
    it(`cannot be ${how}, while others may`, async ({ expect }) => {
      const last = await world.admin()
      await world.person({ role: 'admin', active: false })
      await admin().post(USERS, { body: { ...INVITATION, role: 'admin' } })
      const before = await everyRow(['rate_limits'])
      const response = await act(last, last)
      expect([response.status, await response.json()]).toEqual([
        409,
        expect.objectContaining({ code: 'conflict' }),
      ])
      expect(await everyRow(['rate_limits'])).toEqual(before)
      const second = await world.person({ role: 'admin', steppedUp: true })
      expect((await act(last, how === 'gone by itself' ? last : second)).status).toBeLessThan(300)
      expect(await active()).toHaveLength(1)
    })

    it(`stays when two are ${how} by each other at once`, async ({ expect }) => {
      for (let round = 0; round < rounds(50); round++) {
        world = await newWorld(GENEROUS)
        const [a, b] = await Promise.all(
          [1, 2].map(() => world.person({ role: 'admin', steppedUp: true })),
        )
        if (!a || !b) throw new Error('Needs two admins')
        const answers = await Promise.all([act(a, b), act(b, a)])
        expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
        expect(await active()).toHaveLength(1)
      }
    })
  }
})
