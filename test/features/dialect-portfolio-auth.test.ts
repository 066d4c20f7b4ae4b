import { beforeEach, describe, it } from 'vitest'
import { claimsOf, headerOf, refusal } from '../support/dialects.ts'
import { MINUTE, mailedCode, totpCode, wrongCode } from '../support/factors.ts'
import { PASSWORD, type Person } from '../support/people.ts'
import { type Body, portfolio } from '../support/portfolio.ts'
import { newWorld, type World } from '../support/world.ts'

let world: World
let ann: Person
beforeEach(async () => {
  world = await newWorld()
  ann = await world.person({ email: 'ann@example.org', username: 'annie' })
})

const { call, login, verify, enter, tokenOf, adminToken } = portfolio(() => world)

const WRONG = 'Incorrect email/username or password'
const USER_KEYS = [
  'email',
  'username',
  'full_name',
  'id',
  'is_active',
  'is_superuser',
  'email_2fa_enabled',
  'totp_enabled',
  'created_at',
  'last_login',
]

describe('signing in to the portfolio', () => {
  it('opens a session by address or username, and shows who it is', async ({ expect }) => {
    for (const identifier of ['ann@example.org', 'annie', 'ANNIE']) {
      const { status, body } = await login(identifier)
      expect(status).toBe(200)
      expect(Object.keys(body as Body)).toEqual([
        'access_token',
        'token_type',
        'requires_2fa',
        'temp_token',
        'user',
      ])
      expect(body).toMatchObject({ token_type: 'bearer', requires_2fa: false, temp_token: null })
      const { user } = body as { user: Body }
      expect(Object.keys(user)).toEqual([...USER_KEYS, 'profile'])
      expect(user).toMatchObject({
        email: 'ann@example.org',
        username: 'annie',
        id: expect.any(Number),
        is_superuser: false,
        created_at: '2026-05-04T09:30:00Z',
        last_login: '2026-05-04T09:30:00Z',
        profile: null,
      })
    }
  })

  it('takes the body of version 1, and refuses in its words', async ({ expect }) => {
    const by = (password: string) =>
      call('POST', '/auth/login', { json: { email: 'ann@example.org', password } })
    expect((await by(PASSWORD)).status).toBe(200)
    expect(refusal(await by('not the password'))).toEqual([401, 'Incorrect email or password'])
  })

  it('refuses a wrong pair alike, whatever is wrong in it', async ({ expect }) => {
    const unproven = await world.person({ verified: false })
    for (const [name, password] of [
      ['ann@example.org', 'not the password'],
      ['nobody@example.org', PASSWORD],
      [unproven.email, PASSWORD],
      ['', PASSWORD],
    ] as const) {
      expect(refusal(await login(name, password)), name).toEqual([401, WRONG])
    }
  })

  it('tells a banned account behind its right password only', async ({ expect }) => {
    const banned = await world.person({ active: false })
    expect(refusal(await login(banned.email))).toEqual([403, 'Inactive user'])
    expect(refusal(await login(banned.email, 'not the password'))).toEqual([401, WRONG])
  })

  it('says what is missing', async ({ expect }) => {
    const { status, body } = await call('POST', '/auth/login', { json: { password: 7 } })
    expect(status).toBe(422)
    expect(body).toEqual({
      detail: [
        {
          type: 'missing',
          loc: ['body', 'identifier'],
          msg: 'Field required',
          input: { password: 7 },
        },
        {
          type: 'string_type',
          loc: ['body', 'password'],
          msg: 'Input should be a valid string',
          input: 7,
        },
      ],
    })
  })

  it('is blocked after five wrong passwords, for the right one too', async ({ expect }) => {
    for (let turn = 0; turn < 5; turn++) {
      expect((await login(ann.email, 'not the password')).status).toBe(401)
    }
    const blocked = await login(ann.email)
    expect(refusal(blocked)).toEqual([
      429,
      'Too many failed login attempts. Please try again later.',
    ])
    expect(Number(blocked.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await login('ben@example.org')).status).toBe(401)
    world.pass(MINUTE)
    expect((await login(ann.email)).status).toBe(200)
  })

  it('gives a token of half an hour that says nothing of the person', async ({ expect }) => {
    const token = await tokenOf(ann)
    expect(headerOf(token)).toMatchObject({ alg: 'HS256', typ: 'portfolio+jwt' })
    const { iat, exp, ...claims } = claimsOf(token) as { iat: number; exp: number } & Body
    expect(exp - iat).toBe(1800)
    expect(claims).toMatchObject({ aud: 'portfolio', sub: ann.id })
    expect(JSON.stringify(claims)).not.toContain('@')
    world.pass(29 * MINUTE)
    expect((await call('GET', '/auth/me', { token })).status).toBe(200)
    world.pass(2 * MINUTE)
    expect(refusal(await call('GET', '/auth/me', { token }))).toEqual([
      401,
      'Could not validate credentials',
    ])
  })

  it('goes on for as long as the token is traded every 25 minutes', async ({ expect }) => {
    let token = await tokenOf(ann)
    for (let turn = 0; turn < 5; turn++) {
      world.pass(25 * MINUTE)
      const { status, body } = await call('POST', '/auth/refresh', { token, json: {} })
      expect(status).toBe(200)
      expect(body).toMatchObject({ requires_2fa: false, user: { username: 'annie' } })
      token = (body as { access_token: string }).access_token
    }
    world.pass(36 * MINUTE)
    expect((await call('POST', '/auth/refresh', { token, json: {} })).status).toBe(401)
  })
})

