import { beforeEach, describe, it } from 'vitest'
import { AUTH, call, everyRow, GENEROUS, statusOf } from '../support/accounts.ts'
import {
  askForCode,
  challengeOf,
  entered,
  login,
  MINUTE,
  mailedCode,
  recoveryCodes,
  SECOND,
  stepUp,
  stepUpAll,
  totpCode,
  verify,
  wrongCode,
} from '../support/factors.ts'
import { PASSWORD, type Person } from '../support/people.ts'
import { newWorld, type World } from '../support/world.ts'

const EMAIL = 'ann@example.org'

let world: World
let ann: Person
beforeEach(async () => {
  world = await newWorld(GENEROUS)
  ann = await world.person({ email: EMAIL, totp: true })
})

const codeOf = async (response: Response): Promise<string> =>
  `${response.status} ${(await response.json<{ code?: string }>()).code ?? ''}`.trim()

describe('signing in with a second factor', () => {
  it('gives a challenge first and a session behind the code', async ({ expect }) => {
    const before = await world.count('sessions')
    const response = await login(world, ann)
    const body = await response.json<{ challenge_token: string }>()
    expect([response.status, body]).toEqual([
      200,
      {
        requires_2fa: true,
        challenge_token: expect.stringMatching(/^[\w-]{43}$/),
        methods: ['totp', 'recovery_code'],
        expires_in: 300,
      },
    ])
    expect(response.headers.getSetCookie()).toEqual([])
    expect(await world.count('sessions')).toBe(before)
    expect(JSON.stringify(await everyRow())).not.toContain(body.challenge_token)
    const verified = await verify(world, body.challenge_token, totpCode())
    const { signedIn } = await entered(verified)
    expect(await statusOf(world, signedIn)).toBe(200)
    expect(signedIn.refreshToken).toMatch(/^[\w-]{43}$/)
    expect(await codeOf(await verify(world, body.challenge_token, totpCode()))).toBe(
      '401 challenge_over',
    )
  })

  it('hands the session out as the sign-in asked for', async ({ expect }) => {
    const answer = await login(world, ann, {}, PASSWORD, 'cookie')
    const { challenge_token } = await answer.json<{ challenge_token: string }>()
    const response = await verify(world, challenge_token, totpCode())
    const cookies = response.headers.getSetCookie()
    expect(cookies.filter((one) => one.startsWith('__Host-refresh='))).toHaveLength(1)
    expect(await response.json()).not.toHaveProperty('refresh_token')
  })

  it('names what the account can do', async ({ expect }) => {
    const both = await world.person({ totp: true, emailCodes: true })
    const mail = await world.person({ emailCodes: true })
    for (const [who, methods] of [
      [both, ['totp', 'email', 'recovery_code']],
      [mail, ['email', 'recovery_code']],
      [await world.admin(), ['totp', 'recovery_code']],
    ] as const) {
      expect(await (await login(world, who)).json()).toMatchObject({ methods })
    }
  })

  it('is over after five minutes, and when it is given up', async ({ expect }) => {
    const late = await challengeOf(world, ann)
    world.pass(5 * MINUTE - 1)
    const just = await challengeOf(world, ann)
    expect(await codeOf(await verify(world, late, wrongCode()))).toBe('401 invalid_code')
    world.pass(1)
    expect(await codeOf(await verify(world, late, totpCode()))).toBe('401 challenge_over')
    const cancel = () => call(world, '/2fa/cancel', { challenge_token: just })
    expect((await cancel()).status).toBe(204)
    expect(await codeOf(await verify(world, just, totpCode()))).toBe('401 challenge_over')
    expect(await codeOf(await cancel())).toBe('401 challenge_over')
  })

  it('does not open with the code or the challenge of somebody else', async ({ expect }) => {
    const bob = await world.person({ totp: true })
    const [code = ''] = await recoveryCodes(world, await steppedUp(bob))
    const token = await challengeOf(world, ann)
    expect(await codeOf(await verify(world, token, code, 'recovery_code'))).toBe('401 invalid_code')
    expect(await world.count('recovery_codes')).toBe(10)
  })

  it('ends with a ban, another role or another password in between', async ({ expect }) => {
    for (const change of [{ is_active: false }, { role: 'admin' }]) {
      const bob = await world.person({ totp: true })
      const token = await challengeOf(world, bob)
      await world.as('admin').patch(`/api/v1/users/${bob.id}`, { body: change })
      expect((await verify(world, token, totpCode())).status).toBe(401)
    }
    const token = await challengeOf(world, ann)
    const body = { current_password: PASSWORD, new_password: 'a quite different one' }
    await stepUpAll()
    expect((await world.as(ann).post(`${AUTH}/password/change`, { body })).status).toBe(204)
    expect((await verify(world, token, totpCode())).status).toBe(401)
  })
})

