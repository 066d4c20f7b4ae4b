import { beforeEach, describe, it } from 'vitest'
import { everyRow } from '../support/accounts.ts'
import { breakEach } from '../support/break-each.ts'
import { template } from '../support/dialects.ts'
import { PASSWORD } from '../support/people.ts'
import { newWorld, type World } from '../support/world.ts'

const MOUNT = '/dialects/fastapi-template/api/v1'
const CLARA = { email: 'clara@example.org', password: PASSWORD }

let world: World
const { call, tokenOf } = template(() => world)

/** Bodies that no operation takes, with what they are answered. */
const NASTY: [what: string, body: BodyInit, status: number][] = [
  ['nothing', '', 422],
  ['null', 'null', 422],
  ['a list', '[]', 422],
  ['a text', '"x"', 422],
  ['a number', '1e999', 422],
  ['half an object', '{"title":', 422],
  ['a comment', '/* x */{}', 422],
  ['a key named twice', '{"title":"a","title":"b"}', 400],
  ['a key that reaches for the prototype', '{"__proto__":{"x":1}}', 422],
  ['NUL in a text', '{"title":"a\\u0000"}', 422],
  ['half a letter', '{"title":"\\ud800"}', 422],
  ['what is no UTF-8', Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d), 400],
  ['17 levels', `${'{"a":'.repeat(17)}1${'}'.repeat(17)}`, 400],
  ['more than 64 KiB', `{"title":"${'x'.repeat(70_000)}"}`, 413],
]

const TAKES_JSON: [method: string, path: string, who: 'nobody' | 'user' | 'admin'][] = [
  ['POST', '/users/signup', 'nobody'],
  ['POST', '/reset-password/', 'nobody'],
  ['POST', '/private/users/', 'nobody'],
  ['PATCH', '/users/me', 'user'],
  ['PATCH', '/users/me/password', 'user'],
  ['POST', '/items/', 'user'],
  ['POST', '/users/', 'admin'],
]

describe('bad input to the template', () => {
  beforeEach(async () => {
    world = await newWorld({ REQUIRE_ADMIN_2FA: 'false', RATE_LIMIT_SCALE: '1000' })
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
        const body = await response.json<{ detail: unknown }>()
        expect([response.status, Object.keys(body)], `${what}: ${JSON.stringify(body)}`).toEqual([
          status,
          ['detail'],
        ])
      }
      expect(await everyRow(['rate_limits'])).toEqual(before)
    },
  )

  it('that would break a mail or a line is refused in texts of one line', async ({ expect }) => {
    const token = await tokenOf(await world.person())
    const title = await call('POST', '/items/', { token, json: { title: 'a\nBcc: x@example.org' } })
    expect(title).toMatchObject({
      status: 422,
      body: { detail: [{ type: 'value_error', loc: ['body', 'title'] }] },
    })
    const words = { title: 'a', description: 'two\r\nlines' }
    expect((await call('POST', '/items/', { token, json: words })).body).toMatchObject({
      description: 'two\nlines',
    })
  })

  it('in an address is refused as anywhere', async ({ expect }) => {
    expect((await world.as('anonymous').get(`${MOUNT}/users/%ff`)).status).toBe(400)
    expect((await world.as('anonymous').get(`${MOUNT}/users/?x=${'x'.repeat(3000)}`)).status).toBe(
      400,
    )
  })
})

describe('whatever call breaks', () => {
  const settings = { REQUIRE_ADMIN_2FA: 'false' }

  it('an account that was acknowledged is there, and one that was not is whole or absent', async ({
    expect,
  }) => {
    let status = 0
    await breakEach({
      settings,
      run: async (broken) => {
        world = broken
        status = (await call('POST', '/users/signup', { json: CLARA })).status
      },
      after: async (healed, point) => {
        world = healed
        expect([200, 500, 503], point).toContain(status)
        if (status === 200) expect(await world.count('users'), point).toBe(1)
        const again = await call('POST', '/users/signup', { json: CLARA })
        expect([200, 400], point).toContain(again.status)
        expect(await tokenOf(CLARA), point).toBeTruthy()
        expect(await world.count('users'), point).toBe(1)
      },
    })
  })

  it('a link that was promised is mailed', async ({ expect }) => {
    let status = 0
    await breakEach({
      settings,
      before: async (fresh) => {
        await fresh.person({ email: CLARA.email })
      },
      run: async (broken) => {
        world = broken
        status = (await call('POST', `/password-recovery/${CLARA.email}`)).status
      },
      after: async (healed, point) => {
        expect([200, 500, 503], point).toContain(status)
        await healed.settle()
        const mails = healed.outside.to(CLARA.email).length
        if (status === 200) expect(mails, point).toBe(1)
        expect(mails, point).toBe(await healed.count('mailed_secrets'))
      },
    })
  })

  it('a changed account and its notices are one', async ({ expect }) => {
    let token = ''
    await breakEach({
      settings,
      before: async (fresh) => {
        world = fresh
        token = await tokenOf(await fresh.person({ email: CLARA.email }))
      },
      run: async (broken) => {
        world = broken
        await call('PATCH', '/users/me', { token, json: { email: 'new@example.org' } })
      },
      after: async (healed, point) => {
        const [user] = await healed.rows('users')
        const isMoved = user?.email === 'new@example.org'
        await healed.settle()
        expect(healed.outside.to(CLARA.email).length, point).toBe(isMoved ? 1 : 0)
        const records = (await healed.rows('audit_log')).filter(
          (row) => row.action === 'user.update',
        )
        expect(records, point).toHaveLength(isMoved ? 1 : 0)
      },
    })
  })
})
