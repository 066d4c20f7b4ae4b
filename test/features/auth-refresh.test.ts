import { beforeEach, describe, it } from 'vitest'
import {
  call,
  GENEROUS,
  refresh,
  type SignedIn,
  signIn,
  statusOf,
  type TokenBody,
  toSignedIn,
} from '../support/accounts.ts'
import { PASSWORD, type Person } from '../support/people.ts'
import { rounds } from '../support/rounds.ts'
import { newWorld, type World } from '../support/world.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

let world: World
let ann: Person
let session: SignedIn
beforeEach(async () => {
  world = await newWorld(GENEROUS)
  ann = await world.person({ email: 'ann@example.org' })
  session = await signIn(world, ann.email, PASSWORD)
})

const next = async (token: string): Promise<SignedIn> => {
  const response = await refresh(world, token)
  if (response.status !== 200) throw new Error(`Refreshing was answered ${response.status}`)
  return toSignedIn(await response.json<TokenBody>())
}

describe('a refresh token', () => {
  it('is spent for one successor, however many ask at once', { timeout: 60_000 }, async ({
    expect,
  }) => {
    for (let round = 0; round < rounds(20); round++) {
      const before = await world.count('refresh_tokens')
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => refresh(world, session.refreshToken)),
      )
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
      const bodies = await Promise.all(answers.map((answer) => answer.json<TokenBody>()))
      const tokens = new Set(bodies.map((body) => body.refresh_token))
      expect(tokens.size).toBe(1)
      expect(await world.count('refresh_tokens')).toBe(before + 1)
      const [body] = bodies
      if (!body) throw new Error('Needs an answer')
      expect(await statusOf(world, toSignedIn(body))).toBe(200)
      session = toSignedIn(body)
    }
  })

  it('gives the same successor for ten seconds', async ({ expect }) => {
    const first = await next(session.refreshToken)
    world.pass(10 * SECOND)
    const second = await next(session.refreshToken)
    expect(second.refreshToken).toBe(first.refreshToken)
    expect(first.refreshToken).not.toBe(session.refreshToken)
    expect((await refresh(world, first.refreshToken)).status).toBe(200)
  })

  it('that comes back later ends the session with all its tokens, and is recorded', async ({
    expect,
  }) => {
    const first = await next(session.refreshToken)
    const second = await next(first.refreshToken)
    world.pass(11 * SECOND)
    expect((await refresh(world, session.refreshToken)).status).toBe(401)
    for (const one of [session, first, second]) {
      expect(await statusOf(world, one)).toBe(401)
      expect((await refresh(world, one.refreshToken)).status).toBe(401)
    }
    expect(await world.count('refresh_tokens')).toBe(0)
    expect(await statusOf(world, ann)).toBe(200)
    const rows = (await world.rows('audit_log')).filter((row) =>
      String(row.action).startsWith('auth.ref'),
    )
    expect(rows).toEqual([
      expect.objectContaining({
        action: 'auth.refresh_reused',
        actor_id: ann.id,
        entity_type: 'session',
        entity_id: session.sessionId,
        source: '192.0.2.0/24',
      }),
    ])
  })

  it('is nothing but itself', async ({ expect }) => {
    const wrong = ['A'.repeat(43), session.refreshToken.toLowerCase()]
    for (const token of wrong) expect((await refresh(world, token)).status).toBe(401)
    for (const body of [{ refresh_token: '' }, { refresh_token: ann.token }, { token: 'x' }]) {
      expect((await call(world, '/refresh', body)).status).toBe(422)
    }
    expect((await call(world, '/refresh', {})).status).toBe(401)
    expect((await refresh(world, session.refreshToken)).status).toBe(200)
  })

  it('is stored as a digest, and its successor sealed', async ({ expect }) => {
    const first = await next(session.refreshToken)
    const rows = JSON.stringify(await world.rows('refresh_tokens'))
    for (const one of [session, first]) expect(rows).not.toContain(one.refreshToken)
  })

  it('is traded thirty times a minute at most, per session', async ({ expect }) => {
    world.useSettings({ RATE_LIMIT_SCALE: '1' })
    const other = await signIn(world, ann.email, PASSWORD)
    for (let turn = 0; turn < 30; turn++) session = await next(session.refreshToken)
    const refused = await refresh(world, session.refreshToken)
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe('60')
    expect((await refresh(world, other.refreshToken)).status).toBe(200)
    world.pass(MINUTE)
    expect((await refresh(world, session.refreshToken)).status).toBe(200)
  })

  it('is worthless for a banned or deleted account', async ({ expect }) => {
    for (const end of [
      (id: string) =>
        world.as('admin').patch(`/api/v1/users/${id}`, { body: { is_active: false } }),
      (id: string) => world.as('admin').delete(`/api/v1/users/${id}`),
    ]) {
      const bob = await world.person()
      const { refreshToken } = await signIn(world, bob.email, PASSWORD)
      await end(bob.id)
      expect((await refresh(world, refreshToken)).status).toBe(401)
    }
  })
})

describe('a session ends', () => {
  const cases = [
    { who: 'a user', role: 'user', idle: 7 * DAY, total: 30 * DAY },
    { who: 'an admin', role: 'admin', idle: 30 * MINUTE, total: 12 * HOUR },
  ] as const
  for (const { who, role, idle, total } of cases) {
    it(`for ${who} when it was idle for its time`, async ({ expect }) => {
      const { email } = await world.person({ role })
      let current = await signIn(world, email, PASSWORD)
      world.pass(idle - 1)
      current = await next(current.refreshToken)
      world.pass(idle - 1)
      current = await next(current.refreshToken)
      expect(await statusOf(world, current)).toBe(200)
      world.pass(idle)
      expect((await refresh(world, current.refreshToken)).status).toBe(401)
    })

    it(`for ${who} when its whole time is over, however much it is used`, async ({ expect }) => {
      const { email } = await world.person({ role })
      let current = await signIn(world, email, PASSWORD)
      const step = idle - MINUTE
      let passed = 0
      while (passed + step < total) {
        world.pass(step)
        passed += step
        current = await next(current.refreshToken)
      }
      world.pass(total - passed - 1)
      current = await next(current.refreshToken)
      expect(await statusOf(world, current)).toBe(200)
      world.pass(1)
      expect(await statusOf(world, current)).toBe(401)
      expect((await refresh(world, current.refreshToken)).status).toBe(401)
      world.pass(1)
      await world.runCron('17 3 * * *')
      const rows = await world.rows('sessions')
      expect(rows.map((row) => row.uid)).not.toContain(current.sessionId)
    })
  }
})
