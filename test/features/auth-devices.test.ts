import { beforeEach, describe, it } from 'vitest'
import {
  AUTH,
  call,
  GENEROUS,
  mailedToken,
  type SignedIn,
  type TokenBody,
} from '../support/accounts.ts'
import {
  askForSecret,
  browser,
  challengeOf,
  confirmSecret,
  DAY,
  deviceCookie,
  enterWithTotp,
  guess,
  login,
  nextSource,
  stepUp,
  stepUpAll,
  totpCode,
  verify,
} from '../support/factors.ts'
import { PASSWORD, type Person } from '../support/people.ts'
import { newWorld, type World } from '../support/world.ts'

const OTHER = 'a quite different one'
const REMEMBER = { more: { remember_device: true } }

let world: World
let ann: Person
beforeEach(async () => {
  world = await newWorld(GENEROUS)
  ann = await world.person({ email: 'ann@example.org', totp: true })
})

const pageOf = async (who: Person) =>
  (await world.as(who).get(`${AUTH}/devices`)).json<{ data: { id: string }[] }>()

/** What a sign-in with this cookie is answered: a session, or the question for the factor. */
async function opens(cookie: string, password = PASSWORD): Promise<'session' | 'challenge' | 401> {
  const response = await login(world, ann, browser(cookie), password)
  if (response.status === 401) return 401
  return 'access_token' in (await response.json<object>()) ? 'session' : 'challenge'
}

describe('the cookie of a browser', () => {
  it('is out of the reach of scripts and other sites, and says nothing', async ({ expect }) => {
    const token = await challengeOf(world, ann)
    const response = await verify(world, token, totpCode(), 'totp', REMEMBER)
    const [cookie = ''] = response.headers.getSetCookie()
    expect(response.headers.getSetCookie()).toHaveLength(1)
    expect(cookie).toMatch(/^__Host-device-[\w-]{8}=[\w-]{43}; /)
    const attributes = cookie.split('; ').slice(1).toSorted()
    expect(attributes).toEqual([
      'HttpOnly',
      'Max-Age=7776000',
      'Path=/',
      'SameSite=Strict',
      'Secure',
    ])
    const value = deviceCookie(response).split('=')[1] ?? ''
    expect(JSON.stringify(await world.rows('devices'))).not.toContain(value)
    expect(cookie).not.toContain(ann.id)
  })

  it('has a name of its own for each account', async ({ expect }) => {
    const bob = await world.person({ totp: true })
    const [his, hers] = [await enterWithTotp(world, bob), await enterWithTotp(world, ann)]
    expect(his.device.split('=')[0]).not.toBe(hers.device.split('=')[0])
    const again = await enterWithTotp(world, bob)
    expect(again.device.split('=')[0]).toBe(his.device.split('=')[0])
  })

  it('is not given before the second factor', async ({ expect }) => {
    const response = await login(world, ann)
    expect(response.headers.getSetCookie()).toEqual([])
    expect(await world.count('devices')).toBe(0)
  })

  it('is another at each sign-in, and the one before is dead', async ({ expect }) => {
    const { device: first } = await enterWithTotp(world, ann, REMEMBER)
    const second = deviceCookie(await login(world, ann, browser(first)))
    expect(second).not.toBe(first)
    expect(await opens(first)).toBe('challenge')
    expect(await opens(second)).toBe('session')
    expect(await world.count('devices')).toBe(1)
  })
})

