import { beforeEach, describe, it } from 'vitest'
import { AUTH, mailedToken } from '../support/accounts.ts'
import { claimsOf, headerOf, refusal } from '../support/dialects.ts'
import { DAY, HOUR, MINUTE, nextSource } from '../support/factors.ts'
import { PASSWORD, type Person } from '../support/people.ts'
import { COOKIE, cookieOf, refused, restAngular, USER_KEYS } from '../support/rest-angular.ts'
import { newWorld, type World } from '../support/world.ts'

const OTHER = 'another good password'
const CLARA = { email: 'clara@example.org', password: PASSWORD }
const FIELD = { type: 'missing', msg: 'Field required' }

let world: World
let ann: Person
const { call, login, enter, tokenOf, mailed } = restAngular(() => world)

beforeEach(async () => {
  world = await newWorld({ REQUIRE_ADMIN_2FA: 'false' })
  ann = await world.person({ email: 'ann@example.org' })
})

const register = (json: object) => call('POST', '/api/auth/register', { json })
const forgot = (email: string) => call('POST', '/api/auth/forgot-password', { json: { email } })
const reset = (token: string, password = OTHER) =>
  call('POST', '/api/auth/reset-password', { json: { token, password } })
const ask = (email: string) => call('POST', '/api/auth/request-verify-token', { json: { email } })
const verify = (token: string) => call('POST', '/api/auth/verify', { json: { token } })
const me = (token: string) => call('GET', '/api/users/me', { token })
const withCookie = (line: string | undefined) => ({
  headers: { cookie: line?.split(';')[0] ?? '' },
})
const rowOf = async (email: string) =>
  (await world.rows('users')).find((row) => row.email === email) ?? {}
const mailsTo = async (to: string) => {
  await world.settle()
  return world.outside.to(to).map(({ subject }) => subject)
}

describe('registering', () => {
  it('makes an account with no rights, whatever flags come along', async ({ expect }) => {
    const { status, body } = await register({
      ...CLARA,
      email: 'Clara@Example.ORG',
      is_active: false,
      is_superuser: true,
      is_verified: true,
    })
    expect([status, Object.keys(body as object)]).toEqual([201, USER_KEYS])
    expect(body).toEqual({
      id: expect.stringMatching(/^[\da-f-]{36}$/),
      email: 'Clara@example.org',
      is_active: true,
      is_superuser: false,
      is_verified: false,
    })
    expect(await mailsTo('Clara@example.org')).toEqual([])
  })

  it('says that an address is taken', async ({ expect }) => {
    const { status, body } = await register({ ...CLARA, email: ann.email })
    expect(status).toBe(400)
    expect(JSON.stringify(body)).toBe(
      JSON.stringify(refused(400, 'REGISTER_USER_ALREADY_EXISTS', '/api/auth/register')),
    )
    expect(await world.count('users')).toBe(1)
  })

  it('says why a password will not do', async ({ expect }) => {
    for (const [password, reason] of [
      ['short', 'Must have 8 to 128 characters.'],
      ['x'.repeat(129), 'Must have 8 to 128 characters.'],
      ['password123', 'One of the most common passwords. Choose another.'],
      [CLARA.email, 'Must not be your address, your name or the name of this site.'],
    ]) {
      expect(refusal(await register({ ...CLARA, password }))).toEqual([
        400,
        { code: 'REGISTER_INVALID_PASSWORD', reason },
      ])
    }
    expect(await world.count('users')).toBe(1)
  })

  it('says what is wrong, field by field, as FastAPI does', async ({ expect }) => {
    const { status, body } = await register({ email: 'clara', is_active: 'perhaps' })
    expect([status, body]).toEqual([
      422,
      {
        detail: [
          {
            type: 'value_error',
            loc: ['body', 'email'],
            msg: 'value is not a valid email address: An email address must have an @-sign.',
            input: 'clara',
            ctx: { reason: 'An email address must have an @-sign.' },
          },
          { ...FIELD, loc: ['body', 'password'], input: { email: 'clara', is_active: 'perhaps' } },
          {
            type: 'bool_parsing',
            loc: ['body', 'is_active'],
            msg: 'Input should be a valid boolean, unable to interpret input',
            input: 'perhaps',
          },
        ],
      },
    ])
  })

  it('keeps its limit', async ({ expect }) => {
    const statuses: number[] = []
    for (let turn = 0; turn < 6; turn++) {
      const json = { ...CLARA, email: `c${turn}@example.org` }
      const from = '192.0.2.77'
      statuses.push((await call('POST', '/api/auth/register', { json, from })).status)
    }
    expect(statuses).toEqual([201, 201, 201, 201, 201, 429])
  })
})

