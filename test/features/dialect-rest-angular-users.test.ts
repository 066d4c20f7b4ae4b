import { beforeEach, describe, it } from 'vitest'
import { refusal } from '../support/dialects.ts'
import { MINUTE } from '../support/factors.ts'
import { PASSWORD, type Person } from '../support/people.ts'
import { MOUNT, refused, restAngular, USER_KEYS } from '../support/rest-angular.ts'
import { newWorld, type World } from '../support/world.ts'

const OTHER = 'another good password'
const NOBODYS = '0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10'

let world: World
let ann: Person
let boss: Person
let her: string
let bosses: string
const { call, login, tokenOf, mailed } = restAngular(() => world)

beforeEach(async () => {
  world = await newWorld({ REQUIRE_ADMIN_2FA: 'false' })
  boss = await world.person({ email: 'boss@example.org', role: 'admin', totp: false })
  ann = await world.person({ email: 'ann@example.org' })
  her = await tokenOf(ann)
  bosses = await tokenOf(boss)
})

const mailsTo = async (to: string) => {
  await world.settle()
  return world.outside.to(to).map(({ subject }) => subject)
}
const changes = async () =>
  (await world.rows('audit_log')).filter(({ action }) => String(action).startsWith('user.'))
const viewOf = ({ id, email }: Person, more = {}) => ({
  id,
  email,
  is_active: true,
  is_superuser: false,
  is_verified: true,
  ...more,
})

describe('your own account', () => {
  const patch = (json: object, token = her) => call('PATCH', '/api/users/me', { token, json })

  it('is shown with the keys of the original, at both of its addresses', async ({ expect }) => {
    for (const path of ['/api/users/me', '/profile', '/api/profile']) {
      const { status, body } = await call('GET', path, { token: her })
      expect([status, JSON.stringify(body)], path).toEqual([200, JSON.stringify(viewOf(ann))])
    }
    const { body } = await call('GET', '/api/users/me', { token: bosses })
    expect(body).toEqual(viewOf(boss, { is_superuser: true }))
  })

  it('is no superuser before the second factor that an admin has to have', async ({ expect }) => {
    world.useSettings({ REQUIRE_ADMIN_2FA: 'true' })
    const { body } = await call('GET', '/api/users/me', { token: bosses })
    expect(body).toMatchObject({ is_superuser: false })
    expect((await call('GET', '/api/users/', { token: bosses })).status).toBe(403)
  })

  it('takes a new address at once, and tells the old one', async ({ expect }) => {
    const { status, body } = await patch({ email: 'new@example.org' })
    expect([status, Object.keys(body as object)]).toEqual([200, USER_KEYS])
    expect(body).toMatchObject({ email: 'new@example.org', is_verified: false })
    expect(await mailsTo(ann.email)).toEqual(['Your address was changed'])
    expect((await login('new@example.org')).status).toBe(200)
  })

  it('takes a new password, signs out every other session and tells so', async ({ expect }) => {
    const other = await tokenOf(ann)
    expect((await patch({ password: OTHER })).status).toBe(200)
    expect((await call('GET', '/api/users/me', { token: other })).status).toBe(401)
    expect((await call('GET', '/api/users/me', { token: her })).status).toBe(200)
    expect(await mailsTo(ann.email)).toEqual(['Your password was changed'])
    expect((await login(ann.email)).status).toBe(400)
    expect((await login(ann.email, OTHER)).status).toBe(200)
  })

  it('is not proven by a new password', async ({ expect }) => {
    const json = { email: 'clara@example.org', password: PASSWORD }
    await call('POST', '/api/auth/register', { json })
    const { body } = await patch({ password: OTHER }, await tokenOf(json))
    expect(body).toMatchObject({ is_verified: false })
  })

  it('gives no rights, and changes nothing for nothing', async ({ expect }) => {
    for (const json of [
      { is_superuser: true, is_active: false, is_verified: false },
      {},
      { email: null, password: null },
      { email: ann.email },
    ]) {
      expect(await patch(json)).toMatchObject({ status: 200, body: viewOf(ann) })
    }
    expect(await changes()).toEqual([])
  })

  it('says that an address is taken', async ({ expect }) => {
    const { status, body } = await patch({ email: boss.email })
    expect([status, body]).toEqual([
      400,
      refused(400, 'UPDATE_USER_EMAIL_ALREADY_EXISTS', '/api/users/me'),
    ])
  })

  it('says why a password will not do', async ({ expect }) => {
    for (const password of ['short', 'x'.repeat(129), 'password123', ann.email]) {
      expect(refusal(await patch({ password }))).toEqual([
        400,
        { code: 'UPDATE_USER_INVALID_PASSWORD', reason: expect.any(String) },
      ])
    }
    expect((await login(ann.email)).status).toBe(200)
  })

  it('asks for a new sign-in after 15 minutes', async ({ expect }) => {
    world.pass(15 * MINUTE + 1000)
    for (const json of [{ password: OTHER }, { email: 'new@example.org' }]) {
      const { status, body, headers } = await patch(json)
      const message = 'Please sign in again: this needs a sign-in of the last 15 minutes.'
      expect([status, body]).toEqual([
        403,
        {
          status: 403,
          type: 'ForbiddenException',
          message,
          debug: 'Application error occurred',
          extra: { trace_id: headers.get('x-trace-id') },
          error: message,
          status_code: 403,
          path: `${MOUNT}/api/users/me`,
        },
      ])
    }
    her = await tokenOf(ann)
    expect((await patch({ password: OTHER }, her)).status).toBe(200)
  })

  it('tells no more than five addresses an hour whether somebody has them', async ({ expect }) => {
    const statuses: number[] = []
    for (let turn = 0; turn < 6; turn++) statuses.push((await patch({ email: boss.email })).status)
    expect(statuses).toEqual([400, 400, 400, 400, 400, 429])
  })
})