describe('a token of the portfolio', () => {
  it('is asked for, and refused in the words of the original', async ({ expect }) => {
    const without = await call('GET', '/auth/me')
    expect(refusal(without)).toEqual([401, 'Not authenticated'])
    expect(without.headers.get('www-authenticate')).toBe('Bearer')
    const wrong = await call('GET', '/auth/me', { token: 'nonsense' })
    expect(refusal(wrong)).toEqual([401, 'Could not validate credentials'])
    expect(wrong.headers.get('www-authenticate')).toBe('Bearer')
    const token = await tokenOf(ann)
    expect(refusal(await call('GET', '/messages/', { token }))).toEqual([
      403,
      'Not enough permissions',
    ])
    await world.as('admin').patch(`/api/v1/users/${ann.id}`, { body: { is_active: false } })
    expect(refusal(await call('GET', '/auth/me', { token }))).toEqual([403, 'Inactive user'])
    await world.as('admin').delete(`/api/v1/users/${ann.id}`)
    expect(refusal(await call('GET', '/auth/me', { token }))).toEqual([
      401,
      'Could not validate credentials',
    ])
  })

  it('ends with its session, which its owner sees and ends elsewhere', async ({ expect }) => {
    const token = await tokenOf(ann)
    const { sid } = claimsOf(token)
    const list = await world.as(ann).get('/api/v1/auth/sessions')
    expect((await list.json<{ data: Body[] }>()).data.map(({ id }) => id)).toContain(sid)
    await world.as(ann).delete(`/api/v1/auth/sessions/${sid}`)
    expect((await call('GET', '/auth/me', { token })).status).toBe(401)
  })

  it('opens nothing elsewhere, and tokens from elsewhere nothing here', async ({ expect }) => {
    const token = await tokenOf(ann)
    const headers = { authorization: `Bearer ${token}` }
    for (const path of ['/api/v1/users/me', '/dialects/fastapi-template/api/v1/users/me']) {
      const { status } = await world.as('anonymous').get(path, { headers })
      expect([401, 403], path).toContain(status)
    }
    expect((await call('GET', '/auth/me', { token: ann.token })).status).toBe(401)
  })
})

describe('the second factor', () => {
  it('is asked for, and its token opens nothing else', async ({ expect }) => {
    const admin = await world.admin()
    const { status, body } = await login(admin.email)
    expect([status, body]).toEqual([
      200,
      {
        access_token: '',
        token_type: 'bearer',
        requires_2fa: true,
        temp_token: expect.any(String),
        user: null,
        available_2fa_methods: ['totp', 'backup'],
      },
    ])
    const { temp_token } = body as { temp_token: string }
    for (const path of ['/auth/me', '/messages/']) {
      expect((await call('GET', path, { token: temp_token })).status).toBe(401)
    }
    expect(refusal(await verify(temp_token, wrongCode()))).toEqual([
      401,
      'Invalid verification code',
    ])
    const entered = await verify(temp_token, totpCode())
    expect([entered.status, entered.body]).toEqual([
      200,
      expect.objectContaining({ requires_2fa: false, temp_token: null }),
    ])
    expect(refusal(await verify(temp_token, totpCode()))).toEqual([401, 'Invalid or expired token'])
    expect(refusal(await verify('nonsense', totpCode()))).toEqual([401, 'Invalid or expired token'])
  })

  it('takes five tries and no more', async ({ expect }) => {
    const admin = await world.admin()
    const { temp_token } = (await login(admin.email)).body as { temp_token: string }
    for (let turn = 0; turn < 5; turn++) await verify(temp_token, wrongCode())
    expect((await verify(temp_token, totpCode())).status).toBe(401)
  })

  it('may be a code that is mailed with the sign-in, and once more', async ({ expect }) => {
    const clara = await world.person({ emailCodes: true })
    const { body } = await login(clara.email)
    expect(body).toMatchObject({ available_2fa_methods: ['email', 'backup'] })
    const { temp_token } = body as { temp_token: string }
    const first = await mailedCode(world, clara.email)
    const again = await call('POST', '/auth/request-email-code', { json: { temp_token } })
    expect([again.status, again.body]).toEqual([
      200,
      { message: 'Verification code sent to your email' },
    ])
    const second = await mailedCode(world, clara.email)
    expect((await verify(temp_token, first)).status).toBe(first === second ? 200 : 401)
    if (first !== second) expect((await verify(temp_token, second)).status).toBe(200)
    expect(
      refusal(await call('POST', '/auth/request-email-code', { json: { temp_token: 'x' } })),
    ).toEqual([401, 'Invalid or expired token'])
  })

  it('is either where an account has both', async ({ expect }) => {
    const dora = await world.person({ totp: true, emailCodes: true })
    const challenge = async () => {
      world.pass(MINUTE)
      return (await login(dora.email)).body as { temp_token: string }
    }
    const one = await challenge()
    expect((await verify(one.temp_token, totpCode())).status).toBe(200)
    const other = await challenge()
    expect((await verify(other.temp_token, await mailedCode(world, dora.email))).status).toBe(200)
  })
})