describe('signing in', () => {
  it('gives a bearer token for an hour with what the page reads in it', async ({ expect }) => {
    const { status, body } = await login(ann.email)
    expect([status, Object.keys(body as object)]).toEqual([200, ['access_token', 'token_type']])
    const { access_token = '', token_type } = body as Record<string, string>
    expect(token_type).toBe('bearer')
    const claims = claimsOf(access_token)
    expect(claims).toMatchObject({
      sub: ann.id,
      aud: 'rest-angular',
      email: ann.email,
      name: ann.username,
      fullname: '',
      nameid: ann.id,
      role: ['user'],
    })
    expect(Number(claims.exp) - Number(claims.iat)).toBe(3600)
    expect(headerOf(access_token)).toMatchObject({ alg: 'HS256', typ: 'rest-angular+jwt' })
  })

  it('keeps the token in a cookie of the session that no script reads', async ({ expect }) => {
    const answer = await enter(ann.email)
    expect([answer.status, answer.body]).toEqual([204, ''])
    expect(cookieOf(answer)).toMatch(
      /^fastapiusersauth=[\w.-]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    )
    world.useSettings({ COOKIE_SAMESITE: 'none' })
    expect(cookieOf(await enter(ann.email))).toMatch(/; SameSite=None$/)
  })

  it('answers alike whatever is wrong', async ({ expect }) => {
    const banned = await world.person({ active: false })
    for (const path of ['/api/auth/jwt/login', '/api/auth/cookie/login']) {
      for (const [username, password] of [
        [ann.email, 'not the password'],
        ['nobody@example.org', PASSWORD],
        ['no address', PASSWORD],
        [banned.email, PASSWORD],
      ] as const) {
        const answer = await call('POST', path, { form: { username, password } })
        expect([answer.status, answer.body]).toEqual([
          400,
          refused(400, 'LOGIN_BAD_CREDENTIALS', path),
        ])
        expect(cookieOf(answer)).toBeUndefined()
      }
    }
  })

  it('says which field is missing', async ({ expect }) => {
    for (const path of ['/api/auth/jwt/login', '/api/auth/cookie/login']) {
      expect(refusal(await call('POST', path, { form: { username: ann.email } }))).toEqual([
        422,
        [{ ...FIELD, loc: ['body', 'password'], input: null }],
      ])
    }
  })

  it('does not let an account past its second factor', async ({ expect }) => {
    const guarded = await world.person({ totp: true })
    const before = await world.count('sessions')
    for (const answer of [await login(guarded.email), await enter(guarded.email)]) {
      expect(refusal(answer)).toEqual([400, 'LOGIN_SECOND_FACTOR_REQUIRED'])
    }
    expect(await world.count('sessions')).toBe(before)
  })

  it('keeps the limit, and says when to come back', async ({ expect }) => {
    const from = '192.0.2.77'
    for (let turn = 0; turn < 10; turn++) await login(`nobody${turn}@example.org`, 'x', { from })
    const { status, body, headers } = await login(ann.email, PASSWORD, { from })
    expect(status).toBe(429)
    expect(body).toEqual({
      status: 429,
      type: 'RateLimitException',
      message: 'Rate limit exceeded.',
      debug: 'Application error occurred',
      extra: { trace_id: headers.get('x-trace-id') },
      error: 'Rate limit exceeded.',
      status_code: 429,
      path: '/dialects/rest-angular/api/auth/jwt/login',
    })
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  })

  it('keeps the lockout', async ({ expect }) => {
    for (let turn = 0; turn < 20; turn++) await login(ann.email, `guess ${turn}`)
    expect(refusal(await login(ann.email))).toEqual([400, 'LOGIN_BAD_CREDENTIALS'])
    world.pass(16 * MINUTE)
    expect((await login(ann.email)).status).toBe(200)
  })
})