describe('an account, for a superuser', () => {
  const at = (id: string) => `/api/users/${id}`
  const patch = (id: string, json: object) => call('PATCH', at(id), { token: bosses, json })

  it('is shown, whatever way its id is written', async ({ expect }) => {
    for (const id of [ann.id, ann.id.toUpperCase(), ann.id.replaceAll('-', ''), `{${ann.id}}`]) {
      const { status, body } = await call('GET', at(encodeURIComponent(id)), { token: bosses })
      expect([status, JSON.stringify(body)], id).toEqual([200, JSON.stringify(viewOf(ann))])
    }
  })

  it('is for nobody else', async ({ expect }) => {
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      for (const id of [ann.id, boss.id, NOBODYS]) {
        const { status, body } = await call(method, at(id), { token: her })
        expect([status, body]).toEqual([403, refused(403, 'Forbidden', at(id))])
      }
    }
  })

  it('is not there for an id of nobody, nor for what is no id', async ({ expect }) => {
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      for (const id of [NOBODYS, '1', 'x'.repeat(50)]) {
        const sent = { token: bosses, ...(method === 'PATCH' && { json: { is_active: false } }) }
        const { status, body } = await call(method, at(id), sent)
        expect([status, body], `${method} ${id}`).toEqual([404, refused(404, 'Not Found', at(id))])
      }
    }
  })

  it('changes in all its parts at once', async ({ expect }) => {
    const { status, body } = await patch(ann.id, {
      email: 'new@example.org',
      password: OTHER,
      is_superuser: true,
      is_active: true,
      is_verified: true,
    })
    expect([status, JSON.stringify(body)]).toEqual([
      200,
      JSON.stringify(viewOf(ann, { email: 'new@example.org', is_superuser: true })),
    ])
    expect((await call('GET', '/api/users/me', { token: her })).status).toBe(401)
    expect((await login('new@example.org', OTHER)).status).toBe(200)
    expect((await mailsTo(ann.email)).toSorted()).toEqual([
      'You are an administrator now',
      'Your address was changed',
      'Your password was changed',
    ])
  })

  it('is switched off and on, and signed out by it', async ({ expect }) => {
    expect((await patch(ann.id, { is_active: false })).body).toMatchObject({ is_active: false })
    expect((await call('GET', '/api/users/me', { token: her })).status).toBe(401)
    expect(refusal(await login(ann.email))).toEqual([400, 'LOGIN_BAD_CREDENTIALS'])
    await patch(ann.id, { is_active: true })
    expect((await login(ann.email)).status).toBe(200)
  })

  it('counts as proven or not as the superuser says', async ({ expect }) => {
    expect((await patch(ann.id, { is_verified: false })).body).toMatchObject({
      is_verified: false,
    })
    expect((await call('GET', '/api/users/me', { token: her })).status).toBe(401)
    const own = { body: { identifier: ann.email, password: PASSWORD } }
    expect((await world.as('anonymous').post('/api/v1/auth/login', own)).status).toBe(401)
    expect((await patch(ann.id, { is_verified: true })).body).toMatchObject({ is_verified: true })
    expect((await world.as('anonymous').post('/api/v1/auth/login', own)).status).toBe(200)
    expect((await changes()).map(({ before, after }) => [before, after])).toEqual([
      ['{"is_verified":true}', '{"is_verified":false}'],
      ['{"is_verified":false}', '{"is_verified":true}'],
    ])
  })

  it('is not proven by an old link once a superuser has said that it is not', async ({
    expect,
  }) => {
    const json = { email: 'clara@example.org', password: PASSWORD }
    const made = await call('POST', '/api/auth/register', { json })
    await call('POST', '/api/auth/request-verify-token', { json })
    const token = await mailed(json.email, 'verify')
    const verify = () => call('POST', '/api/auth/verify', { json: { token } })
    expect((await verify()).status).toBe(200)
    await patch((made.body as { id: string }).id, { is_verified: false })
    expect(refusal(await verify())).toEqual([400, 'VERIFY_USER_BAD_TOKEN'])
  })

  it('says what is taken, weak or wrong', async ({ expect }) => {
    expect(refusal(await patch(ann.id, { email: boss.email }))).toEqual([
      400,
      'UPDATE_USER_EMAIL_ALREADY_EXISTS',
    ])
    expect(refusal(await patch(ann.id, { password: 'short' }))).toEqual([
      400,
      { code: 'UPDATE_USER_INVALID_PASSWORD', reason: 'Must have 8 to 128 characters.' },
    ])
    expect(refusal(await patch(ann.id, { is_active: 'perhaps', email: 'x' }))).toMatchObject([
      422,
      [{ loc: ['body', 'email'] }, { loc: ['body', 'is_active'], type: 'bool_parsing' }],
    ])
    expect(await changes()).toEqual([])
  })

  it('stays with the last admin who can sign in', async ({ expect }) => {
    for (const json of [{ is_superuser: false }, { is_active: false }, { is_verified: false }]) {
      const { status, body } = await patch(boss.id, json)
      expect([status, body]).toMatchObject([409, { status: 409, type: 'ApplicationException' }])
    }
    const { status } = await call('DELETE', at(boss.id), { token: bosses })
    expect(status).toBe(409)
    expect((await call('GET', '/api/users/me', { token: bosses })).status).toBe(200)
  })

  it('is deleted once', async ({ expect }) => {
    const gone = await call('DELETE', at(ann.id), { token: bosses })
    expect([gone.status, gone.body]).toEqual([204, ''])
    expect((await call('DELETE', at(ann.id), { token: bosses })).status).toBe(404)
    expect((await call('GET', '/api/users/me', { token: her })).status).toBe(401)
  })

  it('is left alone by who signed in long ago', async ({ expect }) => {
    world.pass(15 * MINUTE + 1000)
    for (const json of [
      { email: 'x@example.org' },
      { password: OTHER },
      { is_superuser: true },
      { is_verified: false },
    ]) {
      expect((await patch(ann.id, json)).status).toBe(403)
    }
    expect((await call('DELETE', at(ann.id), { token: bosses })).status).toBe(403)
    expect(await changes()).toEqual([])
  })
})

