import { beforeEach, describe, it } from 'vitest'
import { AUTH } from '../support/accounts.ts'
import { claimsOf, refusal } from '../support/dialects.ts'
import { newSoapShop, soapShop } from '../support/eterno.ts'
import { PASSWORD, type Person } from '../support/people.ts'
import type { World } from '../support/world.ts'

const HOUR = 3_600_000

let world: World
let maria: Person
let token: string
const { call, login } = soapShop(() => world)
const enter = async (name: string) =>
  ((await login(name)).body as { access_token: string }).access_token

beforeEach(async () => {
  world = await newSoapShop()
  maria = await world.person({ username: 'Maria', role: 'admin', totp: false })
  token = await enter('Maria')
})

describe('signing in to the soap shop', () => {
  it('answers a token for an hour that names the admin', async ({ expect }) => {
    const { status, body } = await login('Maria')
    expect(status).toBe(200)
    expect(Object.keys(body as object)).toEqual(['access_token', 'token_type'])
    const claims = claimsOf(token)
    expect(claims).toMatchObject({ sub: 'Maria', aud: 'eterno' })
    expect(Number(claims.exp) - Number(claims.iat)).toBe(3600)
  })

  it('is refused alike for a wrong password, nobody, a visitor and a banned admin', async ({
    expect,
  }) => {
    await world.person({ username: 'ben' })
    await world.person({ username: 'gone', role: 'admin', totp: false, active: false })
    const wrong = [401, 'Invalid credentials']
    expect(refusal(await login('Maria', 'not the password'))).toEqual(wrong)
    for (const name of ['nobody', 'ben', 'gone', '']) {
      expect(refusal(await login(name)), name).toEqual(wrong)
    }
    expect(await world.count('sessions')).toBe(4)
  })

  it('cannot ask for a second factor, and says so', async ({ expect }) => {
    await world.person({ username: 'otto', role: 'admin', totp: true })
    const { status, body } = await login('otto')
    expect([status, JSON.stringify(body)]).toEqual([401, expect.stringContaining('second factor')])
  })

  it('opens nothing that is for admins where a second factor is demanded', async ({ expect }) => {
    world.useSettings({ REQUIRE_ADMIN_2FA: 'true' })
    expect((await call('GET', '/admins', { token })).status).toBe(403)
    expect((await call('DELETE', '/products/1', { token })).status).toBe(403)
  })

  it('says what is wrong with the body', async ({ expect }) => {
    expect(refusal(await call('POST', '/admins/login', { json: { username: 'x' } }))).toEqual([
      422,
      [
        {
          type: 'missing',
          loc: ['body', 'password'],
          msg: 'Field required',
          input: { username: 'x' },
        },
      ],
    ])
  })
})

describe('a token of the soap shop', () => {
  it('is asked for, and must be its own', async ({ expect }) => {
    const missing = await call('GET', '/admins/')
    expect(refusal(missing)).toEqual([401, 'Not authenticated'])
    expect(missing.headers.get('www-authenticate')).toBe('Bearer')
    const invalid = [401, 'Invalid or expired token']
    for (const foreign of ['nonsense', maria.token]) {
      expect(refusal(await call('GET', '/admins/', { token: foreign }))).toEqual(invalid)
    }
    world.pass(HOUR + 1)
    expect(refusal(await call('GET', '/admins/', { token }))).toEqual(invalid)
  })

  it('opens nothing elsewhere', async ({ expect }) => {
    const headers = { authorization: `Bearer ${token}` }
    for (const path of [
      '/api/v1/users/me',
      '/dialects/fastapi-template/api/v1/users/me',
      '/api/v1/audit-log',
    ]) {
      expect([401, 403]).toContain((await world.as('anonymous').get(path, { headers })).status)
    }
  })

  it('ends with its session, with the account and with a ban', async ({ expect }) => {
    const other = await world.person({ username: 'other', role: 'admin', totp: false })
    const [his, second] = [await enter('other'), await enter('other')]
    const sessions = await world.as(other).get(`${AUTH}/sessions`)
    const { data } = await sessions.json<{ data: { id: string }[] }>()
    const sid = String(claimsOf(second).sid)
    expect(data.map(({ id }) => id)).toContain(sid)
    await world.as(other).delete(`${AUTH}/sessions/${sid}`)
    expect(refusal(await call('GET', '/admins', { token: second }))).toEqual([
      401,
      'Invalid or expired token',
    ])
    expect((await call('GET', '/admins', { token: his })).status).toBe(200)
    await world.env.DB.prepare('delete from users where uid = ?').bind(other.id).run()
    expect(refusal(await call('GET', '/admins', { token: his }))).toEqual([401, 'Admin not found'])
    await world.env.DB.prepare('update users set is_active = 0 where uid = ?').bind(maria.id).run()
    expect(refusal(await call('GET', '/admins', { token }))).toEqual([401, 'Admin not found'])
  })
})

