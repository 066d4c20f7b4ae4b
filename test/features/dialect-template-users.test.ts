import { beforeEach, describe, it } from 'vitest'
import { AUTH } from '../support/accounts.ts'
import { refusal, template } from '../support/dialects.ts'
import { nextSource } from '../support/factors.ts'
import { PASSWORD, type Person } from '../support/people.ts'
import { newWorld, type World } from '../support/world.ts'

const OTHER = 'another good password'
const NOBODYS = '0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10'
const KEYS = ['email', 'is_active', 'is_superuser', 'full_name', 'id', 'created_at']
const HOUR = 3_600_000

let world: World
let ann: Person
let ben: Person
let boss: Person
let her: string
let his: string
let bosses: string
const { call, login, tokenOf } = template(() => world)

beforeEach(async () => {
  world = await newWorld({ REQUIRE_ADMIN_2FA: 'false', RATE_LIMIT_SCALE: '100' })
  boss = await world.person({ email: 'boss@example.org', role: 'admin', totp: false })
  ann = await world.person({ email: 'ann@example.org' })
  ben = await world.person({ email: 'ben@example.org' })
  her = await tokenOf(ann)
  his = await tokenOf(ben)
  bosses = await tokenOf(boss)
})

const TOO_SHORT = (field: string, input: string) => ({
  type: 'string_too_short',
  loc: ['body', field],
  msg: 'String should have at least 8 characters',
  input,
  ctx: { min_length: 8 },
})
const mailsTo = async (to: string) => {
  await world.settle()
  return world.outside.to(to).map(({ subject }) => subject)
}
const accountOf = async (email: string) =>
  (await world.rows('users')).find((row) => row.email === email) ?? {}

describe('signing up', () => {
  const signUp = (json: object, from = nextSource()) =>
    call('POST', '/users/signup', { json, from })
  const CLARA = { email: 'Clara@Example.ORG', password: PASSWORD, full_name: 'Clara' }

  it('makes an account that is open at once, and mails nobody', async ({ expect }) => {
    const { status, body } = await signUp({ ...CLARA, is_superuser: true, is_active: false })
    expect(status).toBe(200)
    expect(Object.keys(body as object)).toEqual(KEYS)
    expect(body).toMatchObject({
      email: 'Clara@example.org',
      is_active: true,
      is_superuser: false,
      full_name: 'Clara',
      created_at: '2026-05-04T09:30:00Z',
    })
    expect((await login('clara@example.org')).status).toBe(200)
    expect(await mailsTo('Clara@example.org')).toEqual([])
    expect((await accountOf('Clara@example.org')).verified_at).toBeNull()
  })

  it('opens nothing of our own API before the mailbox is proven', async ({ expect }) => {
    await signUp(CLARA)
    const body = { identifier: CLARA.email, password: PASSWORD }
    expect((await world.as('anonymous').post(`${AUTH}/login`, { body })).status).toBe(401)
  })

  it('says that an address is taken', async ({ expect }) => {
    await signUp(CLARA)
    const taken = [400, 'The user with this email already exists in the system']
    expect(refusal(await signUp(CLARA))).toEqual(taken)
    expect(refusal(await signUp({ ...CLARA, email: 'clara@example.org' }))).toEqual(taken)
    expect(refusal(await signUp({ ...CLARA, email: ann.email }))).toEqual(taken)
    expect(await world.count('users')).toBe(4)
  })

  it('says what is wrong, field by field', async ({ expect }) => {
    const json = { email: 'clara', password: 'weak', full_name: 7 }
    expect(refusal(await signUp(json))).toEqual([
      422,
      [
        {
          type: 'value_error',
          loc: ['body', 'email'],
          msg: 'value is not a valid email address: An email address must have an @-sign.',
          input: 'clara',
          ctx: { reason: 'An email address must have an @-sign.' },
        },
        TOO_SHORT('password', 'weak'),
        {
          type: 'string_type',
          loc: ['body', 'full_name'],
          msg: 'Input should be a valid string',
          input: 7,
        },
      ],
    ])
    const long = await signUp({ ...CLARA, password: 'x'.repeat(129) })
    expect(refusal(long)).toMatchObject([
      422,
      [{ type: 'string_too_long', ctx: { max_length: 128 } }],
    ])
  })

  it('refuses a password that everybody guesses first', async ({ expect }) => {
    expect(refusal(await signUp({ ...CLARA, password: 'password123' }))).toMatchObject([
      422,
      [
        {
          type: 'value_error',
          loc: ['body', 'password'],
          msg: 'Value error, One of the most common passwords. Choose another.',
        },
      ],
    ])
  })

  it('keeps the limit of registrations', async ({ expect }) => {
    world.useSettings({ RATE_LIMIT_SCALE: '1' })
    const statuses: number[] = []
    for (let turn = 0; turn < 6; turn++) {
      statuses.push(
        (await signUp({ ...CLARA, email: `c${turn}@example.org` }, '192.0.2.77')).status,
      )
    }
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429])
  })

  it('keeps an account that is used though nobody proves it, and no other', async ({ expect }) => {
    await signUp(CLARA)
    await signUp({ ...CLARA, email: 'unused@example.org' })
    await login(CLARA.email)
    world.pass(31 * 24 * HOUR)
    await world.runCron('17 3 * * *')
    const emails = (await world.rows('users')).map((row) => row.email)
    expect(emails).toContain('Clara@example.org')
    expect(emails).not.toContain('unused@example.org')
  })

  it('never makes an admin of whoever claimed an address first', async ({ expect }) => {
    await signUp(CLARA)
    const token = await tokenOf(CLARA)
    const body = { email: CLARA.email, role: 'admin' }
    await world.as('admin').post('/api/v1/users', { body })
    expect(refusal(await call('GET', '/users/', { token }))).toEqual([
      403,
      "The user doesn't have enough privileges",
    ])
    expect((await login(CLARA.email)).status).toBe(400)
  })

  it('is won by one of many who come at once', async ({ expect }) => {
    const answers = await Promise.all([1, 2, 3, 4].map(() => signUp(CLARA)))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400, 400, 400])
    expect(await world.count('users')).toBe(4)
  })
})