describe('all accounts, for a superuser', () => {
  const list = (query = '') => call('GET', `/api/users/${query}`, { token: bosses })
  const make = (json: object) => call('POST', '/api/users/', { token: bosses, json })
  const CLARA = { email: 'clara@example.org', password: PASSWORD }

  it('are a bare list, newest first, part by part', async ({ expect }) => {
    const { status, body } = await list()
    const both = [viewOf(ann), viewOf(boss, { is_superuser: true })]
    expect([status, JSON.stringify(body)]).toEqual([200, JSON.stringify(both)])
    expect((await list('?skip=1&limit=1')).body).toEqual(both.slice(1))
    expect((await list('?limit=0')).body).toEqual([])
    expect(refusal(await list('?skip=-1&limit=1001'))).toMatchObject([
      422,
      [
        { loc: ['query', 'skip'], type: 'greater_than_equal' },
        { loc: ['query', 'limit'], type: 'less_than_equal' },
      ],
    ])
    expect(refusal(await call('GET', '/api/users/', { token: her }))).toEqual([403, 'Forbidden'])
  })

  it('get one more, whose address the superuser vouches for', async ({ expect }) => {
    const { status, body } = await make({ ...CLARA, is_superuser: true, is_active: false })
    expect([status, Object.keys(body as object)]).toEqual([201, USER_KEYS])
    expect(body).toMatchObject({
      email: CLARA.email,
      is_active: false,
      is_superuser: true,
      is_verified: true,
    })
    expect((await make({ ...CLARA, email: 'dora@example.org' })).body).toMatchObject({
      is_active: true,
      is_superuser: false,
    })
    expect((await login('dora@example.org')).status).toBe(200)
  })

  it('get none that is taken, weak, or made by somebody else', async ({ expect }) => {
    expect(refusal(await make({ ...CLARA, email: ann.email }))).toEqual([
      400,
      'REGISTER_USER_ALREADY_EXISTS',
    ])
    expect(refusal(await make({ ...CLARA, password: 'password123' }))).toMatchObject([
      400,
      { code: 'REGISTER_INVALID_PASSWORD' },
    ])
    expect(refusal(await make({}))).toMatchObject([
      422,
      [{ loc: ['body', 'email'] }, { loc: ['body', 'password'] }],
    ])
    expect(refusal(await call('POST', '/api/users/', { token: her, json: CLARA }))).toEqual([
      403,
      'Forbidden',
    ])
    expect(await world.count('users')).toBe(2)
  })
})

