import { beforeEach, describe, it } from 'vitest'
import { AUTH, mailed } from '../support/accounts.ts'
import {
  askForCode,
  browser,
  challengeOf,
  countOf,
  deviceCookie,
  entered,
  enterWithTotp,
  guess,
  HOUR,
  login,
  MINUTE,
  nextSource,
  outcomes,
  recoveryCodes,
  SECOND,
  stepUp,
  totpCode,
  verify,
  wrongCode,
} from '../support/factors.ts'
import { PASSWORD, type Person } from '../support/people.ts'
import { newWorld, type World } from '../support/world.ts'

const GUESS = 'not the password'

let world: World
let ann: Person
beforeEach(async () => {
  world = await newWorld()
  ann = await world.person({ email: 'ann@example.org' })
})

const enter = async (from = nextSource(), password = PASSWORD) =>
  (await login(world, ann, { from }, password)).status
const enterBy = async (cookie: string, password = PASSWORD, from = nextSource()) =>
  (await login(world, ann, browser(cookie, from), password)).status
const newDevice = async () => deviceCookie(await login(world, ann, { from: nextSource() }))

describe('rule 3: a known device', () => {
  it('gets in while unknown ones have to wait', async ({ expect }) => {
    const cookie = await newDevice()
    await guess(world, ann, 25)
    expect(await enter()).toBe(401)
    expect(await enterBy(cookie)).toBe(200)
  })

  it('gets in after a hundred failures of others in a row', async ({ expect }) => {
    const cookie = await newDevice()
    for (let bout = 0; bout < 5; bout++) {
      await guess(world, ann, 20)
      world.pass(15 * MINUTE)
    }
    expect(await enter()).toBe(401)
    expect(await enterBy(cookie)).toBe(200)
    // That was no success of the unknown ones.
    expect(await enter()).toBe(401)
  })

  it('gets in from a source where somebody else has failed five times', async ({ expect }) => {
    const cookie = await newDevice()
    const from = nextSource()
    for (let turn = 0; turn < 5; turn++) await enter(from, GUESS)
    expect(await enter(from)).toBe(429)
    expect(await enterBy(cookie, PASSWORD, from)).toBe(200)
  })

  it('has ten tries of its own at one place', async ({ expect }) => {
    const cookie = await newDevice()
    const from = nextSource()
    for (let turn = 0; turn < 9; turn++) {
      expect(await enterBy(cookie, GUESS, from), `${turn}`).toBe(401)
    }
    expect(await enterBy(cookie, PASSWORD, from)).toBe(200)
  })

  it('has ten tries, behind which it is like any other', async ({ expect }) => {
    const cookie = await newDevice()
    await guess(world, ann, 20)
    for (let turn = 0; turn < 9; turn++) expect(await enterBy(cookie, GUESS)).toBe(401)
    const renewed = deviceCookie(await login(world, ann, browser(cookie, nextSource())))
    for (let turn = 0; turn < 10; turn++) expect(await enterBy(renewed, GUESS)).toBe(401)
    expect(await enterBy(renewed)).toBe(401)
    const ended = await outcomes(world)
    expect([countOf(ended, 'wrong_password'), countOf(ended, 'locked')]).toEqual([39, 1])
    world.pass(15 * MINUTE)
    expect(await enterBy(renewed)).toBe(200)
  })

  it('spends nothing of what unknown ones have', async ({ expect }) => {
    const cookie = await newDevice()
    for (let turn = 0; turn < 10; turn++) await enterBy(cookie, GUESS)
    await guess(world, ann, 19)
    expect(await enter()).toBe(200)
    expect(await mailed(world)).not.toContain(`auth.unlock ${ann.email}`)
  })

  it('is one that has shown the second factor', async ({ expect }) => {
    ann = await world.person({ email: 'two@example.org', totp: true })
    const { device } = await enterWithTotp(world, ann, { from: nextSource() })
    await guess(world, ann, 20)
    expect((await login(world, ann, { from: nextSource() })).status).toBe(401)
    const token = await challengeOf(world, ann, browser(device, nextSource()))
    world.pass(30 * SECOND)
    const options = browser(device, nextSource())
    expect((await verify(world, token, totpCode(), 'totp', options)).status).toBe(200)
  })
})

describe('rule 4: a sign-in forgives', () => {
  it('its own source alone', async ({ expect }) => {
    const [mine, other] = [nextSource(), nextSource()]
    for (const from of [mine, other]) {
      for (let turn = 0; turn < 4; turn++) await enter(from, GUESS)
    }
    expect(await enter(mine)).toBe(200)
    for (const from of [mine, other]) expect(await enter(from, GUESS)).toBe(401)
    expect(await enter(other)).toBe(429)
    expect(await enter(mine)).toBe(200)
  })

  it('its own device alone', async ({ expect }) => {
    const [mine, other] = [await newDevice(), await newDevice()]
    await guess(world, ann, 20)
    for (const cookie of [mine, other]) {
      for (let turn = 0; turn < 9; turn++) await enterBy(cookie, GUESS)
    }
    expect(await enterBy(mine)).toBe(200)
    expect(await enterBy(other, GUESS)).toBe(401)
    expect(await enterBy(other)).toBe(401)
  })

  it('nothing of what unknown devices have failed', async ({ expect }) => {
    const cookie = await newDevice()
    await guess(world, ann, 19)
    expect(await enterBy(cookie)).toBe(200)
    expect(await enter()).toBe(200)
    await guess(world, ann, 1)
    expect(await enter()).toBe(401)
  })
})

