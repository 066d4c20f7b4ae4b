import { beforeEach, describe, it } from 'vitest'
import {
  AUTH,
  call,
  GENEROUS,
  inParallel,
  mailedToken,
  refresh,
  signIn,
  statusOf,
} from '../support/accounts.ts'
import { suppress } from '../support/newsletter.ts'
import { PASSWORD, type Person } from '../support/people.ts'
import { newWorld, type World } from '../support/world.ts'

const ME = '/api/v1/users/me'

let world: World
let ann: Person
beforeEach(async () => {
  world = await newWorld(GENEROUS)
  ann = await world.person({ email: 'Ann@example.org', username: 'Ann' })
})

const patch = (body: object, headers = {}, who = ann) => world.as(who).patch(ME, { body, headers })
const stepUp = () => world.as(ann).post(`${AUTH}/step-up`, { body: { password: PASSWORD } })

describe('your own account', () => {
  it('is read and changed by you', async ({ expect }) => {
    const response = await patch({ username: 'Anna.Linden', full_name: '  Anna Linden ' })
    expect(await response.json()).toMatchObject({
      username: 'Anna.Linden',
      full_name: 'Anna Linden',
    })
    const read = await world.as(ann).get(ME)
    expect(read.headers.get('etag')).toBe(response.headers.get('etag'))
    expect(await read.json()).toMatchObject({ id: ann.id, username: 'Anna.Linden' })
    await signIn(world, 'anna.linden', PASSWORD)
    await expect(signIn(world, 'Ann', PASSWORD)).rejects.toThrow()
    expect(await (await patch({ full_name: null, username: null })).json()).toMatchObject({
      username: null,
      full_name: null,
    })
  })

  it('takes no role, no address and no access from you', async ({ expect }) => {
    const before = await world.rows('users')
    for (const body of [
      { role: 'admin' },
      { email: 'x@example.org' },
      { is_active: false },
      { is_verified: true },
      { id: 'x' },
      { password_hash: 'x' },
      { username: 'ab' },
      { username: 'ann@example.org' },
      { username: '1ann' },
      { username: 'ann b' },
      { username: '\u212aen' },
      { username: 'x'.repeat(41) },
      { full_name: '' },
      { full_name: 'a\u0000b' },
    ]) {
      expect((await patch(body)).status, JSON.stringify(body)).toBe(422)
    }
    expect(await world.rows('users')).toEqual(before)
  })

  it('keeps its name when the wished one is taken, in any letter case', async ({ expect }) => {
    await world.person({ username: 'Bobby' })
    const response = await patch({ username: 'BOBBY' })
    expect([response.status, await response.json()]).toEqual([
      409,
      expect.objectContaining({ code: 'conflict' }),
    ])
    expect((await patch({ username: 'ANN' })).status).toBe(200)
    const people = await Promise.all([1, 2, 3, 4, 5].map(() => world.person()))
    const statuses = await inParallel(5, (index) =>
      patch({ username: 'wanted' }, {}, people[index] ?? ann),
    )
    expect(statuses).toEqual({ 200: 1, 409: 4 })
  })

  it('is changed by one of those who read the same state', async ({ expect }) => {
    const headers = { 'if-match': (await world.as(ann).get(ME)).headers.get('etag') ?? '' }
    const statuses = await inParallel(20, (index) => patch({ full_name: `Ann ${index}` }, headers))
    expect(statuses).toEqual({ 200: 1, 412: 19 })
  })

  it('is deleted by you after your password was proven', async ({ expect }) => {
    const other = await signIn(world, ann.email, PASSWORD)
    await world.as(ann).post('/api/v1/items', { body: { title: 'Mine' } })
    expect((await world.as(ann).delete(ME)).status).toBe(403)
    expect(await world.count('users')).toBe(1)
    await stepUp()
    const answer = await world.as(ann).delete(ME)
    expect(answer.status).toBe(204)
    expect(answer.headers.get('set-cookie')).toMatch(/^__Host-refresh=; Max-Age=0/)
    expect(await statusOf(world, other)).toBe(401)
    expect((await refresh(world, other.refreshToken)).status).toBe(401)
    for (const table of ['users', 'items', 'sessions', 'refresh_tokens', 'known_devices']) {
      expect(await world.count(table), table).toBe(0)
    }
    await expect(signIn(world, ann.email, PASSWORD)).rejects.toThrow()
  })

  it('is handed out whole, without a secret', async ({ expect }) => {
    const session = await signIn(world, ann.email, PASSWORD)
    await world.as(ann).post('/api/v1/items', { body: { title: 'Mine', description: 'All of it' } })
    const bob = await world.person()
    await world.as(bob).post('/api/v1/items', { body: { title: 'Not hers' } })
    const message = { name: 'Ann', email: 'ANN@example.org', message: 'Hello there' }
    await world.as('anonymous').post('/api/v1/contact', { body: message })
    await world.as(ann).put(`/api/v1/profiles/${ann.username}`, { body: { name: 'Ann' } })
    await world.as('anonymous').post('/api/v1/subscribers', { body: { email: 'ann@EXAMPLE.org' } })
    await call(world, '/password/forgot', { email: ann.email })
    const secret = await mailedToken(world, ann.email)
    await suppress(ann.email)
    await suppress(bob.email)
    expect((await world.as(ann).get(`${ME}/export`)).status).toBe(403)
    await stepUp()
    const response = await world.as(ann).get(`${ME}/export`)
    expect(response.headers.get('cache-control')).toBe('no-store')
    const text = await response.text()
    const all = JSON.parse(text)
    expect(all).toMatchObject({
      exported_at: '2026-05-04T09:30:00.000Z',
      user: { id: ann.id, email: ann.email },
      profile: { username: ann.username, name: 'Ann' },
      items: [{ title: 'Mine', description: 'All of it' }],
      messages: [{ name: 'Ann', message: 'Hello there' }],
      subscription: { email: 'ann@example.org', status: 'pending' },
      suppression: { email: 'ann@example.org', reason: 'bounce' },
    })
    expect(all.sessions).toHaveLength(2)
    expect(all.mails.length).toBeGreaterThanOrEqual(2)
    const actions = all.audit.map((entry: { action: string }) => entry.action)
    expect(actions).toEqual([
      'auth.step_up',
      'auth.password_forgot',
      'profile.create',
      'item.create',
      'auth.login',
    ])
    expect(all.login_attempts).toMatchObject([{ outcome: 'signed_in' }])
    expect(all.devices).toHaveLength(1)
    expect(all.pending_email).toBeNull()
    const { users, refresh_tokens, mailed_secrets } = {
      users: await world.rows('users'),
      refresh_tokens: await world.rows('refresh_tokens'),
      mailed_secrets: await world.rows('mailed_secrets'),
    }
    const secrets = [
      PASSWORD,
      secret,
      session.token,
      session.refreshToken,
      ann.token,
      '$scrypt$',
      ...users.map((row) => row.password_hash),
      ...[...refresh_tokens, ...mailed_secrets].map((row) => row.hash),
      bob.id,
      bob.email,
    ]
    for (const one of secrets) expect(text).not.toContain(String(one))
  })
})