describe('a browser that is remembered', () => {
  it('is not asked for the second factor for 90 days', async ({ expect }) => {
    const { device } = await enterWithTotp(world, ann, REMEMBER)
    world.pass(45 * DAY)
    const response = await login(world, ann, browser(device))
    const renewed = deviceCookie(response)
    expect(await response.json<TokenBody>()).toHaveProperty('access_token')
    world.pass(45 * DAY - 1)
    const last = deviceCookie(await login(world, ann, browser(renewed)))
    world.pass(1)
    expect(await opens(last)).toBe('challenge')
  })

  it('that was not used for 90 days is a stranger', async ({ expect }) => {
    const { device } = await enterWithTotp(world, ann, REMEMBER)
    world.pass(90 * DAY)
    expect(await opens(device)).toBe('challenge')
    world.pass(1)
    await world.runCron('17 3 * * *')
    expect(await world.rows('devices')).toEqual([])
  })

  it('is known only where it did not ask to be remembered', async ({ expect }) => {
    const { device } = await enterWithTotp(world, ann)
    expect(await opens(device)).toBe('challenge')
    const { signedIn } = await enterWithTotp(world, ann, browser(device))
    expect((await pageOf(signedIn)).data).toMatchObject([{ current: true, trusted_until: null }])
  })

  it('needs the right password all the same', async ({ expect }) => {
    const { device } = await enterWithTotp(world, ann, REMEMBER)
    expect(await opens(device, 'not the password')).toBe(401)
    expect(await opens('__Host-device-x=')).toBe('challenge')
  })

  it('does not stand for the factor in a step-up', async ({ expect }) => {
    const { device, signedIn } = await enterWithTotp(world, ann, REMEMBER)
    const response = await world
      .as(signedIn)
      .post(`${AUTH}/step-up`, { body: { password: PASSWORD }, ...browser(device) })
    expect(await response.json()).toMatchObject({ code: 'second_factor_required' })
  })

  type End = (remembered: SignedIn, elsewhere: Person) => Promise<Response>
  const ENDS: Record<string, End> = {
    'it is taken off the list': async (_, elsewhere) => {
      const { data } = await pageOf(elsewhere)
      return world.as(elsewhere).delete(`${AUTH}/devices/${data[0]?.id}`)
    },
    'its session is ended': ({ sessionId }, elsewhere) =>
      world.as(elsewhere).delete(`${AUTH}/sessions/${sessionId}`),
    'all sessions are ended': (_, elsewhere) => world.as(elsewhere).post(`${AUTH}/logout-all`),
    'an app takes the place of the other': async (_, elsewhere) => {
      await stepUpAll()
      const { secret } = await askForSecret(world, elsewhere)
      return confirmSecret(world, elsewhere, totpCode(0, secret))
    },
    'recovery codes are renewed': async (_, elsewhere) => {
      await stepUpAll()
      return world.as(elsewhere).post(`${AUTH}/2fa/recovery-codes`)
    },
    'the role changes': () =>
      world.as('admin').patch(`/api/v1/users/${ann.id}`, { body: { role: 'admin' } }),
  }
  for (const [name, end] of Object.entries(ENDS)) {
    it(`is asked again once ${name}`, async ({ expect }) => {
      const { device, signedIn } = await enterWithTotp(world, ann, REMEMBER)
      const { status } = await end(signedIn, ann)
      expect([200, 204]).toContain(status)
      expect(await opens(device)).toBe('challenge')
    })
  }

  it('is asked again once the password is changed elsewhere', async ({ expect }) => {
    const { device } = await enterWithTotp(world, ann, REMEMBER)
    const body = { current_password: PASSWORD, new_password: OTHER }
    await stepUpAll()
    expect((await world.as(ann).post(`${AUTH}/password/change`, { body })).status).toBe(204)
    expect(await opens(device, OTHER)).toBe('challenge')
  })

  it('stays so when the password is changed in it', async ({ expect }) => {
    const { device, signedIn } = await enterWithTotp(world, ann, REMEMBER)
    const other = await enterWithTotp(world, ann, { ...REMEMBER, from: '198.51.100.1' })
    const body = { current_password: PASSWORD, new_password: OTHER }
    await stepUpAll()
    const changed = await world.as(signedIn).post(`${AUTH}/password/change`, { body })
    expect(changed.status).toBe(204)
    expect(await opens(other.device, OTHER)).toBe('challenge')
    expect(await opens(device, OTHER)).toBe('session')
  })

  it('is asked again after a reset', async ({ expect }) => {
    const { device } = await enterWithTotp(world, ann, REMEMBER)
    await call(world, '/password/forgot', { email: ann.email })
    const token = await mailedToken(world, ann.email)
    await call(world, '/password/reset', { token, new_password: OTHER })
    expect(await opens(device, OTHER)).toBe('challenge')
    expect(await world.rows('devices')).toEqual([])
  })

  it('is asked again when codes by mail are switched on', async ({ expect }) => {
    const { device } = await enterWithTotp(world, ann, REMEMBER)
    world.pass(30_000)
    await stepUp(world, ann, totpCode())
    expect((await world.as(ann).put(`${AUTH}/2fa/email`)).status).toBe(204)
    expect(await opens(device)).toBe('challenge')
  })
})

describe('a planted cookie', () => {
  it('never becomes trusted or known, whoever it is from', async ({ expect }) => {
    const mallory = await world.person({ totp: true })
    const { device: theirs } = await enterWithTotp(world, mallory, REMEMBER)
    const { device: own } = await enterWithTotp(world, ann)
    const name = own.split('=')[0]
    const value = theirs.split('=')[1]
    const planted = [
      theirs,
      `${name}=${value}`,
      `${name}=${'A'.repeat(43)}`,
      `${name}=`,
      `${name}=x`,
    ]
    for (const cookie of planted) expect(await opens(cookie), cookie).toBe('challenge')
    // The owner signs in to the end in the browser where they were planted.
    for (const cookie of planted) {
      const { device } = await enterWithTotp(world, ann, { ...browser(cookie), ...REMEMBER })
      expect(planted).not.toContain(device)
    }
    for (const cookie of planted) expect(await opens(cookie), cookie).toBe('challenge')
    expect(new Set((await world.rows('devices')).map((row) => row.hash)).size).toBe(7)
  })

  it('gives nobody the tries of a known device', async ({ expect }) => {
    const mallory = await world.person()
    const theirs = deviceCookie(await login(world, mallory))
    const bob = await world.person()
    const his = deviceCookie(await login(world, bob))
    world.useSettings({ RATE_LIMIT_SCALE: '1' })
    await guess(world, bob, 20)
    const planted = `${his.split('=')[0]}=${theirs.split('=')[1]}`
    for (const cookie of [theirs, planted]) {
      expect((await login(world, bob, browser(cookie, nextSource()))).status).toBe(401)
    }
    expect((await login(world, bob, browser(his, nextSource()))).status).toBe(200)
  })

  it('among many is told from the own one', async ({ expect }) => {
    const { device } = await enterWithTotp(world, ann, REMEMBER)
    const many = Array.from(
      { length: 10 },
      (_, index) => `__Host-device-p${index}=${'B'.repeat(43)}`,
    )
    expect(await opens([...many, device].join('; '))).toBe('session')
  })
})
