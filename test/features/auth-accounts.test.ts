import { beforeEach, describe, it } from 'vitest'
import { type Context, createContext } from '../../src/context.ts'
import { ANONYMOUS, type UserActor } from '../../src/core/actor.ts'
import type { Bindings } from '../../src/env.ts'
import { changeOwnAccount, makeAccount, signUp } from '../../src/features/auth/accounts.ts'
import { type Audience, OWN } from '../../src/features/auth/audience.ts'
import { renewToken, resolveToken } from '../../src/features/auth/dialect-session.ts'
import { refreshSession } from '../../src/features/auth/sessions.ts'
import { login } from '../../src/features/auth/sign-in.ts'
import { claimsOf } from '../support/dialects.ts'
import { PASSWORD } from '../support/people.ts'
import { newWorld, type World } from '../support/world.ts'

const DAY = 86_400_000
const SHOP: Audience = {
  ...OWN,
  name: 'eterno',
  adminPassword: 8,
  claimsOf: ({ username }) => ({ name: username }),
}
const OTHER: Audience = { ...SHOP, name: 'portfolio' }

let world: World
let ctx: Context
beforeEach(async () => {
  world = await newWorld({ REQUIRE_ADMIN_2FA: 'false' })
  ctx = await contextOf()
})

/** What a service is given for the admin of this world, who has just signed in. */
async function contextOf(): Promise<Context> {
  const { id: uid, sessionId: sessionUid } = await world.admin()
  const steppedUpAt = Date.now()
  const actor: UserActor = {
    type: 'user',
    id: 1,
    uid,
    role: 'admin',
    sessionId: 1,
    sessionUid,
    steppedUpAt,
    needsFactor: false,
  }
  return createContext(world.env as unknown as Bindings, actor, {
    source: () => 'x',
    waitUntil: () => {},
  })
}
const anonymous = () =>
  createContext(world.env as unknown as Bindings, ANONYMOUS, {
    source: () => 'x',
    waitUntil: () => {},
  })

async function enter(identifier: string, audience = SHOP) {
  const opened = await login(
    anonymous(),
    { identifier, password: PASSWORD, session: 'token' },
    [],
    audience,
  )
  if ('requires_2fa' in opened) throw new Error('A second factor was asked for')
  return opened
}

describe('an account that an admin makes', () => {
  const KEEPER = { email: null, username: 'Keeper', password: PASSWORD, role: 'admin' } as const

  it('needs no address: its username signs in', async ({ expect }) => {
    const made = await makeAccount(ctx, KEEPER, SHOP)
    expect(made).toMatchObject({
      email: null,
      username: 'Keeper',
      role: 'admin',
      is_verified: true,
    })
    const { token } = await enter('keeper')
    expect(claimsOf(token.access_token)).toMatchObject({
      sub: made.id,
      aud: 'eterno',
      name: 'Keeper',
    })
    expect(await resolveToken(anonymous(), SHOP, token.access_token)).toMatchObject({
      uid: made.id,
      role: 'admin',
    })
  })

  it('says which of its names is taken', async ({ expect }) => {
    await makeAccount(ctx, { ...KEEPER, email: 'keeper@example.org' }, SHOP)
    const again = (wish: object) => makeAccount(ctx, { ...KEEPER, ...wish }, SHOP)
    await expect(again({})).rejects.toMatchObject({
      code: 'conflict',
      errors: [{ path: 'username' }],
    })
    await expect(again({ username: 'other', email: 'Keeper@Example.org' })).rejects.toMatchObject({
      code: 'conflict',
      errors: [{ path: 'email' }],
    })
    expect((await makeAccount(ctx, { ...KEEPER, username: 'second' }, SHOP)).email).toBeNull()
  })

  it('is no admin without a step-up, nor by somebody who was signed out meanwhile', async ({
    expect,
  }) => {
    world.pass(DAY / 24)
    await expect(makeAccount(ctx, KEEPER, SHOP)).rejects.toMatchObject({ code: 'step_up_required' })
    const before = await world.count('users')
    await world.env.DB.prepare('delete from sessions').run()
    await expect(makeAccount(ctx, { ...KEEPER, role: 'user' }, SHOP)).rejects.toMatchObject({
      code: 'unauthorized',
    })
    expect(await world.count('users')).toBe(before)
  })
})

