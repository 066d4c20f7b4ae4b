import { beforeEach, describe, it } from 'vitest'
import { createApp } from '../../src/app.ts'
import {
  AUTH,
  call,
  everyRow,
  GENEROUS,
  mailedToken,
  type TokenBody,
  toSignedIn,
} from '../support/accounts.ts'
import { askForSecret, confirmSecret, login, SECOND, stepUp, totpCode } from '../support/factors.ts'
import { PASSWORD, type Person } from '../support/people.ts'
import { sampleBody } from '../support/samples.ts'
import { newWorld, type World } from '../support/world.ts'

const { operations } = createApp()
const ADMINS = operations.filter(({ policy }) => policy === 'admin')
const OPEN = { ...GENEROUS, REQUIRE_ADMIN_2FA: 'false' }

let world: World
let bare: Person
const begin = async (settings = GENEROUS) => {
  world = await newWorld(settings)
  bare = await world.person({ role: 'admin', totp: false, steppedUp: true })
}
beforeEach(() => begin())

describe('an admin without a second factor', () => {
  it('is let into no operation of admins', async ({ expect }) => {
    expect(ADMINS.length).toBeGreaterThan(15)
    const before = await everyRow(['rate_limits'])
    for (const operation of ADMINS) {
      for (const id of [bare.id, '0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10']) {
        const path = operation.path.replaceAll(/:\w+/g, id)
        const response = await world.request(operation.method, path, bare, {
          ...(operation.method !== 'GET' && { body: sampleBody(operation) ?? {} }),
        })
        const { code } = await response.json<{ code: string }>()
        expect([response.status, code], `${operation.method} ${path}`).toEqual([
          403,
          'second_factor_required',
        ])
      }
    }
    expect(await everyRow(['rate_limits'])).toEqual(before)
  })

  it('sees and changes what is their own, and nobody else’s', async ({ expect }) => {
    const bob = await world.person()
    const made = await world.as(bob).post('/api/v1/items', { body: { title: 'His' } })
    const { id } = await made.json<{ id: string }>()
    const own = await world.as(bare).post('/api/v1/items', { body: { title: 'Own' } })
    expect(own.status).toBe(201)
    const list = await world.as(bare).get('/api/v1/items')
    expect((await list.json<{ data: { title: string }[] }>()).data).toMatchObject([
      { title: 'Own' },
    ])
    const path = `/api/v1/items/${id}`
    expect([403, 404]).toContain((await world.as(bare).get(path)).status)
    const patched = await world.as(bare).patch(path, { body: { title: 'Taken' } })
    expect([403, 404]).toContain(patched.status)
    expect([403, 404]).toContain((await world.as(bare).delete(path)).status)
    expect((await world.as('admin').get(path)).status).toBe(200)
  })

  it('reaches all that enrolling needs, and then every operation of admins', async ({ expect }) => {
    const response = await login(world, bare)
    const admin = toSignedIn(await response.json<TokenBody>())
    expect((await world.as(admin).get('/api/v1/users/me')).status).toBe(200)
    expect((await stepUp(world, admin)).status).toBe(200)
    const { secret } = await askForSecret(world, admin)
    expect((await confirmSecret(world, admin, totpCode(0, secret))).status).toBe(200)
    expect((await world.as(admin).get('/api/v1/users')).status).toBe(200)
    world.pass(30 * SECOND)
    expect((await stepUp(world, admin, totpCode(0, secret))).status).toBe(200)
    expect(await (await login(world, bare)).json()).toMatchObject({
      requires_2fa: true,
      methods: ['totp', 'recovery_code'],
    })
  })

  it('who was invited has to enrol first', async ({ expect }) => {
    const email = 'new@linden.test'
    await world.as('admin').post('/api/v1/users', { body: { email, role: 'admin' } })
    const token = await mailedToken(world, email)
    const accepted = await call(world, '/invite/accept', {
      token,
      password: 'a quite long password',
    })
    const invited = toSignedIn(await accepted.json<TokenBody>())
    const answer = await world.as(invited).get('/api/v1/users')
    expect(await answer.json()).toMatchObject({ code: 'second_factor_required' })
  })

  it('who is promoted keeps an app, and else has to enrol first', async ({ expect }) => {
    for (const totp of [true, false]) {
      const bob = await world.person({ totp })
      const path = `/api/v1/users/${bob.id}`
      const answer = await world.as('admin').patch(path, { body: { role: 'admin' } })
      expect(answer.status).toBe(200)
      expect((await login(world, bob)).status).toBe(totp ? 200 : 401)
    }
  })

  it('is let in where the setting says so, which is said aloud', async ({ expect }) => {
    await begin(OPEN)
    expect((await world.as(bare).get('/api/v1/users')).status).toBe(200)
    const ready = await world.as('anonymous').get('/health/ready')
    const { warnings } = await ready.json<{ warnings: string[] }>()
    expect(warnings).toEqual([expect.stringContaining('REQUIRE_ADMIN_2FA')])
    const weak = world.logs.filter((line) => line.includes('settings.weak'))
    expect(weak.length).toBeGreaterThanOrEqual(1)
    expect(weak[0]).toContain('REQUIRE_ADMIN_2FA')
    await begin()
    const strict = await world.as('anonymous').get('/health/ready')
    expect((await strict.json<{ warnings: string[] }>()).warnings).toEqual([])
    expect(world.logs.join()).not.toContain('settings.weak')
  })

  it('is asked for a factor that is enrolled even where the setting does not', async ({
    expect,
  }) => {
    await begin(OPEN)
    const admin = await world.admin()
    expect(await (await login(world, admin)).json()).toMatchObject({ requires_2fa: true })
    expect((await world.as(admin).delete(`${AUTH}/2fa/totp`)).status).toBe(409)
    expect((await login(world, bare, {}, PASSWORD)).status).toBe(200)
  })
})