describe('a token', () => {
  const unauthorized = (path: string) => [401, refused(401, 'Unauthorized', path)]

  it('is asked for in the words of the original', async ({ expect }) => {
    for (const [method, path] of [
      ['GET', '/api/users/me'],
      ['PATCH', '/api/users/me'],
      ['GET', `/api/users/${ann.id}`],
      ['POST', '/api/auth/jwt/logout'],
      ['POST', '/api/auth/cookie/logout'],
      ['GET', '/profile'],
    ] as const) {
      const none = await call(method, path)
      expect([none.status, none.body]).toEqual(unauthorized(path))
      const wrong = await call(method, path, { token: 'nonsense' })
      expect([wrong.status, wrong.body]).toEqual(unauthorized(path))
    }
  })

  it('is over after an hour', async ({ expect }) => {
    const token = await tokenOf(ann)
    world.pass(HOUR - 1000)
    expect((await me(token)).status).toBe(200)
    world.pass(2000)
    expect(refusal(await me(token))).toEqual([401, 'Unauthorized'])
  })

  it('opens nothing once the account is deleted, banned or signed out', async ({ expect }) => {
    const [gone, banned, out] = [await world.person(), await world.person(), await world.person()]
    const tokens = [await tokenOf(gone), await tokenOf(banned), await tokenOf(out)]
    await world.as('admin').delete(`/api/v1/users/${gone.id}`)
    await world.as('admin').patch(`/api/v1/users/${banned.id}`, { body: { is_active: false } })
    await world.as(out).post(`${AUTH}/logout-all`)
    for (const token of tokens) expect(refusal(await me(token))).toEqual([401, 'Unauthorized'])
  })

  it('opens nothing of another dialect or of our own, nor theirs anything here', async ({
    expect,
  }) => {
    const token = await tokenOf(ann)
    const headers = { authorization: `Bearer ${token}` }
    const elsewhere = ['/api/v1/users/me', '/dialects/fastapi-template/api/v1/users/me']
    for (const path of elsewhere) {
      const { status } = await world.as('anonymous').get(path, { headers })
      expect([401, 403], path).toContain(status)
      const cookie = { cookie: `${COOKIE}=${token}` }
      expect([401, 403]).toContain(
        (await world.as('anonymous').get(path, { headers: cookie })).status,
      )
    }
    const template = await world
      .as('anonymous')
      .post('/dialects/fastapi-template/api/v1/login/access-token', {
        raw: new URLSearchParams({ username: ann.email, password: PASSWORD }),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      })
    const { access_token } = await template.json<{ access_token: string }>()
    for (const foreign of [ann.token, access_token]) {
      expect((await me(foreign)).status).toBe(401)
      const cookie = await call('GET', '/api/users/me', withCookie(`${COOKIE}=${foreign}`))
      expect(cookie.status).toBe(401)
    }
  })

  it('ends with one of the sessions that its owner sees', async ({ expect }) => {
    const token = await tokenOf(ann)
    await world.as(ann).delete(`${AUTH}/sessions/${claimsOf(token).sid}`)
    expect((await me(token)).status).toBe(401)
  })
})

