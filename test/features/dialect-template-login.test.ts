import { env } from 'cloudflare:workers'
import { beforeEach, describe, it } from 'vitest'
import { mailedToken } from '../support/accounts.ts'
import { claimsOf, headerOf, LOGIN, refusal, template } from '../support/dialects.ts'
import { nextSource } from '../support/factors.ts'
import { PASSWORD, type Person } from '../support/people.ts'
import { newWorld, type World } from '../support/world.ts'

const OTHER = 'another good password'
const ALONE = { REQUIRE_ADMIN_2FA: 'false' }
const FIELD = { input: null, msg: 'Field required', type: 'missing' }

let world: World
let ann: Person
const { call, login, tokenOf } = template(() => world)

beforeEach(async () => {
  world = await newWorld(ALONE)
  ann = await world.person({ email: 'ann@example.org' })
})

const resetToken = async (to = ann.email) => {
  await world.settle()
  const mail = world.outside.to(to).findLast(({ html }) => html.includes('/reset-password?token='))
  return (
    /href="http:\/\/localhost:5173\/reset-password\?token=([\w-]+)"/.exec(mail?.html ?? '')?.[1] ??
    ''
  )
}
const recover = (email = ann.email, from = nextSource()) =>
  call('POST', `/password-recovery/${email}`, { from })
const reset = (token: string, new_password = OTHER) =>
  call('POST', '/reset-password/', { json: { token, new_password }, from: nextSource() })

describe('signing in to the template', () => {
  it('gives a bearer token for eight days that names the account', async ({ expect }) => {
    const { status, body, headers } = await login(ann.email)
    expect([status, Object.keys(body as object)]).toEqual([200, ['access_token', 'token_type']])
    const { access_token, token_type } = body as Record<string, string>
    expect(token_type).toBe('bearer')
    expect(headers.get('cache-control')).toBe('no-store')
    const claims = claimsOf(access_token ?? '')
    expect(claims).toMatchObject({ sub: ann.id, aud: 'fastapi-template' })
    expect(Number(claims.exp) - Number(claims.iat)).toBe(11_520 * 60)
    expect(headerOf(access_token ?? '')).toMatchObject({
      alg: 'HS256',
      typ: 'fastapi-template+jwt',
    })
  })

  it('shows who holds it', async ({ expect }) => {
    const { status, body } = await call('POST', '/login/test-token', { token: await tokenOf(ann) })
    expect(status).toBe(200)
    expect(JSON.stringify(body)).toBe(
      JSON.stringify({
        email: ann.email,
        is_active: true,
        is_superuser: false,
        full_name: null,
        id: ann.id,
        created_at: '2026-05-04T09:30:00Z',
      }),
    )
  })

  it('takes the form in both encodings and ignores what it does not know', async ({ expect }) => {
    const form = new FormData()
    const fields = {
      grant_type: 'password',
      username: ann.email,
      password: PASSWORD,
      scope: '',
      client_id: 'x',
    }
    for (const [name, value] of Object.entries(fields)) form.set(name, value)
    const mount = '/dialects/fastapi-template/api/v1'
    expect((await world.as('anonymous').post(mount + LOGIN, { raw: form })).status).toBe(200)
    expect((await call('POST', LOGIN, { form: fields })).status).toBe(200)
  })

  it('says which field is missing, as FastAPI says of forms', async ({ expect }) => {
    const all = [
      { ...FIELD, loc: ['body', 'username'] },
      { ...FIELD, loc: ['body', 'password'] },
    ]
    expect(refusal(await call('POST', LOGIN, { form: {} }))).toEqual([422, all])
    expect(
      refusal(await call('POST', LOGIN, { json: { username: ann.email, password: PASSWORD } })),
    ).toEqual([422, all])
    expect(
      refusal(await call('POST', LOGIN, { form: { username: ann.email, password: '' } })),
    ).toEqual([422, all.slice(1)])
    expect(
      refusal(
        await call('POST', LOGIN, { form: { grant_type: 'code', username: 'a', password: 'b' } }),
      ),
    ).toEqual([
      422,
      [
        {
          type: 'string_pattern_mismatch',
          loc: ['body', 'grant_type'],
          msg: "String should match pattern '^password$'",
          input: 'code',
          ctx: { pattern: '^password$' },
        },
      ],
    ])
  })

  it('answers a wrong password and an unknown address alike', async ({ expect }) => {
    const wrong = [400, 'Incorrect email or password']
    expect(refusal(await login(ann.email, 'not the password'))).toEqual(wrong)
    expect(refusal(await login('nobody@example.org'))).toEqual(wrong)
    expect(refusal(await login('no address'))).toEqual(wrong)
  })

  it('tells a banned account so, behind its right password only', async ({ expect }) => {
    const banned = await world.person({ active: false })
    expect(refusal(await login(banned.email))).toEqual([400, 'Inactive user'])
    expect(refusal(await login(banned.email, 'not the password'))).toEqual([
      400,
      'Incorrect email or password',
    ])
  })

  it('does not let an account past its second factor', async ({ expect }) => {
    const guarded = await world.person({ totp: true })
    const before = await world.count('sessions')
    expect(refusal(await login(guarded.email))).toEqual([
      400,
      'This account has a second factor, which this page cannot ask for.',
    ])
    expect(await world.count('sessions')).toBe(before)
  })

  it('keeps the limits of signing in, and says when to come back', async ({ expect }) => {
    const statuses: number[] = []
    for (let turn = 0; turn < 11; turn++)
      statuses.push((await login(`nobody${turn}@example.org`)).status)
    expect(statuses).toEqual([...Array(10).fill(400), 429])
    const last = await login(ann.email)
    expect(refusal(last)).toEqual([429, expect.any(String)])
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0)
  })

  it('keeps the lockout: a right password from a stranger is not looked at any more', async ({
    expect,
  }) => {
    for (let turn = 0; turn < 20; turn++)
      await login(ann.email, `guess ${turn}`, { from: nextSource() })
    expect(refusal(await login(ann.email, PASSWORD, { from: nextSource() }))).toEqual([
      400,
      'Incorrect email or password',
    ])
    world.pass(16 * 60_000)
    expect((await login(ann.email, PASSWORD, { from: nextSource() })).status).toBe(200)
  })

  it('notes who signed in, and who tried', async ({ expect }) => {
    await login(ann.email, 'not the password')
    await login(ann.email)
    const actions = (await world.rows('audit_log')).map((row) => row.action)
    expect(actions).toEqual(['auth.login_failed', 'auth.login'])
    expect((await world.rows('login_attempts')).map((row) => row.outcome)).toEqual([
      'wrong_password',
      'signed_in',
    ])
  })
})

