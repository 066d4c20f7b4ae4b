import { describe, it } from 'vitest'
import { AUTH, call, GENEROUS, inParallel, mailedToken } from '../support/accounts.ts'
import {
  askForCode,
  challengeOf,
  countOf,
  guess,
  login,
  mailedCode,
  nextSource,
  outcomes,
  recoveryCodes,
  SECOND,
  stepUp,
  totpCode,
  verify,
  wrongCode,
} from '../support/factors.ts'
import type { Person } from '../support/people.ts'
import { rounds } from '../support/rounds.ts'
import { newWorld, type World } from '../support/world.ts'

const EMAIL = 'ann@example.org'
const MANY = 50

let world: World
let ann: Person

const begin = async (wish: object, settings = GENEROUS) => {
  world = await newWorld(settings)
  ann = await world.person({ email: EMAIL, ...wish })
}
const challenges = (count: number) =>
  Promise.all(Array.from({ length: count }, () => challengeOf(world, ann)))

type Race = { refusal: number; prepare: () => Promise<(index: number) => Promise<Response>> }

describe('of fifty tries with one secret at once exactly one succeeds', () => {
  const races: Record<string, Race> = {
    'a code of the app, each in a sign-in of its own': {
      refusal: 401,
      prepare: async () => {
        await begin({ totp: true })
        const tokens = await challenges(MANY)
        const code = totpCode()
        return (index) => verify(world, tokens[index] ?? '', code)
      },
    },
    'a code of the app, half to sign in and half to step up': {
      refusal: 401,
      prepare: async () => {
        await begin({ totp: true })
        const tokens = await challenges(MANY / 2)
        const code = totpCode()
        return (index) =>
          index % 2 === 0 ? verify(world, tokens[index / 2] ?? '', code) : stepUp(world, ann, code)
      },
    },
    'a code by mail, in its sign-in': {
      refusal: 401,
      prepare: async () => {
        await begin({ emailCodes: true })
        const token = await challengeOf(world, ann)
        const code = await askForCode(world, token, EMAIL)
        return () => verify(world, token, code, 'email')
      },
    },
    'a code by mail, in a step-up': {
      refusal: 401,
      prepare: async () => {
        await begin({ emailCodes: true })
        await stepUp(world, ann)
        const code = await mailedCode(world, EMAIL)
        return () => stepUp(world, ann, code)
      },
    },
    'a recovery code, each in a sign-in of its own': {
      refusal: 401,
      prepare: async () => {
        await begin({ totp: true, steppedUp: true })
        const [code] = await recoveryCodes(world, ann)
        const tokens = await challenges(MANY)
        return (index) => verify(world, tokens[index] ?? '', code, 'recovery_code')
      },
    },
    'a link to unlock': {
      refusal: 400,
      prepare: async () => {
        await begin({}, { RATE_LIMIT_SCALE: '1' })
        await guess(world, ann, 20)
        const token = await mailedToken(world, EMAIL)
        return () => call(world, '/unlock', { token }, { from: nextSource() })
      },
    },
  }
  for (const [name, { refusal, prepare }] of Object.entries(races)) {
    it(name, async ({ expect }) => {
      for (let round = 0; round < rounds(20); round++) {
        const statuses = await inParallel(MANY, await prepare())
        const accepted = (statuses[200] ?? 0) + (statuses[204] ?? 0)
        expect(accepted, JSON.stringify(statuses)).toBe(1)
        expect(statuses[refusal], JSON.stringify(statuses)).toBe(MANY - 1)
      }
    })
  }
})