describe('an account that an admin makes', () => {
  const NEW = { email: 'ben@example.org', username: 'ben', password: 'a fine password' }
  const register = (token: string, more: Body = {}) =>
    call('POST', '/auth/register', { token, json: { ...NEW, ...more } })

  it('is there at once, and asks for a code by mail', async ({ expect }) => {
    const token = await adminToken()
    const { status, body } = await register(token, { full_name: 'Ben', is_superuser: true })
    expect(status).toBe(201)
    expect(Object.keys(body as Body)).toEqual(USER_KEYS)
    expect(body).toMatchObject({
      email: 'ben@example.org',
      username: 'ben',
      full_name: 'Ben',
      is_active: true,
      is_superuser: false,
      email_2fa_enabled: true,
      totp_enabled: false,
      last_login: null,
    })
    const { temp_token } = (await login('ben', NEW.password)).body as { temp_token: string }
    const entered = await verify(temp_token, await mailedCode(world, 'ben@example.org'))
    expect(entered.status).toBe(200)
    expect((await world.rows('audit_log')).map((row) => row.action)).toContain('user.create')
  })

  it('is refused in the words of the original', async ({ expect }) => {
    const token = await adminToken()
    await register(token)
    expect(refusal(await register(token, { username: 'other' }))).toEqual([
      400,
      'Email already registered',
    ])
    expect(refusal(await register(token, { email: 'other@example.org' }))).toEqual([
      400,
      'Username already taken',
    ])
    expect(
      await register(token, { email: 'c@example.org', username: 'cc1', password: 'password' }),
    ).toMatchObject({ status: 400, body: { detail: expect.stringContaining('common') } })
    const wrong = await register(token, { email: 'nobody', username: 'x', password: 'short' })
    expect(wrong.status).toBe(422)
    expect(wrong.body).toMatchObject({
      detail: [
        { loc: ['body', 'email'], type: 'value_error' },
        { loc: ['body', 'username'], type: 'string_too_short', ctx: { min_length: 3 } },
        {
          loc: ['body', 'password'],
          type: 'string_too_short',
          msg: 'String should have at least 8 characters',
        },
      ],
    })
    expect(refusal(await register(await tokenOf(ann)))).toEqual([403, 'Not enough permissions'])
  })
})