describe('your own account', () => {
  const me = { token: '' }
  beforeEach(() => {
    me.token = her
  })

  it('is shown with exactly the keys of the original', async ({ expect }) => {
    const { status, body } = await call('GET', '/users/me', me)
    expect([status, Object.keys(body as object)]).toEqual([200, KEYS])
    expect(body).toMatchObject({ id: ann.id, email: ann.email, is_superuser: false })
  })

  it('takes a new name, or none', async ({ expect }) => {
    expect(
      (await call('PATCH', '/users/me', { ...me, json: { full_name: 'Ann Miller' } })).body,
    ).toMatchObject({
      full_name: 'Ann Miller',
      email: ann.email,
    })
    expect((await call('PATCH', '/users/me', { ...me, json: {} })).body).toMatchObject({
      full_name: 'Ann Miller',
    })
    expect(
      (await call('PATCH', '/users/me', { ...me, json: { full_name: null } })).body,
    ).toMatchObject({ full_name: null })
  })

  it('takes a new address at once, and tells the old one', async ({ expect }) => {
    const changed = await call('PATCH', '/users/me', {
      ...me,
      json: { email: 'ann.new@example.org' },
    })
    expect([changed.status, changed.body]).toMatchObject([200, { email: 'ann.new@example.org' }])
    expect(await mailsTo(ann.email)).toEqual(['Your address was changed'])
    expect(await mailsTo('ann.new@example.org')).toEqual([])
    expect((await login('ann.new@example.org')).status).toBe(200)
    expect((await login(ann.email)).status).toBe(400)
    // Nobody has proven it, so it opens nothing of ours.
    expect((await accountOf('ann.new@example.org')).verified_at).toBeNull()
  })

  it('takes no address that somebody has', async ({ expect }) => {
    const json = { email: ben.email.toUpperCase(), full_name: 'Not this either' }
    expect(refusal(await call('PATCH', '/users/me', { ...me, json }))).toEqual([
      409,
      'User with this email already exists',
    ])
    expect((await accountOf(ann.email)).full_name).toBeNull()
    expect(
      refusal(await call('PATCH', '/users/me', { ...me, json: { email: null } })),
    ).toMatchObject([422, [{ type: 'string_type' }]])
  })

  it('takes five new addresses an hour, so that nobody asks after many', async ({ expect }) => {
    world.useSettings({ RATE_LIMIT_SCALE: '1' })
    const statuses: number[] = []
    for (let turn = 0; turn < 6; turn++) {
      const json = { email: turn % 2 === 0 ? ben.email : `ann${turn}@example.org` }
      statuses.push((await call('PATCH', '/users/me', { ...me, json })).status)
    }
    expect(statuses).toEqual([409, 200, 409, 200, 409, 429])
    expect((await call('PATCH', '/users/me', { ...me, json: { full_name: 'Ann' } })).status).toBe(
      200,
    )
  })

  it('asks for a new sign-in before an address is changed a quarter of an hour later', async ({
    expect,
  }) => {
    world.pass(HOUR / 4 + 1000)
    const late = await call('PATCH', '/users/me', { ...me, json: { email: 'late@example.org' } })
    expect(late.status).toBe(403)
    expect((await call('PATCH', '/users/me', { ...me, json: { full_name: 'Ann' } })).status).toBe(
      200,
    )
    const again = { token: await tokenOf(ann), json: { email: 'late@example.org' } }
    expect((await call('PATCH', '/users/me', again)).status).toBe(200)
  })

  it('takes a new password, and only this browser stays signed in', async ({ expect }) => {
    const other = await tokenOf(ann)
    const json = { current_password: PASSWORD, new_password: OTHER }
    const changed = await call('PATCH', '/users/me/password', { ...me, json })
    expect([changed.status, changed.body]).toEqual([
      200,
      { message: 'Password updated successfully' },
    ])
    expect((await call('GET', '/users/me', me)).status).toBe(200)
    expect((await call('GET', '/users/me', { token: other })).status).toBe(403)
    expect([(await login(ann.email)).status, (await login(ann.email, OTHER)).status]).toEqual([
      400, 200,
    ])
  })

  it('refuses a password in the words of the original', async ({ expect }) => {
    const change = (current_password: string, new_password: string) =>
      call('PATCH', '/users/me/password', { ...me, json: { current_password, new_password } })
    expect(refusal(await change('not the password', OTHER))).toEqual([400, 'Incorrect password'])
    expect(refusal(await change('not the password', 'not the password'))).toEqual([
      400,
      'Incorrect password',
    ])
    expect(refusal(await change(PASSWORD, PASSWORD))).toEqual([
      400,
      'New password cannot be the same as the current one',
    ])
    expect(refusal(await change('short', 'weak'))).toEqual([
      422,
      [TOO_SHORT('current_password', 'short'), TOO_SHORT('new_password', 'weak')],
    ])
  })

  it('goes with all that is its own', async ({ expect }) => {
    await call('POST', '/items/', { ...me, json: { title: 'Hers' } })
    const gone = await call('DELETE', '/users/me', me)
    expect([gone.status, gone.body]).toEqual([200, { message: 'User deleted successfully' }])
    expect(refusal(await call('GET', '/users/me', me))).toEqual([404, 'User not found'])
    expect(await world.count('items')).toBe(0)
  })

  it('does not go where it is a superuser', async ({ expect }) => {
    const no = [403, 'Super users are not allowed to delete themselves']
    expect(refusal(await call('DELETE', '/users/me', { token: bosses }))).toEqual(no)
    expect(refusal(await call('DELETE', `/users/${boss.id}`, { token: bosses }))).toEqual(no)
  })
})