describe('signing out', () => {
  it('ends the session of a bearer token, and no other', async ({ expect }) => {
    const [token, other] = [await tokenOf(ann), await tokenOf(ann)]
    const out = await call('POST', '/api/auth/jwt/logout', { token })
    expect([out.status, out.body]).toEqual([204, ''])
    expect((await me(token)).status).toBe(401)
    expect((await me(other)).status).toBe(200)
  })

  it('clears the cookie, and ends its session', async ({ expect }) => {
    const cookie = withCookie(cookieOf(await enter(ann.email)))
    expect((await call('GET', '/api/users/me', cookie)).body).toMatchObject({ email: ann.email })
    const out = await call('POST', '/api/auth/cookie/logout', cookie)
    expect([out.status, out.body]).toEqual([204, ''])
    expect(cookieOf(out)).toMatch(
      /^fastapiusersauth=; Max-Age=0; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    )
    expect((await call('GET', '/api/users/me', cookie)).status).toBe(401)
  })

  it('means the cookie or the header by its address, where both come', async ({ expect }) => {
    for (const [path, ends] of [
      ['/api/auth/jwt/logout', 'token'],
      ['/api/auth/cookie/logout', 'cookie'],
    ] as const) {
      const token = await tokenOf(ann)
      const cookie = withCookie(cookieOf(await enter(ann.email)))
      expect((await call('POST', path, { token, ...cookie })).status).toBe(204)
      expect((await me(token)).status, path).toBe(ends === 'token' ? 401 : 200)
      expect((await call('GET', '/api/users/me', cookie)).status, path).toBe(
        ends === 'cookie' ? 401 : 200,
      )
    }
  })
})

describe('the cookie', () => {
  const EVIL = 'https://evil.example.org'
  const PAGE = 'http://localhost:4200'

  it('counts for pages that may call, and for no other', async ({ expect }) => {
    const { headers } = withCookie(cookieOf(await enter(ann.email)))
    const change = (origin: string) =>
      call('PATCH', '/api/users/me', {
        json: { email: 'stolen@example.org' },
        headers: { ...headers, origin },
      })
    expect((await change(EVIL)).status).toBe(401)
    expect((await change('null')).status).toBe(401)
    expect(await world.count('users')).toBe(1)
    expect((await rowOf(ann.email)).uid).toBe(ann.id)
    expect((await change(PAGE)).status).toBe(200)
  })

  it('is given to no page that may not call', async ({ expect }) => {
    const before = await world.count('sessions')
    const answer = await enter(ann.email, PASSWORD, { headers: { origin: EVIL } })
    expect(refusal(answer)).toEqual([403, 'Forbidden'])
    expect(cookieOf(answer)).toBeUndefined()
    expect(await world.count('sessions')).toBe(before)
  })

  it('counts for nobody where any page may call', async ({ expect }) => {
    const { headers } = withCookie(cookieOf(await enter(ann.email)))
    world.useSettings({ DIALECT_ORIGINS: 'rest-angular=*' })
    const from = { headers: { ...headers, origin: PAGE } }
    expect((await call('GET', '/api/users/me', from)).status).toBe(401)
  })
})