describe('admins of the soap shop', () => {
  const make = (json: object) => call('POST', '/admins/', { token, json })

  it('are listed by number and name, whether or not they have a username', async ({ expect }) => {
    await world.person({ username: 'ben' })
    await world.env.DB.prepare(
      `insert into users (uid, email, email_key, role, verified_at, search, created_at)
       values ('x', 'Eva@soap.test', 'eva@soap.test', 'admin', 1, '', 1)`,
    ).run()
    const { status, body } = await call('GET', '/admins', { token })
    expect(status).toBe(200)
    const admins = body as { id: number; username: string }[]
    expect(admins.map(({ username }) => username)).toEqual(['Maria', 'Eva@soap.test'])
    expect(admins.every(({ id }) => Number.isInteger(id))).toBe(true)
    for (const name of ['Maria', 'maria', 'Eva@soap.test']) {
      const one = await call('GET', `/admins/${encodeURIComponent(name)}`, { token })
      expect(admins).toContainEqual(one.body)
    }
    for (const name of ['ben', 'nobody']) {
      expect(refusal(await call('GET', `/admins/${name}`, { token }))).toEqual([
        404,
        'Admin not found',
      ])
    }
  })

  it('are made by admins, without an address, and may sign in at once', async ({ expect }) => {
    expect((await call('POST', '/admins', { json: {} })).status).toBe(401)
    const { status, body } = await make({ username: 'lucia', password: PASSWORD })
    expect(status).toBe(200)
    expect(body).toEqual({ id: expect.any(Number), username: 'lucia' })
    expect(Object.keys(body as object)).toEqual(['id', 'username'])
    expect((await world.rows('users')).at(-1)).toMatchObject({ email: null, role: 'admin' })
    const hers = await enter('lucia')
    expect(claimsOf(hers).sub).toBe('lucia')
    expect((await call('GET', '/admins/lucia', { token: hers })).body).toEqual(body)
    expect(refusal(await make({ username: 'Lucia', password: PASSWORD }))).toEqual([
      400,
      'Username already exists',
    ])
    const actions = (await world.rows('audit_log')).map(({ action }) => action)
    expect(actions.filter((action) => action === 'user.create')).toHaveLength(1)
  })

  it('need a name that is none of others, and a password that nobody guesses', async ({
    expect,
  }) => {
    expect(refusal(await make({ username: 'lucia', password: 'short' }))).toMatchObject([
      422,
      [{ type: 'string_too_short', loc: ['body', 'password'], ctx: { min_length: 8 } }],
    ])
    for (const json of [
      { username: 'lucia', password: 'password123' },
      { username: 'a@b.test', password: PASSWORD },
      {},
    ]) {
      expect((await make(json)).status).toBe(422)
    }
    expect(await world.count('users')).toBe(1)
  })

  it('are made only soon after signing in', async ({ expect }) => {
    world.pass(16 * 60_000)
    expect((await make({ username: 'lucia', password: PASSWORD })).status).toBe(403)
  })
})

describe('a letter to the soap shop', () => {
  const LETTER = { name: 'Ann', email: 'ann@example.org', message: 'Do you ship?' }

  it('reaches the studio', async ({ expect }) => {
    const { status, body } = await call('POST', '/contact', { json: LETTER })
    expect([status, body]).toEqual([200, { message: 'Form received and email sent!' }])
    await world.settle()
    expect(world.outside.to('owner@linden.test')).toHaveLength(1)
    expect(await world.rows('contact_messages')).toMatchObject([{ name: 'Ann' }])
  })

  it('is refused where something is missing or wrong', async ({ expect }) => {
    const { status, body } = await call('POST', '/contact', { json: { ...LETTER, email: 'ann' } })
    expect([status, body]).toMatchObject([422, { detail: [{ loc: ['body', 'email'] }] }])
    expect((await call('POST', '/contact', { json: {} })).status).toBe(422)
    expect(await world.count('contact_messages')).toBe(0)
  })
})