describe('rule 7: second factors', () => {
  beforeEach(async () => {
    ann = await world.person({
      email: 'two@example.org',
      totp: true,
      emailCodes: true,
      steppedUp: true,
    })
  })

  /** Wrong codes, each in a sign-in of its own. */
  async function fail(count: number, method: 'totp' | 'email' | 'recovery_code' = 'totp') {
    for (let turn = 0; turn < count; turn++) {
      const from = nextSource()
      const token = await challengeOf(world, ann, { from })
      const code = method === 'recovery_code' ? 'AAAA-AAAA-AAAA-AAAA-AAAA-AAAA' : wrongCode()
      const response = await verify(world, token, code, method, { from })
      if (response.status !== 401) throw new Error(`A wrong code was answered ${response.status}`)
    }
  }
  const tryRight = async (options = { from: nextSource() }) => {
    world.pass(30 * SECOND)
    const token = await challengeOf(world, ann, options)
    return await verify(world, token, totpCode(), 'totp', options)
  }

  it('may be failed five times in one sign-in', async ({ expect }) => {
    const from = nextSource()
    const [short, long] = [
      await challengeOf(world, ann, { from }),
      await challengeOf(world, ann, { from }),
    ]
    for (let turn = 0; turn < 4; turn++) await verify(world, long, wrongCode())
    expect((await verify(world, long, totpCode())).status).toBe(200)
    world.pass(30 * SECOND)
    for (let turn = 0; turn < 5; turn++) await verify(world, short, wrongCode(), 'totp', { from })
    const over = await verify(world, short, totpCode(), 'totp', { from })
    expect(await over.json()).toMatchObject({ code: 'challenge_over' })
  })

  it('may be failed ten times an hour from unknown devices, which then wait 15 minutes', async ({
    expect,
  }) => {
    await fail(4, 'totp')
    await fail(3, 'email')
    await fail(3, 'recovery_code')
    const refused = await tryRight()
    expect([refused.status, await refused.json()]).toEqual([
      401,
      expect.objectContaining({ code: 'invalid_code' }),
    ])
    world.pass(15 * MINUTE - 61 * SECOND)
    expect((await tryRight()).status).toBe(401)
    world.pass(SECOND)
    expect((await tryRight()).status).toBe(200)
  })

  it('are all refused meanwhile, and none is used up', async ({ expect }) => {
    const codes = await recoveryCodes(world, ann)
    await fail(10)
    const from = nextSource()
    const token = await challengeOf(world, ann, { from })
    const mailedOne = await askForCode(world, token, ann.email, from)
    const given = [codes[0] ?? '', mailedOne, totpCode()] as const
    for (const [index, method] of (['recovery_code', 'email', 'totp'] as const).entries()) {
      const response = await verify(world, token, given[index], method, { from })
      expect(response.status, method).toBe(401)
    }
    expect(await world.count('recovery_codes')).toBe(10)
    expect(await world.count('email_codes')).toBe(1)
    expect((await world.rows('totp_secrets'))[0]?.last_step).toBe(0)
  })

  it('open to a known device meanwhile', async ({ expect }) => {
    const { device } = await entered(await tryRight())
    await fail(10)
    expect((await tryRight()).status).toBe(401)
    expect((await tryRight(browser(device, nextSource()))).status).toBe(200)
  })

  it('are counted within an hour', async ({ expect }) => {
    await fail(9)
    world.pass(HOUR)
    await fail(9)
    expect((await tryRight()).status).toBe(200)
  })

  it('are counted in a step-up too', async ({ expect }) => {
    for (let turn = 0; turn < 10; turn++) {
      if (turn === 5) world.pass(MINUTE)
      const response = await stepUp(world, ann, wrongCode())
      expect(await response.json(), `${turn}`).toMatchObject({ code: 'invalid_code' })
    }
    world.pass(10 * MINUTE)
    expect((await stepUp(world, ann, totpCode())).status).toBe(401)
    expect((await tryRight()).status).toBe(401)
    const actions = (await world.rows('audit_log')).map((row) => row.action)
    expect(countOf(actions, 'auth.factor_failed')).toBe(12)
  })

  it('that are wrong leave the password alone', async ({ expect }) => {
    await fail(10)
    expect((await login(world, ann, { from: nextSource() })).status).toBe(200)
    const changed = await world.as(ann).get(`${AUTH}/login-attempts?limit=1`)
    expect((await changed.json<{ data: { outcome: string }[] }>()).data[0]?.outcome).toBe(
      'second_factor_asked',
    )
  })
})