describe('a forgotten password', () => {
  it('is answered alike for everybody, and mailed to whom it concerns', async ({ expect }) => {
    const banned = await world.person({ active: false })
    for (const email of [ann.email, 'nobody@example.org', banned.email]) {
      const { status, body } = await forgot(email)
      expect([status, body]).toEqual([202, null])
    }
    expect(await mailsTo(ann.email)).toEqual(['Choose a new password'])
    expect(world.outside.mails).toHaveLength(1)
    expect(await mailed(ann.email, 'reset-password')).toMatch(/^[\w-]{43}$/)
  })

  it('leads to the first origin of the dialect', async ({ expect }) => {
    world.useSettings({ DIALECT_ORIGINS: 'rest-angular=http://app.linden.test,http://b.test' })
    await forgot(ann.email)
    await world.settle()
    expect(world.outside.to(ann.email)[0]?.text).toContain(
      'http://app.linden.test/auth/reset-password#token=',
    )
  })

  it('is replaced once, and signs out everywhere', async ({ expect }) => {
    const old = await tokenOf(ann)
    await forgot(ann.email)
    const token = await mailed(ann.email, 'reset-password')
    const done = await reset(token)
    expect([done.status, done.body]).toEqual([200, null])
    const again = await reset(token)
    expect([again.status, again.body]).toEqual([
      400,
      refused(400, 'RESET_PASSWORD_BAD_TOKEN', '/api/auth/reset-password'),
    ])
    expect((await me(old)).status).toBe(401)
    expect((await login(ann.email)).status).toBe(400)
    expect((await login(ann.email, OTHER)).status).toBe(200)
  })

  it('is not replaced by a weak one, and the link stays', async ({ expect }) => {
    await forgot(ann.email)
    const token = await mailed(ann.email, 'reset-password')
    for (const weak of ['short', 'password123', ann.email]) {
      expect(refusal(await reset(token, weak))).toEqual([
        400,
        { code: 'RESET_PASSWORD_INVALID_PASSWORD', reason: expect.any(String) },
      ])
    }
    expect(refusal(await reset('nonsense', 'short'))).toEqual([400, 'RESET_PASSWORD_BAD_TOKEN'])
    expect((await reset(token)).status).toBe(200)
  })

  it('is not replaced by a token that is over, of somebody banned or of another API', async ({
    expect,
  }) => {
    await forgot(ann.email)
    const late = await mailed(ann.email, 'reset-password')
    world.pass(30 * MINUTE + 1000)
    await world.as('anonymous').post(`${AUTH}/password/forgot`, { body: { email: ann.email } })
    const foreign = await mailedToken(world, ann.email)
    const ben = await world.person({ email: 'ben@example.org' })
    await forgot(ben.email)
    const banned = await mailed(ben.email, 'reset-password')
    await world.as('admin').patch(`/api/v1/users/${ben.id}`, { body: { is_active: false } })
    for (const token of [late, foreign, banned, '', await tokenOf(ann)]) {
      expect(refusal(await reset(token))).toEqual([400, 'RESET_PASSWORD_BAD_TOKEN'])
    }
  })

  it('is asked for with an address', async ({ expect }) => {
    for (const path of ['/api/auth/forgot-password', '/api/auth/request-verify-token']) {
      expect(refusal(await call('POST', path, { json: {} }))).toEqual([
        422,
        [{ ...FIELD, loc: ['body', 'email'], input: {} }],
      ])
      expect((await call('POST', path, { json: { email: 'no address' } })).status).toBe(422)
    }
  })
})