describe('all accounts', () => {
  const NEW = { email: 'new@example.org', password: PASSWORD }
  const make = (json: object, token = bosses) => call('POST', '/users/', { token, json })

  it('are listed newest first with their count', async ({ expect }) => {
    const emails = (list: { body: unknown }) =>
      (list.body as { data: { email: string }[] }).data.map(({ email }) => email)
    const all = await call('GET', '/users/', { token: bosses })
    expect(Object.keys(all.body as object)).toEqual(['data', 'count'])
    expect(emails(all)).toEqual([ben.email, ann.email, boss.email])
    const part = await call('GET', '/users/?skip=1&limit=1&unknown=1', { token: bosses })
    expect([emails(part), (part.body as { count: number }).count]).toEqual([[ann.email], 3])
    expect(emails(await call('GET', '/users/?limit=0', { token: bosses }))).toEqual([])
    expect(emails(await call('GET', '/users/?skip=100', { token: bosses }))).toEqual([])
  })

  it('are listed by whole numbers', async ({ expect }) => {
    expect(refusal(await call('GET', '/users/?skip=abc&limit=', { token: bosses }))).toEqual([
      422,
      ['skip', 'limit'].map((name) => ({
        type: 'int_parsing',
        loc: ['query', name],
        msg: 'Input should be a valid integer, unable to parse string as an integer',
        input: name === 'skip' ? 'abc' : '',
      })),
    ])
    expect(refusal(await call('GET', '/users/?skip=-1', { token: bosses }))).toMatchObject([
      422,
      [{ type: 'greater_than_equal' }],
    ])
  })

  it('are made by a superuser, whose mail carries no password', async ({ expect }) => {
    const made = await make({ ...NEW, full_name: 'Newcomer', is_superuser: 'no' })
    expect([made.status, made.body]).toMatchObject([
      200,
      { email: NEW.email, full_name: 'Newcomer', is_superuser: false },
    ])
    expect(await mailsTo(NEW.email)).toEqual([
      'Studio Linden - New account for user new@example.org',
    ])
    const [mail] = world.outside.to(NEW.email)
    expect(mail?.text).toContain('http://localhost:5173')
    expect(mail?.text + String(mail?.html)).not.toContain(PASSWORD)
    expect((await login(NEW.email)).status).toBe(200)
    expect((await world.rows('audit_log')).map((row) => row.action)).toContain('user.create')
  })

  it('may be superusers and inactive from the start', async ({ expect }) => {
    expect((await make({ ...NEW, is_superuser: true })).body).toMatchObject({ is_superuser: true })
    expect((await call('GET', '/users/', { token: await tokenOf(NEW) })).status).toBe(200)
    const banned = { ...NEW, email: 'banned@example.org', is_active: 0 }
    expect((await make(banned)).body).toMatchObject({ is_active: false })
    expect(refusal(await login(banned.email))).toEqual([400, 'Inactive user'])
  })

  it('are refused where the address is taken, with a full stop', async ({ expect }) => {
    expect(refusal(await make({ ...NEW, email: ann.email }))).toEqual([
      400,
      'The user with this email already exists in the system.',
    ])
    expect(await mailsTo(ann.email)).toEqual([])
    expect(refusal(await make({ email: 'x@example.org', is_active: 'maybe' }))).toMatchObject([
      422,
      [
        { type: 'bool_parsing', loc: ['body', 'is_active'] },
        { type: 'missing', loc: ['body', 'password'] },
      ],
    ])
  })

  it('are read by themselves and by superusers', async ({ expect }) => {
    expect(
      (await call('GET', `/users/${ann.id.toUpperCase().replaceAll('-', '')}`, { token: her }))
        .body,
    ).toMatchObject({ id: ann.id })
    expect((await call('GET', `/users/${ann.id}`, { token: bosses })).status).toBe(200)
    const no = [403, "The user doesn't have enough privileges"]
    expect(refusal(await call('GET', `/users/${ben.id}`, { token: her }))).toEqual(no)
    expect(refusal(await call('GET', `/users/${NOBODYS}`, { token: her }))).toEqual(no)
    expect(refusal(await call('GET', `/users/${NOBODYS}`, { token: bosses }))).toEqual([
      404,
      'User not found',
    ])
    expect(refusal(await call('GET', '/users/nobody', { token: bosses }))).toEqual([
      422,
      [
        {
          type: 'uuid_parsing',
          loc: ['path', 'user_id'],
          msg: 'Input should be a valid UUID, invalid character: found `n` at 1',
          input: 'nobody',
          ctx: { error: 'invalid character: found `n` at 1' },
        },
      ],
    ])
  })

  const change = (id: string, json: object, token = bosses) =>
    call('PATCH', `/users/${id}`, { token, json })

  it('are changed by a superuser as a whole', async ({ expect }) => {
    const json = {
      email: 'ann.two@example.org',
      full_name: 'Ann Two',
      is_superuser: false,
      is_active: true,
      password: OTHER,
    }
    expect((await change(ann.id, json)).body).toMatchObject({
      email: json.email,
      full_name: 'Ann Two',
    })
    expect((await mailsTo(ann.email)).toSorted()).toEqual([
      'Your address was changed',
      'Your password was changed',
    ])
    expect((await call('GET', '/users/me', { token: her })).status).toBe(403)
    expect([(await login(json.email)).status, (await login(json.email, OTHER)).status]).toEqual([
      400, 200,
    ])
    const actions = (await world.rows('audit_log')).map((row) => row.action)
    expect(actions).toEqual(expect.arrayContaining(['user.update', 'auth.password_change']))
    expect(JSON.stringify(await world.rows('audit_log'))).not.toContain('scrypt')
  })

  it('become superusers with the password they have, and signed out', async ({ expect }) => {
    expect((await change(ann.id, { is_superuser: true })).body).toMatchObject({
      is_superuser: true,
    })
    expect((await call('GET', '/users/me', { token: her })).status).toBe(403)
    expect((await call('GET', '/users/', { token: await tokenOf(ann) })).status).toBe(200)
    expect((await change(ann.id, { is_active: false })).body).toMatchObject({ is_active: false })
    expect(refusal(await login(ann.email))).toEqual([400, 'Inactive user'])
  })

  it('prove their mailbox first where nobody has, or are given a password', async ({ expect }) => {
    const [first, second] = ['first@example.org', 'second@example.org']
    for (const email of [first, second]) {
      await call('POST', '/users/signup', { json: { email, password: PASSWORD } })
    }
    const idOf = async (email: string) => String((await accountOf(email)).uid)
    await change(await idOf(first), { is_superuser: true })
    expect((await login(first)).status).toBe(400)
    await call('POST', `/password-recovery/${first}`)
    await world.settle()
    const token = /token=([\w-]{43})$/m.exec(world.outside.to(first).at(-1)?.text ?? '')?.[1]
    await call('POST', '/reset-password/', { json: { token, new_password: OTHER } })
    expect(
      (await call('GET', '/users/', { token: await tokenOf({ email: first }, OTHER) })).status,
    ).toBe(200)

    await change(await idOf(second), { is_superuser: true, password: OTHER })
    expect((await login(second)).status).toBe(400)
    expect(
      (await call('GET', '/users/', { token: await tokenOf({ email: second }, OTHER) })).status,
    ).toBe(200)
  })

  it('are refused in the words of the original', async ({ expect }) => {
    expect(refusal(await change(NOBODYS, { full_name: 'x' }))).toEqual([
      404,
      'The user with this id does not exist in the system',
    ])
    expect(refusal(await change(ann.id, { email: ben.email }))).toEqual([
      409,
      'User with this email already exists',
    ])
    expect(refusal(await change(ann.id, { password: 'weak' }))).toEqual([
      422,
      [TOO_SHORT('password', 'weak')],
    ])
    expect(refusal(await call('DELETE', `/users/${NOBODYS}`, { token: bosses }))).toEqual([
      404,
      'User not found',
    ])
  })

  it('keep their last superuser', async ({ expect }) => {
    expect((await change(boss.id, { is_superuser: false })).status).toBe(409)
    expect((await change(boss.id, { is_active: false })).status).toBe(409)
  })

  it('are deleted by a superuser who has just signed in', async ({ expect }) => {
    const gone = await call('DELETE', `/users/${ann.id}`, { token: bosses })
    expect([gone.status, gone.body]).toEqual([200, { message: 'User deleted successfully' }])
    world.pass(HOUR)
    expect((await call('DELETE', `/users/${ben.id}`, { token: bosses })).status).toBe(403)
    expect((await call('DELETE', `/users/${ben.id}`, { token: await tokenOf(boss) })).status).toBe(
      200,
    )
  })

  it('are no business of others', async ({ expect }) => {
    const no = [403, "The user doesn't have enough privileges"]
    expect(refusal(await call('GET', '/users/', { token: his }))).toEqual(no)
    expect(refusal(await make(NEW, his))).toEqual(no)
    expect(refusal(await change(ann.id, { is_superuser: true }, his))).toEqual(no)
    expect(refusal(await call('DELETE', `/users/${ann.id}`, { token: his }))).toEqual(no)
  })

  it('wait for an admin with a second factor where the owner wants one', async ({ expect }) => {
    world.useSettings({ REQUIRE_ADMIN_2FA: 'true' })
    const token = await tokenOf(boss)
    expect(refusal(await call('GET', '/users/', { token }))).toEqual([
      403,
      "The user doesn't have enough privileges",
    ])
    expect((await call('GET', '/users/me', { token })).body).toMatchObject({ is_superuser: false })
  })
})

describe('users for tests', () => {
  const json = { email: 'test@example.org', password: 'x', full_name: 'Test' }

  it('have any password, where tests run', async ({ expect }) => {
    const made = await call('POST', '/private/users/', { json })
    expect([made.status, Object.keys(made.body as object)]).toEqual([200, KEYS])
    expect((await login(json.email, 'x')).status).toBe(200)
    expect(
      refusal(await call('POST', '/private/users/', { json: { ...json, email: ben.email } })),
    ).toMatchObject([400, expect.any(String)])
  })

  it('are not made in production, where there is no such address', async ({ expect }) => {
    world.useSettings({
      ENVIRONMENT: 'production',
      DIALECTS: 'fastapi-template',
      API_ORIGIN: 'https://api.linden.studio',
      SITE_ORIGIN: 'https://www.linden.studio',
      PASSWORD_COST: 'strong',
      RATE_LIMIT_SCALE: '1',
    })
    const before = await world.count('users')
    for (const body of [json, {}]) {
      const lost = await call('POST', '/private/users/', { json: body })
      expect(refusal(lost)).toEqual([404, 'Not Found'])
    }
    expect(await world.count('users')).toBe(before)
  })
})
