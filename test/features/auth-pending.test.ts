import { env } from 'cloudflare:workers'
import { beforeEach, describe, it } from 'vitest'
import { createApp } from '../../src/app.ts'
import type { Operation } from '../../src/http/operations.ts'
import {
  AUTH,
  call,
  everyRow,
  GENEROUS,
  mailedToken,
  refresh,
  signIn,
  statusOf,
} from '../support/accounts.ts'
import {
  askForSecret,
  challengeOf,
  confirmSecret,
  enterWithTotp,
  login,
  stepUp,
  stepUpAll,
  totpCode,
  verify,
} from '../support/factors.ts'
import { PASSWORD, type Person } from '../support/people.ts'
import { sampleBody } from '../support/samples.ts'
import { newWorld, type World } from '../support/world.ts'

const { operations } = createApp()
const OPENED = ['/2fa/verify', '/2fa/email-code', '/2fa/cancel'].map((path) => AUTH + path)
const NOBODYS = '0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10'
const SITE = 'http://localhost:5173'
const OTHER = 'a quite different one'

let world: World
beforeEach(async () => {
  world = await newWorld(GENEROUS)
})

const pathOf = ({ path }: Operation, id = NOBODYS) => path.replaceAll(/:\w+/g, id)

/** Every place where a server might look for who is calling. */
const places = (token: string): Record<string, string>[] => [
  { authorization: `Bearer ${token}` },
  { authorization: `bearer  ${token}` },
  { authorization: token },
  { authorization: `Basic ${btoa(`:${token}`)}` },
  { cookie: `__Host-refresh=${token}`, origin: SITE },
  { cookie: `refresh=${token}; session=${token}; token=${token}`, origin: SITE },
  { cookie: `__Host-device-x=${token}`, origin: SITE },
  { 'x-challenge-token': token, 'x-api-key': token, 'x-access-token': token },
]

/** A body that the schema accepts, with `token` wherever a secret belongs. */
const bodyWith = (operation: Operation, token: string): unknown =>
  JSON.parse(JSON.stringify(sampleBody(operation) ?? {}).replaceAll('A'.repeat(43), token))

describe('a sign-in that waits for its second factor', () => {
  it('opens no operation besides verifying, resending and giving up', async ({ expect }) => {
    for (const role of ['user', 'admin'] as const) {
      const ann = await world.person({ role, totp: true })
      const token = await challengeOf(world, ann)
      const before = await everyRow(['rate_limits'])
      let asked = 0
      for (const operation of operations.filter(({ policy }) => policy !== 'anyone')) {
        for (const id of [NOBODYS, ann.id]) {
          for (const headers of places(token)) {
            const options = {
              headers,
              ...(operation.method !== 'GET' && { body: sampleBody(operation) ?? {} }),
            }
            const path = pathOf(operation, id)
            const response = await world.request(operation.method, path, 'anonymous', options)
            expect(response.status, `${operation.method} ${path} ${Object.keys(headers)}`).toBe(401)
            asked++
          }
        }
      }
      expect(asked).toBeGreaterThan(400)
      expect(await everyRow(['rate_limits'])).toEqual(before)
    }
  })

  it('is no secret of another kind', async ({ expect }) => {
    const ann = await world.person({ totp: true })
    const token = await challengeOf(world, ann)
    const takes = operations.filter(
      (operation) =>
        operation.policy === 'anyone' &&
        JSON.stringify(sampleBody(operation) ?? '').includes('A'.repeat(43)),
    )
    expect(takes.length).toBeGreaterThanOrEqual(8)
    const accepted: string[] = []
    for (const operation of takes) {
      const body = bodyWith(operation, token)
      const response = await world.as('anonymous').post(pathOf(operation), { body })
      if (response.status < 300) accepted.push(operation.path)
      else expect([400, 401], operation.path).toContain(response.status)
    }
    expect((await refresh(world, token)).status).toBe(401)
    expect(OPENED).toEqual(expect.arrayContaining(accepted))
    expect(accepted).toContain(`${AUTH}/2fa/cancel`)
  })

  it('gains nothing at operations that are open to anyone', async ({ expect }) => {
    const ann = await world.person({ totp: true })
    const token = await challengeOf(world, ann)
    for (const operation of operations.filter(
      ({ policy, method }) => policy === 'anyone' && method === 'GET',
    )) {
      const path = pathOf(operation)
      const plain = await world.as('anonymous').get(path)
      for (const headers of places(token).slice(0, 5)) {
        const response = await world.as('anonymous').get(path, { headers })
        // Some tell a caller whose token is wrong, instead of answering as to nobody.
        expect([plain.status, 401], path).toContain(response.status)
        expect(await response.text(), path).not.toContain(ann.email)
      }
    }
  })
})