describe('proving an address', () => {
  it('is answered alike for everybody, and mailed where the proof is missing', async ({
    expect,
  }) => {
    await register(CLARA)
    const banned = await world.person({ active: false, verified: false })
    for (const email of [CLARA.email, ann.email, banned.email, 'nobody@example.org']) {
      const { status, body } = await ask(email)
      expect([status, body]).toEqual([202, null])
    }
    expect(await mailsTo(CLARA.email)).toEqual(['Confirm your address'])
    expect(world.outside.mails).toHaveLength(1)
  })

  it('shows the account, and says so to whoever comes again', async ({ expect }) => {
    await register(CLARA)
    await ask(CLARA.email)
    const token = await mailed(CLARA.email, 'verify')
    const { status, body } = await verify(token)
    expect([status, Object.keys(body as object)]).toEqual([200, USER_KEYS])
    expect(body).toMatchObject({ email: CLARA.email, is_verified: true, is_active: true })
    const again = await verify(token)
    expect([again.status, again.body]).toEqual([
      400,
      refused(400, 'VERIFY_USER_ALREADY_VERIFIED', '/api/auth/verify'),
    ])
    expect((await login(CLARA.email)).status).toBe(200)
    const own = { body: { identifier: CLARA.email, password: PASSWORD } }
    expect((await world.as('anonymous').post(`${AUTH}/login`, own)).status).toBe(200)
  })

  it('takes no token that is wrong, over, of a reset or of our own API', async ({ expect }) => {
    await register(CLARA)
    await ask(CLARA.email)
    const late = await mailed(CLARA.email, 'verify')
    world.pass(DAY + 1000)
    await forgot(CLARA.email)
    const forReset = await mailed(CLARA.email, 'reset-password')
    await world
      .as('anonymous')
      .post(`${AUTH}/verify-email/resend`, { body: { email: CLARA.email } })
    const foreign = await mailedToken(world, CLARA.email)
    for (const token of ['', 'nonsense', late, forReset, foreign, await tokenOf(CLARA)]) {
      expect(refusal(await verify(token))).toEqual([400, 'VERIFY_USER_BAD_TOKEN'])
    }
    expect((await rowOf(CLARA.email)).verified_at).toBeNull()
  })

  it('is not done for another address than the link was mailed to', async ({ expect }) => {
    await register(CLARA)
    await ask(CLARA.email)
    const token = await mailed(CLARA.email, 'verify')
    const moved = await call('PATCH', '/api/users/me', {
      token: await tokenOf(CLARA),
      json: { email: 'moved@example.org' },
    })
    expect(moved.body).toMatchObject({ email: 'moved@example.org', is_verified: false })
    expect(refusal(await verify(token))).toEqual([400, 'VERIFY_USER_BAD_TOKEN'])
  })

  it('makes no admin of whoever claimed the address first', async ({ expect }) => {
    await register(CLARA)
    await ask(CLARA.email)
    const token = await mailed(CLARA.email, 'verify')
    const body = { email: CLARA.email, role: 'admin' }
    await world.as('admin').post('/api/v1/users', { body })
    expect(refusal(await verify(token))).toEqual([400, 'VERIFY_USER_BAD_TOKEN'])
    expect((await login(CLARA.email)).status).toBe(400)
  })

  it('is counted once of many who come at once', async ({ expect }) => {
    await register(CLARA)
    await ask(CLARA.email)
    const token = await mailed(CLARA.email, 'verify')
    const answers = await Promise.all([1, 2, 3].map(() => verify(token)))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400, 400])
    const records = (await world.rows('audit_log')).filter(({ action }) => action === 'auth.verify')
    expect(records).toHaveLength(1)
  })

  it('is mailed three times an hour at most', async ({ expect }) => {
    await register(CLARA)
    for (let turn = 0; turn < 5; turn++) expect((await ask(CLARA.email)).status).toBe(202)
    expect(await mailsTo(CLARA.email)).toHaveLength(3)
  })
})

describe('a whole journey', () => {
  it('goes from the registration to an account that is gone from every browser', async ({
    expect,
  }) => {
    expect((await register(CLARA)).status).toBe(201)
    await ask(CLARA.email)
    expect((await verify(await mailed(CLARA.email, 'verify'))).status).toBe(200)
    const token = await tokenOf(CLARA)
    const cookie = withCookie(cookieOf(await enter(CLARA.email, PASSWORD, { from: nextSource() })))
    expect((await me(token)).body).toEqual((await call('GET', '/api/users/me', cookie)).body)
    const moved = await call('PATCH', '/api/users/me', {
      ...cookie,
      json: { email: 'clara.two@example.org' },
    })
    expect(moved.body).toMatchObject({ email: 'clara.two@example.org' })
    await forgot('clara.two@example.org')
    await reset(await mailed('clara.two@example.org', 'reset-password'))
    expect((await me(token)).status).toBe(401)
    expect((await call('GET', '/api/users/me', cookie)).status).toBe(401)
    const last = await tokenOf({ email: 'clara.two@example.org' }, OTHER)
    expect((await me(last)).body).toMatchObject({ is_verified: true })
    expect((await call('POST', '/api/auth/jwt/logout', { token: last })).status).toBe(204)
    expect((await me(last)).status).toBe(401)
    expect((await rowOf('clara.two@example.org')).verified_at).not.toBeNull()
  })
})