async function steppedUp(person: Person): Promise<Person> {
  if ((await stepUp(world, person, totpCode())).status !== 200) throw new Error('No step-up')
  return person
}

describe('a code of the app', () => {
  // The clock of the tests stands at the start of a step.
  for (const [seconds, status] of [
    [-61, 401],
    [-31, 401],
    [-1, 200],
    [0, 200],
    [29, 200],
    [31, 401],
  ] as const) {
    it(`of ${seconds} s against the server's clock is answered ${status}`, async ({ expect }) => {
      const response = await verify(
        world,
        await challengeOf(world, ann),
        totpCode(seconds * SECOND),
      )
      expect(response.status).toBe(status)
    })
  }

  it('works once, whatever it is used for', async ({ expect }) => {
    const code = totpCode()
    const token = await challengeOf(world, ann)
    const { signedIn } = await entered(await verify(world, token, code))
    expect((await verify(world, await challengeOf(world, ann), code)).status).toBe(401)
    expect(await codeOf(await stepUp(world, signedIn, code))).toBe('401 invalid_code')
    world.pass(30 * SECOND)
    expect((await stepUp(world, signedIn, code)).status).toBe(401)
    const next = totpCode()
    expect((await stepUp(world, signedIn, next)).status).toBe(200)
    expect((await verify(world, await challengeOf(world, ann), next)).status).toBe(401)
  })

  it('of an earlier step is worth nothing after a later one', async ({ expect }) => {
    expect((await verify(world, await challengeOf(world, ann), totpCode())).status).toBe(200)
    const earlier = totpCode(-30 * SECOND)
    expect((await verify(world, await challengeOf(world, ann), earlier)).status).toBe(401)
  })

  it('is six ASCII digits, in whatever form it comes', async ({ expect }) => {
    const right = totpCode()
    const wide = Array.from(right, (digit) => String.fromCodePoint(0xff10 + Number(digit))).join('')
    const arabic = Array.from(right, (digit) => String.fromCodePoint(0x660 + Number(digit))).join(
      '',
    )
    const forms: unknown[] = [
      ` ${right}`,
      `${right} `,
      `${right.slice(0, 3)} ${right.slice(3)}`,
      right.slice(1),
      `0${right}`,
      `${right}0`,
      `${right}\n`,
      wide,
      arabic,
      Number(right),
      [right],
      [...right],
      { code: right },
      null,
      true,
      '',
      'abcdef',
      'ABCDEF',
      `-${right.slice(1)}`,
      `-${right}`,
      `+${right.slice(1)}`,
      '1e5000',
      '0x1234',
      '12345.',
      '9'.repeat(64),
      '9'.repeat(65),
    ]
    expect(forms.length).toBeGreaterThanOrEqual(24)
    for (const form of forms) {
      for (const method of ['totp', 'email', 'recovery_code'] as const) {
        const name = `${method} ${JSON.stringify(form)}`
        const response = await verify(world, await challengeOf(world, ann), form, method)
        expect([401, 422], name).toContain(response.status)
      }
      const stepped = await world
        .as(ann)
        .post(`${AUTH}/step-up`, { body: { password: PASSWORD, code: form } })
      expect([401, 422], JSON.stringify(form)).toContain(stepped.status)
    }
    // None of them has used the code up.
    expect((await verify(world, await challengeOf(world, ann), right)).status).toBe(200)
  })

  it('is refused in the same forms where an app is confirmed', async ({ expect }) => {
    await steppedUp(ann)
    await world.as(ann).post(`${AUTH}/2fa/totp`)
    for (const code of [
      null,
      123456,
      ['123456'],
      '１２３４５６',
      '12345',
      '1234567',
      ' 12345',
      '-12345',
    ]) {
      const response = await world.as(ann).post(`${AUTH}/2fa/totp/confirm`, { body: { code } })
      expect(response.status, JSON.stringify(code)).toBe(422)
    }
  })
})

