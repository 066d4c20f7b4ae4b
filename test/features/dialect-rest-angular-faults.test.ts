import { beforeEach, describe, it } from 'vitest'
import { everyRow } from '../support/accounts.ts'
import { breakEach } from '../support/break-each.ts'
import { PASSWORD } from '../support/people.ts'
import { MOUNT, restAngular } from '../support/rest-angular.ts'
import { newWorld, type World } from '../support/world.ts'

const CLARA = { email: 'clara@example.org', password: PASSWORD }
const settings = { REQUIRE_ADMIN_2FA: 'false', RATE_LIMIT_SCALE: '1000' }

let world: World
const { call, tokenOf, mailed } = restAngular(() => world)

/** Bodies that no operation takes, with what they are answered. */
const NASTY: [what: string, body: BodyInit, status: number][] = [
  ['null', 'null', 422],
  ['a list', '[]', 422],
  ['a text', '"x"', 422],
  ['half an object', '{"email":', 422],
  ['a key named twice', '{"email":"a@example.org","email":"b@example.org"}', 400],
  ['NUL in a text', '{"email":"a\\u0000","password":"\\u0000","token":"\\u0000"}', 422],
  ['half a letter', '{"email":"\\ud800","token":"\\ud800"}', 422],
  ['a number for a text', '{"email":7,"password":7,"token":7}', 422],
  ['what is no UTF-8', Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d), 400],
  ['17 levels', `${'{"a":'.repeat(17)}1${'}'.repeat(17)}`, 400],
  ['more than 64 KiB', `{"email":"${'x'.repeat(70_000)}"}`, 413],
]

const TAKES_JSON: [method: string, path: string, who: 'nobody' | 'user' | 'admin'][] = [
  ['POST', '/api/auth/register', 'nobody'],
  ['POST', '/api/auth/forgot-password', 'nobody'],
  ['POST', '/api/auth/reset-password', 'nobody'],
  ['POST', '/api/auth/request-verify-token', 'nobody'],
  ['POST', '/api/auth/verify', 'nobody'],
  ['PATCH', '/api/users/me', 'user'],
  ['POST', '/api/users/', 'admin'],
  ['PATCH', '/api/users/0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10', 'admin'],
]

describe('bad input to the Angular administration', () => {
  beforeEach(async () => {
    world = await newWorld(settings)
  })

  it.for(TAKES_JSON)(
    'is refused, and changes nothing: %s %s',
    async ([method, path, who], { expect }) => {
      const person = await world.person({ role: who === 'admin' ? 'admin' : 'user', totp: false })
      const token = who === 'nobody' ? null : await tokenOf(person)
      const before = await everyRow(['rate_limits'])
      for (const [what, raw, status] of NASTY) {
        const response = await world.request(method, MOUNT + path, 'anonymous', {
          raw,
          headers: {
            'content-type': 'application/json',
            ...(token && { authorization: `Bearer ${token}` }),
          },
        })
        const body = await response.json<object>()
        expect(response.status, `${what}: ${JSON.stringify(body)}`).toBe(status)
        if (status === 422) expect(Object.keys(body), what).toEqual(['detail'])
        else expect(body, what).toMatchObject({ status, message: expect.any(String) })
      }
      expect(await everyRow(['rate_limits'])).toEqual(before)
    },
  )
})

describe('whatever call breaks', () => {
  it('a link to prove an address that was promised is mailed', async ({ expect }) => {
    let status = 0
    await breakEach({
      settings,
      before: async (fresh) => {
        await fresh.person({ email: CLARA.email, verified: false })
      },
      run: async (broken) => {
        world = broken
        const json = { email: CLARA.email }
        status = (await call('POST', '/api/auth/request-verify-token', { json })).status
      },
      after: async (healed, point) => {
        expect([202, 500, 503], point).toContain(status)
        await healed.settle()
        const mails = healed.outside.to(CLARA.email).length
        if (status === 202) expect(mails, point).toBe(1)
        expect(mails, point).toBe(await healed.count('mailed_secrets'))
      },
    })
  })

  it('a proof and its record are one, and the link can be opened again', async ({ expect }) => {
    let token = ''
    await breakEach({
      settings,
      before: async (fresh) => {
        world = fresh
        await fresh.person({ email: CLARA.email, verified: false })
        await call('POST', '/api/auth/request-verify-token', { json: { email: CLARA.email } })
        token = await mailed(CLARA.email, 'verify')
      },
      run: async (broken) => {
        world = broken
        await call('POST', '/api/auth/verify', { json: { token } })
      },
      after: async (healed, point) => {
        world = healed
        const [user] = await healed.rows('users')
        const isProven = user?.verified_at !== null
        const records = async () =>
          (await healed.rows('audit_log')).filter(({ action }) => action === 'auth.verify').length
        expect(await records(), point).toBe(isProven ? 1 : 0)
        const again = await call('POST', '/api/auth/verify', { json: { token } })
        expect(again.status, point).toBe(isProven ? 400 : 200)
        expect(await records(), point).toBe(1)
      },
    })
  })

  it('a password that was changed is changed for every session', async ({ expect }) => {
    let token = ''
    const password = 'another good password'
    await breakEach({
      settings,
      before: async (fresh) => {
        world = fresh
        const clara = await fresh.person({ email: CLARA.email })
        token = await tokenOf(clara)
        await tokenOf(clara)
      },
      run: async (broken) => {
        world = broken
        await call('PATCH', '/api/users/me', { token, json: { password } })
      },
      after: async (healed, point) => {
        world = healed
        const records = (await healed.rows('audit_log')).filter(
          ({ action }) => action === 'auth.password_change',
        )
        await healed.settle()
        const isChanged = records.length === 1
        expect(healed.outside.to(CLARA.email).length, point).toBe(isChanged ? 1 : 0)
        // One that was put there, and two of the dialect.
        expect(await healed.count('sessions'), point).toBe(isChanged ? 1 : 3)
        expect(await tokenOf(CLARA, isChanged ? password : PASSWORD), point).toBeTruthy()
      },
    })
  })

  it('a notification that was acknowledged is mailed, with its record', async ({ expect }) => {
    let token = ''
    let status = 0
    await breakEach({
      settings,
      before: async (fresh) => {
        world = fresh
        token = await tokenOf(await fresh.person({ role: 'admin', totp: false }))
      },
      run: async (broken) => {
        world = broken
        const query = new URLSearchParams({ email: CLARA.email, message: 'Ready.' })
        status = (await call('POST', `/send-notification?${query}`, { token })).status
      },
      after: async (healed, point) => {
        await healed.settle()
        const mails = healed.outside.to(CLARA.email).length
        if (status === 200) expect(mails, point).toBe(1)
        const records = (await healed.rows('audit_log')).filter(
          ({ action }) => action === 'mail.notify',
        )
        expect(records, point).toHaveLength(mails)
      },
    })
  })
})
