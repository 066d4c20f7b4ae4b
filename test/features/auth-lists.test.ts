import { beforeEach, describe, it } from 'vitest'
import { AUTH, GENEROUS, signIn } from '../support/accounts.ts'
import {
  browser,
  challengeOf,
  DAY,
  deviceCookie,
  entered,
  enterWithTotp,
  guess,
  login,
  totpCode,
  verify,
  wrongCode,
} from '../support/factors.ts'
import { PASSWORD, type Person } from '../support/people.ts'
import { newWorld, type World } from '../support/world.ts'

let world: World
let ann: Person
beforeEach(async () => {
  world = await newWorld(GENEROUS)
  ann = await world.person({ email: 'ann@example.org', totp: true })
})

type Device = { id: string; current: boolean; trusted_until: string | null; user_agent: string }
type Attempt = { outcome: string; user_agent: string; source: string; created_at: string }
type Page<View> = { data: View[]; next_cursor: string | null }

const pageOf = async (who: Person, query = '') =>
  (await world.as(who).get(`${AUTH}/devices${query}`)).json<Page<Device>>()
const attemptsOf = async (who: Person | 'admin', path = `${AUTH}/login-attempts`) =>
  (await world.as(who).get(path)).json<Page<Attempt>>()

describe('the list of known browsers', () => {
  it('shows each, page by page, and which one asks', async ({ expect }) => {
    const bob = await world.person()
    for (let turn = 0; turn < 5; turn++) {
      await login(world, bob, { headers: { 'user-agent': `Browser ${turn}` } })
    }
    const current = await signIn(world, bob.email, PASSWORD, { headers: { 'user-agent': 'Here' } })
    const seen: Device[] = []
    let cursor: string | null = null
    do {
      const page: Page<Device> = await pageOf(
        current,
        `?limit=2${cursor ? `&cursor=${cursor}` : ''}`,
      )
      seen.push(...page.data)
      cursor = page.next_cursor
    } while (cursor)
    expect(seen.map((device) => device.user_agent)).toEqual([
      'Here',
      ...[4, 3, 2, 1, 0].map((turn) => `Browser ${turn}`),
    ])
    expect(seen.filter((device) => device.current)).toEqual([seen[0]])
    expect(Object.keys(seen[0] ?? {}).toSorted()).toEqual([
      'created_at',
      'current',
      'id',
      'last_seen_at',
      'source',
      'trusted_until',
      'user_agent',
    ])
  })

  it('is of the caller alone', async ({ expect }) => {
    const { signedIn } = await enterWithTotp(world, ann, { more: { remember_device: true } })
    const [device] = (await pageOf(signedIn)).data
    expect(device?.trusted_until).toBe(new Date(Date.now() + 90 * DAY).toISOString())
    for (const who of ['admin', await world.person()] as const) {
      const path = `${AUTH}/devices/${device?.id}`
      expect((await world.as(who).delete(path)).status).toBe(404)
    }
    expect((await pageOf(await world.admin())).data).toEqual([])
    expect(await world.count('devices')).toBe(1)
  })

  it('keeps the fifty that were used last', async ({ expect }) => {
    const bob = await world.person()
    const first = deviceCookie(await login(world, bob))
    for (let turn = 0; turn < 50; turn++) {
      world.pass(1000)
      await login(world, bob)
    }
    expect(await world.count('devices')).toBe(50)
    await entered(await login(world, bob, browser(first)))
    expect(await world.count('devices')).toBe(50)
  })
})

describe('the list of tries to sign in', () => {
  it('shows how each ended, to the owner and to admins alike', async ({ expect }) => {
    const bob = await world.person()
    const options = { headers: { 'user-agent': 'Desk' }, from: '198.51.100.7' }
    await login(world, ann, options, 'not the password')
    const token = await challengeOf(world, ann, options)
    await verify(world, token, wrongCode(), 'totp', options)
    await verify(world, token, totpCode(), 'totp', options)
    await guess(world, bob, 1)
    const own = await attemptsOf(ann)
    expect(own.data.map(({ outcome }) => outcome)).toEqual([
      'signed_in',
      'wrong_code',
      'second_factor_asked',
      'wrong_password',
    ])
    expect(own.data[0]).toEqual({
      id: expect.any(String),
      outcome: 'signed_in',
      user_agent: 'Desk',
      source: '198.51.100.0/24',
      created_at: new Date().toISOString(),
    })
    const path = (id: string) => `/api/v1/users/${id}/login-attempts`
    expect(await attemptsOf('admin', path(ann.id))).toEqual(own)
    expect((await world.as(bob).get(path(ann.id))).status).toBe(403)
    expect((await attemptsOf(bob)).data.map(({ outcome }) => outcome)).toEqual(['wrong_password'])
    const fresh = await world.person()
    expect(await attemptsOf('admin', path(fresh.id))).toEqual({ data: [], next_cursor: null })
    const nobodys = '0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10'
    expect((await world.as('admin').get(path(nobodys))).status).toBe(404)
  })

  it('says where a guess was not compared', async ({ expect }) => {
    world.useSettings({ RATE_LIMIT_SCALE: '1' })
    await guess(world, ann, 22)
    const { data } = await attemptsOf(ann, `${AUTH}/login-attempts?limit=3`)
    expect(data.map(({ outcome }) => outcome)).toEqual(['locked', 'locked', 'wrong_password'])
  })

  it('goes on page by page, for one account', async ({ expect }) => {
    await guess(world, ann, 5)
    const first = await attemptsOf(ann, `${AUTH}/login-attempts?limit=3`)
    const query = `?limit=3&cursor=${first.next_cursor}`
    const second = await attemptsOf(ann, `${AUTH}/login-attempts${query}`)
    expect([first.data.length, second.data.length, second.next_cursor]).toEqual([3, 2, null])
    const others = await world.as('admin').get(`${AUTH}/login-attempts${query}`)
    expect(others.status).toBe(422)
  })

  it('notes nothing for a name that nobody has', async ({ expect }) => {
    await guess(world, { email: 'nobody@example.org' }, 3)
    expect(await world.count('login_attempts')).toBe(0)
  })

  it('forgets after 90 days, and what counted them too', async ({ expect }) => {
    await guess(world, ann, 2)
    world.pass(90 * DAY - 1)
    await guess(world, ann, 1)
    await world.runCron('17 3 * * *')
    expect(await world.count('login_attempts')).toBe(3)
    world.pass(2)
    await world.runCron('17 3 * * *')
    expect(await world.count('login_attempts')).toBe(1)
    world.pass(90 * DAY)
    await world.runCron('17 3 * * *')
    expect(await world.count('login_attempts')).toBe(0)
    expect(await world.count('login_guards')).toBe(0)
  })
})