describe('a code by mail', () => {
  beforeEach(async () => {
    ann = await world.person({ email: 'mail@example.org', emailCodes: true })
  })

  it('signs in once', async ({ expect }) => {
    const token = await challengeOf(world, ann)
    const code = await askForCode(world, token, ann.email)
    expect(JSON.stringify(await everyRow())).not.toContain(`"${code}"`)
    expect((await verify(world, token, code, 'email')).status).toBe(200)
    expect(await world.count('email_codes')).toBe(0)
    expect((await verify(world, await challengeOf(world, ann), code, 'email')).status).toBe(401)
  })

  it('ends when a newer one is sent', async ({ expect }) => {
    const token = await challengeOf(world, ann)
    const older = await askForCode(world, token, ann.email)
    const newer = await askForCode(world, token, ann.email)
    expect(await codeOf(await verify(world, token, older, 'email'))).toBe('401 invalid_code')
    expect((await verify(world, token, newer, 'email')).status).toBe(200)
  })

  it('opens the sign-in it was asked for, and no other', async ({ expect }) => {
    const [first, second] = [await challengeOf(world, ann), await challengeOf(world, ann)]
    const code = await askForCode(world, first, ann.email)
    expect((await verify(world, second, code, 'email')).status).toBe(401)
    expect((await stepUp(world, ann, code)).status).toBe(401)
    expect((await verify(world, first, code, 'email')).status).toBe(200)
  })

  it('proves a step-up for ten minutes, of its own session', async ({ expect }) => {
    expect(await codeOf(await stepUp(world, ann))).toBe('403 second_factor_required')
    const code = await mailedCode(world, ann.email)
    const token = await challengeOf(world, ann)
    expect((await verify(world, token, code, 'email')).status).toBe(401)
    world.pass(10 * MINUTE - 1)
    expect((await stepUp(world, ann, code)).status).toBe(200)
    await stepUp(world, ann)
    const late = await mailedCode(world, ann.email)
    world.pass(10 * MINUTE)
    expect(await codeOf(await stepUp(world, ann, late))).toBe('401 invalid_code')
  })

  it('is not sent to an admin or to whoever has not asked for such codes', async ({ expect }) => {
    const admin = await world.admin()
    for (const who of [admin, await world.person({ totp: true })]) {
      const challenge_token = await challengeOf(world, who)
      expect((await call(world, '/2fa/email-code', { challenge_token })).status).toBe(202)
    }
    await world.deliver()
    expect(world.outside.mails).toEqual([])
    expect(await world.count('email_codes')).toBe(0)
  })

  it('is sent five times in ten minutes at most', async ({ expect }) => {
    world.useSettings({ RATE_LIMIT_SCALE: '1' })
    for (let turn = 0; turn < 7; turn++) {
      const from = `198.51.100.${turn}`
      const challenge_token = await challengeOf(world, ann, { from })
      expect((await call(world, '/2fa/email-code', { challenge_token }, { from })).status).toBe(202)
    }
    await world.deliver()
    expect(world.outside.to(ann.email)).toHaveLength(5)
  })
})