describe('a second factor is lifted by nothing', () => {
  let ann: Person
  beforeEach(async () => {
    ann = await world.person({ email: 'ann@example.org', totp: true })
  })
  const asksStill = async (password = PASSWORD) =>
    (await (await login(world, ann, {}, password)).json<{ requires_2fa?: true }>()).requires_2fa

  it('not by a reset', async ({ expect }) => {
    await call(world, '/password/forgot', { email: ann.email })
    const token = await mailedToken(world, ann.email)
    const response = await call(world, '/password/reset', { token, new_password: OTHER })
    expect([response.status, await response.text()]).toEqual([204, ''])
    expect(await asksStill(OTHER)).toBe(true)
    expect(await world.count('totp_secrets')).toBe(1)
  })

  it('not by another password or another address', async ({ expect }) => {
    await stepUp(world, ann, totpCode())
    await world.as(ann).post(`${AUTH}/email/change`, { body: { new_email: 'new@example.org' } })
    const token = await mailedToken(world, 'new@example.org')
    expect((await call(world, '/email/confirm', { token })).status).toBe(204)
    ann = { ...ann, email: 'new@example.org' }
    expect(await asksStill()).toBe(true)
    const body = { current_password: PASSWORD, new_password: OTHER }
    await stepUpAll()
    expect((await world.as(ann).post(`${AUTH}/password/change`, { body })).status).toBe(204)
    expect(await asksStill(OTHER)).toBe(true)
  })

  it('not by refreshing: the session stays what it was', async ({ expect }) => {
    const { signedIn } = await enterWithTotp(world, ann)
    expect((await refresh(world, signedIn.refreshToken)).status).toBe(200)
    expect(await asksStill()).toBe(true)
    await world.as(signedIn).post(`${AUTH}/logout`)
    expect((await refresh(world, signedIn.refreshToken)).status).toBe(401)
  })

  it('not by a link to verify or to accept an invitation', async ({ expect }) => {
    for (const kind of ['verify', 'invite'] as const) {
      const email = `${kind}@example.org`
      if (kind === 'verify') await call(world, '/register', { email, password: PASSWORD })
      else await world.as('admin').post('/api/v1/users', { body: { email } })
      const token = await mailedToken(world, email)
      await env.DB.prepare('update users set totp_enabled_at = 1 where email = ?').bind(email).run()
      const path = kind === 'verify' ? '/verify-email' : '/invite/accept'
      expect((await call(world, path, { token, password: OTHER })).status, kind).toBe(400)
    }
  })

  it('nor by signing in while it is switched on', async ({ expect }) => {
    const bob = await world.person({ email: 'bob@example.org', steppedUp: true })
    const before = await signIn(world, bob.email, PASSWORD)
    const { secret } = await askForSecret(world, bob)
    expect((await confirmSecret(world, bob, totpCode(0, secret))).status).toBe(200)
    expect(await statusOf(world, before)).toBe(401)
    expect((await verify(world, await challengeOf(world, bob), totpCode())).status).toBe(401)
  })
})