describe('a burst', () => {
  it('of 20 wrong codes has five of them looked at, and spends the sign-in', async ({ expect }) => {
    for (let round = 0; round < rounds(10); round++) {
      await begin({ totp: true })
      const token = await challengeOf(world, ann)
      const wrong = wrongCode()
      expect(await inParallel(20, () => verify(world, token, wrong))).toEqual({ 401: 20 })
      const looked = (await world.rows('audit_log')).map((row) => row.action)
      expect(countOf(looked, 'auth.factor_failed')).toBe(5)
      expect(countOf(await outcomes(world), 'wrong_code')).toBe(5)
      expect((await verify(world, token, totpCode())).status).toBe(401)
      expect((await world.rows('totp_secrets'))[0]?.last_step).toBe(0)
    }
  })

  it('of wrong codes in many sign-ins has ten of them looked at', async ({ expect }) => {
    for (let round = 0; round < rounds(10); round++) {
      await begin({ totp: true }, { RATE_LIMIT_SCALE: '1' })
      const tokens: string[] = []
      for (let turn = 0; turn < 25; turn++) {
        tokens.push(await challengeOf(world, ann, { from: nextSource() }))
      }
      const wrong = wrongCode()
      const right = totpCode()
      // The first ten that are counted are wrong; all the others are right, and too late.
      for (const token of tokens.slice(0, 10)) {
        expect((await verify(world, token, wrong, 'totp', { from: nextSource() })).status).toBe(401)
      }
      const late = await inParallel(15, (index) =>
        verify(world, tokens[10 + index] ?? '', right, 'totp', { from: nextSource() }),
      )
      expect(late).toEqual({ 401: 15 })
      expect((await world.rows('totp_secrets'))[0]?.last_step).toBe(0)
    }
  })

  it('of 60 wrong passwords from as many sources has twenty compared', async ({ expect }) => {
    for (let round = 0; round < rounds(10); round++) {
      await begin({}, { RATE_LIMIT_SCALE: '1' })
      const statuses = await inParallel(60, () =>
        login(world, ann, { from: nextSource() }, 'not the password'),
      )
      expect(statuses).toEqual({ 401: 60 })
      const ended = await outcomes(world)
      expect([countOf(ended, 'wrong_password'), countOf(ended, 'locked')]).toEqual([20, 40])
      await world.deliver()
      expect(world.outside.to(EMAIL)).toHaveLength(1)
    }
  })

  it('of 8 wrong passwords from one source has five compared', async ({ expect }) => {
    for (let round = 0; round < rounds(10); round++) {
      await begin({}, { RATE_LIMIT_SCALE: '1' })
      const statuses = await inParallel(8, () => login(world, ann, {}, 'not the password'))
      expect(statuses).toEqual({ 401: 5, 429: 3 })
      expect(countOf(await outcomes(world), 'wrong_password')).toBe(5)
    }
  })
})

describe('two at once', () => {
  it('with two recovery codes in one sign-in spend one of them', async ({ expect }) => {
    for (let round = 0; round < rounds(10); round++) {
      await begin({ totp: true, steppedUp: true })
      const codes = await recoveryCodes(world, ann)
      const token = await challengeOf(world, ann)
      const statuses = await inParallel(2, (index) =>
        verify(world, token, codes[index], 'recovery_code'),
      )
      expect(statuses).toEqual({ 200: 1, 401: 1 })
      expect(await world.count('recovery_codes')).toBe(9)
    }
  })

  it('in sign-ins of their own get in with the codes of two steps', async ({ expect }) => {
    await begin({ totp: true })
    const [first = '', second = ''] = await challenges(2)
    const early = totpCode()
    world.pass(30 * SECOND)
    expect((await verify(world, first, early)).status).toBe(200)
    expect((await verify(world, second, totpCode())).status).toBe(200)
  })

  it('that sign in and change the factor leave no trusted browser', async ({ expect }) => {
    for (let round = 0; round < rounds(10); round++) {
      await begin({ totp: true, steppedUp: true })
      const token = await challengeOf(world, ann)
      const [verified, removed] = await Promise.all([
        verify(world, token, totpCode(), 'totp', { more: { remember_device: true } }),
        world.as(ann).delete(`${AUTH}/2fa/totp`),
      ])
      expect(removed.status).toBe(204)
      expect([200, 401]).toContain(verified.status)
      const trusted = (await world.rows('devices')).filter((row) => row.trusted_until !== 0)
      expect(trusted).toEqual([])
      expect(await world.count('sessions')).toBe(1)
    }
  })
})