describe('a password of your own, given without the old one', () => {
  const NEW = 'another good password'
  const admits = { ...SHOP, admitsUnproven: true }

  async function ann() {
    await signUp(anonymous(), { email: 'ann@example.org', password: PASSWORD }, SHOP)
    const { token } = await enter('ann@example.org', admits)
    const actor = await resolveToken(anonymous(), admits, token.access_token)
    if (typeof actor === 'string') throw new Error(actor)
    return Object.assign(anonymous(), { actor })
  }

  it('ends every other session, tells the owner and proves nothing', async ({ expect }) => {
    const own = await ann()
    const other = await enter('ann@example.org', admits)
    const view = await changeOwnAccount(own, { password: NEW }, admits)
    expect(view.is_verified).toBe(false)
    expect(await resolveToken(anonymous(), admits, other.token.access_token)).toBe('invalid')
    expect((await world.rows('outbox')).map(({ kind }) => kind)).toEqual(['auth.password_changed'])
    await expect(enter('ann@example.org', admits)).rejects.toMatchObject({
      code: 'invalid_credentials',
    })
  })

  it('is refused when it is weak, and to who signed in long ago', async ({ expect }) => {
    const own = await ann()
    for (const [password, code] of [
      ['short', 'length'],
      ['password123', 'common'],
      ['ann@example.org', 'context_word'],
    ] as const) {
      await expect(changeOwnAccount(own, { password }, admits)).rejects.toMatchObject({
        code: 'validation',
        errors: [{ path: 'password', code }],
      })
    }
    world.pass(DAY / 96 + 1000)
    await expect(changeOwnAccount(own, { password: NEW }, admits)).rejects.toMatchObject({
      code: 'step_up_required',
    })
  })
})

describe('a session of one audience', () => {
  it('is refreshed and renewed there, and nowhere else', async ({ expect }) => {
    await signUp(anonymous(), { email: 'ann@example.org', password: PASSWORD }, SHOP)
    const admits = { ...SHOP, admitsUnproven: true }
    const { token, refreshToken } = await enter('ann@example.org', admits)
    for (const foreign of [OWN, OTHER]) {
      await expect(refreshSession(anonymous(), refreshToken, foreign)).rejects.toMatchObject({
        code: 'unauthorized',
      })
      expect(await resolveToken(anonymous(), foreign, token.access_token)).toBe('invalid')
    }
    const next = await refreshSession(anonymous(), refreshToken, admits)
    const actor = await resolveToken(anonymous(), admits, next.token.access_token)
    if (typeof actor === 'string') throw new Error(actor)
    const own = anonymous()
    own.actor = actor
    world.pass(DAY)
    const renewed = await renewToken(own, admits)
    expect(claimsOf(renewed.access_token)).toMatchObject({ sid: actor.sessionUid, aud: 'eterno' })
    expect((await world.rows('sessions')).at(-1)?.last_used_at).toBe(Date.now())
  })

  it('has a step-up for a quarter of an hour behind the sign-in', async ({ expect }) => {
    await makeAccount(ctx, { email: 'ben@example.org', password: PASSWORD }, SHOP)
    const { token } = await enter('ben@example.org', { ...SHOP, tokenSeconds: 3600 })
    const steppedUpAt = async () => {
      const actor = await resolveToken(anonymous(), SHOP, token.access_token)
      return typeof actor === 'string' ? actor : actor.steppedUpAt
    }
    expect(await steppedUpAt()).toBe(Date.now())
    world.pass(DAY / 96 + 1000)
    expect(await steppedUpAt()).toBeNull()
  })

  it('opens to nobody unproven where that is not admitted', async ({ expect }) => {
    await signUp(anonymous(), { email: 'ann@example.org', password: PASSWORD }, SHOP)
    for (const audience of [SHOP, OWN]) {
      await expect(enter('ann@example.org', audience)).rejects.toMatchObject({
        code: 'invalid_credentials',
      })
    }
  })
})