describe('a token of the template', () => {
  const me = (token?: string) => call('GET', '/users/me', token === undefined ? {} : { token })

  it('is asked for in the words of the original', async ({ expect }) => {
    const none = await me()
    expect(refusal(none)).toEqual([401, 'Not authenticated'])
    expect(none.headers.get('www-authenticate')).toBe('Bearer')
    const basic = await call('GET', '/users/me', { headers: { authorization: 'Basic YTpi' } })
    expect(refusal(basic)).toEqual([401, 'Not authenticated'])
    expect(refusal(await me('nonsense'))).toEqual([403, 'Could not validate credentials'])
    const lower = await call('GET', '/users/me', {
      headers: { authorization: `bearer ${await tokenOf(ann)}` },
    })
    expect(lower.status).toBe(200)
  })

  it('is over after eight days', async ({ expect }) => {
    const token = await tokenOf(ann)
    world.pass(8 * 86_400_000 - 1000)
    expect((await me(token)).status).toBe(200)
    world.pass(2000)
    expect(refusal(await me(token))).toEqual([403, 'Could not validate credentials'])
  })

  it('tells a deleted from a banned account and a revoked session', async ({ expect }) => {
    const [gone, banned, revoked] = [
      await world.person(),
      await world.person(),
      await world.person(),
    ]
    const tokens = {
      gone: await tokenOf(gone),
      banned: await tokenOf(banned),
      revoked: await tokenOf(revoked),
    }
    await world.as('admin').delete(`/api/v1/users/${gone.id}`)
    await world.as('admin').patch(`/api/v1/users/${banned.id}`, { body: { is_active: false } })
    await world.as(revoked).post('/api/v1/auth/logout-all')
    expect(refusal(await me(tokens.gone))).toEqual([404, 'User not found'])
    expect(refusal(await me(tokens.banned))).toEqual([400, 'Inactive user'])
    expect(refusal(await me(tokens.revoked))).toEqual([403, 'Could not validate credentials'])
  })

  it('ends with one of the sessions that its owner sees', async ({ expect }) => {
    const token = await tokenOf(ann)
    const { sid } = claimsOf(token)
    const { data } = await (await world.as(ann).get('/api/v1/auth/sessions')).json<{
      data: { id: string }[]
    }>()
    expect(data.map(({ id }) => id)).toContain(sid)
    await world.as(ann).delete(`/api/v1/auth/sessions/${sid}`)
    expect(refusal(await me(token))).toEqual([403, 'Could not validate credentials'])
  })
})