describe('one’s own security', () => {
  const change = (token: string, path: string, json: Body) =>
    call('POST', `/auth/${path}`, { token, json })

  it('gains an authenticator app and backup codes of the front end’s length', async ({
    expect,
  }) => {
    const token = await tokenOf(ann)
    expect(refusal(await change(token, 'verify-totp', { code: '123456' }))).toEqual([
      400,
      'TOTP not initialized',
    ])
    expect(refusal(await change(token, 'enable-totp', { password: 'wrong' }))).toEqual([
      401,
      'Incorrect password',
    ])
    const { status, body } = await change(token, 'enable-totp', { password: PASSWORD })
    expect(status).toBe(200)
    expect(Object.keys(body as Body)).toEqual(['secret', 'qr_code', 'backup_codes'])
    const { secret, qr_code, backup_codes } = body as {
      secret: string
      qr_code: string
      backup_codes: string[]
    }
    expect(secret).toMatch(/^[A-Z2-7]{32}$/)
    expect(qr_code).toMatch(/^data:image\/png;base64,iVBORw0KGgo/)
    expect(backup_codes).toHaveLength(10)
    for (const code of backup_codes) expect(code).toMatch(/^[A-Z2-7]{4}-[A-Z2-7]{4}$/)
    expect(JSON.stringify(await world.rows('totp_secrets'))).not.toContain(secret)

    expect(refusal(await change(token, 'verify-totp', { code: wrongCode(secret) }))).toEqual([
      401,
      'Invalid TOTP code',
    ])
    const { email } = ann
    expect((await login(email)).body).toMatchObject({ requires_2fa: false })
    const confirmed = await change(token, 'verify-totp', { code: totpCode(0, secret) })
    expect([confirmed.status, confirmed.body]).toEqual([
      200,
      { message: 'TOTP enabled successfully' },
    ])
    expect((await call('GET', '/auth/me', { token })).body).toMatchObject({ totp_enabled: true })

    const challenge = async () => {
      world.pass(MINUTE)
      return (await login(email)).body as { temp_token: string }
    }
    const [first = ''] = backup_codes
    expect((await verify((await challenge()).temp_token, first.toLowerCase())).status).toBe(200)
    expect((await verify((await challenge()).temp_token, first)).status).toBe(401)
    const last = await challenge()
    expect((await verify(last.temp_token, totpCode(0, secret))).status).toBe(200)

    const disabled = await change(token, 'disable-totp', { password: PASSWORD })
    expect([disabled.status, disabled.body]).toEqual([
      200,
      { message: 'TOTP disabled successfully' },
    ])
    expect((await change(token, 'disable-totp', { password: PASSWORD })).status).toBe(200)
    expect((await login(email)).body).toMatchObject({ requires_2fa: false })
  })

  it('has backup codes that outlive one change of the secret', async ({ expect }) => {
    const token = await tokenOf(ann)
    const { body } = await change(token, 'enable-totp', { password: PASSWORD })
    const { secret, backup_codes } = body as { secret: string; backup_codes: string[] }
    await change(token, 'verify-totp', { code: totpCode(0, secret) })
    const old = String(world.env.SECRET_KEY)
    world.useSettings({ SECRET_KEY: 'Zb6Yx1Wd8Vc3Ut5Sr0Qp7On2Ml9Kj4Ih', SECRET_KEY_PREVIOUS: old })
    const { temp_token } = (await login(ann.email)).body as { temp_token: string }
    expect((await verify(temp_token, backup_codes[1] ?? '')).status).toBe(200)
  })

  it('switches codes by mail on and off', async ({ expect }) => {
    const token = await tokenOf(ann)
    for (const [path, message, is] of [
      ['enable-email-2fa', 'Email 2FA enabled successfully', true],
      ['disable-email-2fa', 'Email 2FA disabled successfully', false],
    ] as const) {
      expect(refusal(await change(token, path, { password: 'wrong' }))).toEqual([
        401,
        'Incorrect password',
      ])
      const done = await change(token, path, { password: PASSWORD })
      expect([done.status, done.body]).toEqual([200, { message }])
      expect((await call('GET', '/auth/me', { token })).body).toMatchObject({
        email_2fa_enabled: is,
      })
    }
  })

  it('keeps an admin’s app, and gives an admin no codes by mail', async ({ expect }) => {
    const token = await adminToken()
    for (const path of ['disable-totp', 'enable-email-2fa']) {
      const { status, body } = await change(token, path, { password: PASSWORD })
      expect([status, body]).toEqual([409, { detail: expect.stringContaining('admin') }])
    }
  })

  it('takes a new password from who knows the old one, long after signing in', async ({
    expect,
  }) => {
    const dora = await world.person({ totp: true })
    const token = await tokenOf(dora)
    world.pass(20 * MINUTE)
    const to = (current_password: string, new_password: string) =>
      change(token, 'change-password', { current_password, new_password })
    expect(refusal(await to('wrong', 'another password'))).toEqual([
      401,
      'Incorrect current password',
    ])
    expect((await to(PASSWORD, 'short')).status).toBe(422)
    expect((await to(PASSWORD, PASSWORD)).status).toBe(400)
    const done = await to(PASSWORD, 'another password')
    expect([done.status, done.body]).toEqual([200, { message: 'Password changed successfully' }])
    expect((await login(dora.email)).status).toBe(401)
    expect((await enter(dora, 'another password')).requires_2fa).toBe(false)
  })

  it('lets an admin without an app enrol, and act from then on', async ({ expect }) => {
    const boss = await world.person({ role: 'admin', totp: false })
    const { access_token: token, user } = await enter(boss)
    expect(user).toMatchObject({ is_superuser: true })
    expect((await call('GET', '/messages/', { token })).status).toBe(403)
    const { body } = await change(token, 'enable-totp', { password: PASSWORD })
    const { secret } = body as { secret: string }
    await change(token, 'verify-totp', { code: totpCode(0, secret) })
    expect((await call('GET', '/messages/', { token })).status).toBe(200)
  })
})