describe('a notification', () => {
  const send = (query: object, token = bosses) =>
    call('POST', `/send-notification?${new URLSearchParams({ ...query })}`, { token })
  const WORDS = { email: 'ann@example.org', message: 'The lamp is ready.\n<b>Come</b> & see.' }

  it('is mailed to whom an admin names, word for word', async ({ expect }) => {
    const { status, body } = await send(WORDS)
    expect([status, body]).toEqual([200, { message: 'Notification queued' }])
    await world.settle()
    const [mail] = world.outside.to(WORDS.email)
    expect(mail?.subject).toBe('A message from Studio Linden')
    expect(mail?.text).toContain(WORDS.message)
    expect(mail?.html).toContain('&lt;b&gt;Come&lt;/b&gt; &amp; see.')
    const [record] = (await world.rows('audit_log')).slice(-1)
    expect(record).toMatchObject({ action: 'mail.notify', entity_type: 'mail', actor_id: boss.id })
  })

  it('is sent at the address with the prefix too', async ({ expect }) => {
    const path = `/api/send-notification?${new URLSearchParams(WORDS)}`
    expect((await call('POST', path, { token: bosses })).status).toBe(200)
  })

  it('is sent by nobody else', async ({ expect }) => {
    expect(refusal(await send(WORDS, her))).toEqual([403, 'Forbidden'])
    expect(refusal(await call('POST', '/send-notification'))).toEqual([401, 'Unauthorized'])
    expect(await world.count('outbox')).toBe(0)
  })

  it('needs an address and words', async ({ expect }) => {
    const field = { type: 'missing', msg: 'Field required', input: null }
    expect(refusal(await send({}))).toEqual([
      422,
      [
        { ...field, loc: ['query', 'email'] },
        { ...field, loc: ['query', 'message'] },
      ],
    ])
    expect((await send({ ...WORDS, email: 'x' })).status).toBe(422)
    expect((await send({ ...WORDS, message: ' ' })).status).toBe(422)
    expect(await world.count('outbox')).toBe(0)
  })
})