describe('recovering a password', () => {
  const SENT = { message: 'If that email is registered, we sent a password recovery link' }

  it('mails a link with the subject and address of the original', async ({ expect }) => {
    expect(await recover()).toMatchObject({ status: 200, body: SENT })
    await world.settle()
    const [mail] = world.outside.to(ann.email)
    expect(mail?.subject).toBe('Studio Linden - Password recovery for user ann@example.org')
    expect(mail?.html).toMatch(/href="http:\/\/localhost:5173\/reset-password\?token=[\w-]{43}"/)
    expect(mail?.text).toMatch(/^http:\/\/localhost:5173\/reset-password\?token=[\w-]{43}$/m)
    expect(mail?.text).toContain('48 hours')
  })

  it('leads to the first origin of the dialect', async ({ expect }) => {
    world.useSettings({ DIALECT_ORIGINS: 'fastapi-template=http://app.linden.test,http://b.test' })
    await recover()
    await world.settle()
    expect(world.outside.to(ann.email)[0]?.text).toContain(
      'http://app.linden.test/reset-password?token=',
    )
  })

  it('answers alike and mails nobody else', async ({ expect }) => {
    for (const email of ['nobody@example.org', 'no-address', 'a%2Fb']) {
      expect(await recover(email)).toMatchObject({ status: 200, body: SENT })
    }
    await world.settle()
    expect(world.outside.mails).toEqual([])
  })

  it('changes the password once, signs out everywhere and lets in with the new one', async ({
    expect,
  }) => {
    const old = await tokenOf(ann)
    await recover()
    const token = await resetToken()
    expect(await reset(token)).toMatchObject({
      status: 200,
      body: { message: 'Password updated successfully' },
    })
    expect(refusal(await reset(token))).toEqual([400, 'Invalid token'])
    expect((await call('GET', '/users/me', { token: old })).status).toBe(403)
    expect((await login(ann.email)).status).toBe(400)
    expect((await login(ann.email, OTHER)).status).toBe(200)
  })

  it('refuses a token that is wrong, over or of another kind', async ({ expect }) => {
    await recover()
    const token = await resetToken()
    for (const wrong of ['invalidtoken', '', await tokenOf(ann)]) {
      expect(refusal(await reset(wrong))).toEqual([400, 'Invalid token'])
    }
    world.pass(48 * 3_600_000 - 60_000)
    const late = await env.DB.prepare('select count(*) as n from mailed_secrets').first<{
      n: number
    }>()
    expect(late?.n).toBe(1)
    world.pass(120_000)
    expect(refusal(await reset(token))).toEqual([400, 'Invalid token'])
  })

  it('takes no link of our own API, and ours takes none of its', async ({ expect }) => {
    await world.as('anonymous').post('/api/v1/auth/password/forgot', { body: { email: ann.email } })
    expect(refusal(await reset(await mailedToken(world, ann.email)))).toEqual([
      400,
      'Invalid token',
    ])
    await recover()
    const body = { token: await resetToken(), new_password: OTHER }
    const answer = await world.as('anonymous').post('/api/v1/auth/password/reset', { body })
    expect(answer.status).toBe(400)
    expect((await reset(body.token)).status).toBe(200)
  })

  it('is told by an account that was banned since', async ({ expect }) => {
    await recover()
    const token = await resetToken()
    await world.as('admin').patch(`/api/v1/users/${ann.id}`, { body: { is_active: false } })
    expect(refusal(await reset(token))).toEqual([400, 'Inactive user'])
  })

  it('says what is wrong with the new password', async ({ expect }) => {
    expect(refusal(await reset('x', 'short'))).toEqual([
      422,
      [
        {
          type: 'string_too_short',
          loc: ['body', 'new_password'],
          msg: 'String should have at least 8 characters',
          input: 'short',
          ctx: { min_length: 8 },
        },
      ],
    ])
  })

  it('proves the mailbox of an account that nobody had proven', async ({ expect }) => {
    const json = { email: 'new@example.org', password: PASSWORD }
    await call('POST', '/users/signup', { json })
    await recover(json.email)
    expect((await reset(await resetToken(json.email))).status).toBe(200)
    expect(
      (await world.rows('users')).find((row) => row.email === json.email)?.verified_at,
    ).not.toBeNull()
  })

  it('shows a superuser the mail, without a link that works', async ({ expect }) => {
    const admin = await world.person({ role: 'admin', totp: false })
    const token = await tokenOf(admin)
    const { status, body, headers } = await call(
      'POST',
      `/password-recovery-html-content/${ann.email}`,
      { token },
    )
    expect(status).toBe(200)
    expect(headers.get('content-type')).toContain('text/html')
    expect(headers.get('subject')).toBe(
      'Studio%20Linden%20-%20Password%20recovery%20for%20user%20ann@example.org',
    )
    expect(body).toContain('/reset-password?token=preview')
    expect(
      refusal(await call('POST', '/password-recovery-html-content/x@example.org', { token })),
    ).toEqual([404, 'The user with this username does not exist in the system.'])
    expect(await world.count('mailed_secrets')).toBe(0)
  })
})