describe('every answer', () => {
  it('says that the back end lives', async ({ expect }) => {
    const { status, body } = await call('GET', '/api/health')
    expect([status, JSON.stringify(body)]).toEqual([200, '{"status":"ok"}'])
  })

  it('says which request it is of and how long it took, to scripts too', async ({ expect }) => {
    const origin = 'http://localhost:4200'
    for (const [method, path, status] of [
      ['GET', '/api/health', 200],
      ['GET', '/api/users/me', 401],
      ['GET', '/no/such/address', 404],
      ['PUT', '/api/health', 405],
      ['POST', '/api/auth/register', 422],
    ] as const) {
      const { headers, ...answer } = await call(method, path, { headers: { origin } })
      expect(answer.status, path).toBe(status)
      expect(headers.get('x-trace-id')).toBe(headers.get('x-request-id'))
      expect(headers.get('x-process-time')).toMatch(/^[0-9]+$/)
      expect(headers.get('access-control-allow-origin')).toBe(origin)
      expect(headers.get('access-control-allow-credentials')).toBe('true')
      expect(headers.get('access-control-expose-headers')).toBe('x-trace-id, x-process-time')
    }
  })

  it('carries the name that the caller gave the request', async ({ expect }) => {
    const named = await call('GET', '/api/health', { headers: { 'x-trace-id': 'abc-123' } })
    expect(named.headers.get('x-trace-id')).toBe('abc-123')
    const { headers } = await call('GET', '/api/health', {
      headers: { 'x-trace-id': 'x'.repeat(129) },
    })
    expect(headers.get('x-trace-id')).toBe(headers.get('x-request-id'))
  })

  it('to what nobody serves is as short as the original', async ({ expect }) => {
    const lost = await call('GET', '/api/plans/tiers')
    expect([lost.status, lost.body]).toEqual([404, { detail: 'Not Found' }])
    const wrong = await call('PUT', '/api/auth/register')
    expect([wrong.status, wrong.body]).toEqual([405, { detail: 'Method Not Allowed' }])
    expect(wrong.headers.get('allow')).toBe('POST')
  })

  it('to what went wrong here is what the page shows with its trace id', async ({ expect }) => {
    world.faults.failAt(1, 'before')
    const { status, body, headers } = await call('GET', '/api/users/me', {
      token: her,
      headers: { 'x-trace-id': 'abc-123' },
    })
    expect([status, JSON.stringify(body)]).toEqual([
      500,
      JSON.stringify({
        status: 500,
        type: 'Exception',
        message: 'An unexpected error occurred. Please try again later.',
        debug: 'Contact admin for further info',
        extra: { trace_id: 'abc-123' },
        error: 'Internal server error',
        status_code: 500,
        path: `${MOUNT}/api/users/me`,
      }),
    ])
    expect(headers.get('x-trace-id')).toBe('abc-123')
  })
})
