import { env } from 'cloudflare:workers'
import { beforeEach, describe, it } from 'vitest'
import {
  AUTH,
  beforeCall,
  call,
  comparable,
  GENEROUS,
  mailed,
  mailedToken,
  signIn,
  statusOf,
  type TokenBody,
  toSignedIn,
} from '../support/accounts.ts'
import { PASSWORD } from '../support/people.ts'
import { newWorld, type World } from '../support/world.ts'

const EMAIL = 'Ann@example.org'
const OTHER = 'a quite different one'
const ANN = { email: EMAIL, password: PASSWORD, username: 'Ann', full_name: 'Ann Linden' }

let world: World
beforeEach(async () => {
  world = await newWorld(GENEROUS)
})

const login = (identifier: string, password = PASSWORD) =>
  call(world, '/login', { identifier, password })

describe('a new account', () => {
  it('works once its mailbox is proven, with the password that came with the proof', async ({
    expect,
  }) => {
    const answer = await call(world, '/register', ANN)
    expect([answer.status, await answer.json()]).toEqual([202, { status: 'accepted' }])
    expect((await login(EMAIL)).status).toBe(401)
    const token = await mailedToken(world, EMAIL)
    const [mail] = world.outside.to(EMAIL)
    expect(mail?.text).toContain(`http://localhost:5173/verify-email#token=${token}`)
    const proven = await call(world, '/verify-email', { token, password: OTHER })
    expect(proven.status).toBe(200)
    const body = await proven.json<TokenBody>()
    expect(body).toMatchObject({
      token_type: 'bearer',
      expires_in: 600,
      refresh_token: expect.stringMatching(/^[\w-]{43}$/),
      user: {
        email: EMAIL,
        username: 'Ann',
        full_name: 'Ann Linden',
        role: 'user',
        is_active: true,
        is_verified: true,
      },
    })
    expect(await statusOf(world, toSignedIn(body))).toBe(200)
    expect((await login(EMAIL, OTHER)).status).toBe(200)
    expect((await login(EMAIL)).status).toBe(401)
  })

  it('is told in the mail alone that its username is taken', async ({ expect }) => {
    await world.person({ username: 'ANN' })
    const [free, taken] = await Promise.all([
      call(world, '/register', { ...ANN, email: 'bob@example.org', username: 'bob' }),
      call(world, '/register', ANN),
    ])
    expect(await taken.text()).toBe(await free.text())
    const token = await mailedToken(world, EMAIL)
    expect(world.outside.to(EMAIL)[0]?.text).toContain('is taken')
    expect(world.outside.to('bob@example.org')[0]?.text).not.toContain('is taken')
    const proven = await call(world, '/verify-email', { token, password: PASSWORD })
    expect(await proven.json()).toMatchObject({ user: { username: null } })
  })

  it('that exists is told so by mail, and stays as it is', async ({ expect }) => {
    await world.person({ email: 'ann@EXAMPLE.org' })
    const before = await world.rows('users')
    expect((await call(world, '/register', ANN)).status).toBe(202)
    await world.deliver()
    expect(await mailed(world)).toEqual(['auth.already_registered ann@EXAMPLE.org'])
    expect(world.outside.to('ann@EXAMPLE.org')).toHaveLength(1)
    expect(await world.rows('users')).toEqual(before)
  })
})

describe('an account that nobody proves', () => {
  it('is deleted after thirty days, when no link can prove it any more', async ({ expect }) => {
    await world.person({ email: 'gone@example.org', verified: false })
    await world.person({ email: 'real@example.org' })
    world.pass(30 * 86_400_000 + 1)
    await call(world, '/register', { email: 'new@example.org', password: PASSWORD })
    await world.as('admin').post('/api/v1/users', { body: { email: 'eve@example.org' } })
    const left = async () => {
      await world.runCron('17 3 * * *')
      return (await world.rows('users')).map((row) => row.email)
    }
    const others = ['real@example.org', 'new@example.org', 'admin@linden.test', 'eve@example.org']
    expect(await left()).toEqual(others)
    world.pass(31 * 86_400_000)
    expect(await left()).toEqual(['real@example.org', 'admin@linden.test'])
  })
})

describe('signing in', () => {
  it('takes the address or the username, in any letter case', async ({ expect }) => {
    await world.person({ email: EMAIL, username: 'Ann.Linden' })
    for (const name of [
      'Ann@example.org',
      'ann@example.org',
      'ANN@EXAMPLE.ORG',
      'Ann.Linden',
      'ann.linden',
      'ANN.LINDEN',
    ]) {
      expect((await login(name)).status, name).toBe(200)
    }
    for (const name of ['ann', ' ann.linden', 'ann.linden ', 'ann@example.or', '%', "' or 1=1--"]) {
      expect((await login(name)).status, name).toBe(401)
    }
  })

  it('does not take a look-alike letter for the letter', async ({ expect }) => {
    await world.person({ email: 'ken@example.org', username: 'kiki' })
    for (const name of ['\u212aen@example.org', '\u212ai\u212ai', 'ｋen@example.org', 'kıki']) {
      expect((await login(name)).status, name).toBe(401)
    }
  })

  it('answers an unknown, unproven, invited and banned account and a wrong password alike', async ({
    expect,
  }) => {
    await world.person({ email: 'real@example.org' })
    await world.person({ email: 'unproven@example.org', verified: false })
    await world.person({ email: 'banned@example.org', active: false })
    await world.as('admin').post('/api/v1/users', { body: { email: 'invited@example.org' } })
    const answers = await Promise.all(
      ['unknown', 'unproven', 'banned', 'invited'].map(async (name) =>
        comparable(await login(`${name}@example.org`)),
      ),
    )
    const wrong = await comparable(await login('real@example.org', 'not the password'))
    expect(new Set([...answers, wrong]).size).toBe(1)
    expect(wrong).toContain('invalid_credentials')
  })

  it('does not bring back a password that was reset while it went on', async ({ expect }) => {
    const { email } = await world.person({ email: EMAIL })
    await call(world, '/password/forgot', { email })
    const token = await mailedToken(world, email)
    // Parameters of another day, so that this login would store its password anew.
    await env.DB.prepare(
      "update users set password_hash = replace(password_hash, 'ln=4', 'ln=04')",
    ).run()
    // Limit, name, account, session: the reset happens while the old password is being hashed.
    let reset = 0
    beforeCall(world, 4, async () => {
      const body = { token, new_password: OTHER }
      reset = (await call(world, '/password/reset', body, { from: '198.51.100.7' })).status
    })
    const late = await login(email)
    expect(reset).toBe(204)
    expect((await login(email)).status).toBe(401)
    expect((await login(email, OTHER)).status).toBe(200)
    expect(late.status).toBe(401)
  })

  it('leaves no session to an account that was banned while it went on', async ({ expect }) => {
    const { id, email } = await world.person()
    await world.admin()
    beforeCall(world, 4, () =>
      world.as('admin').patch(`/api/v1/users/${id}`, { body: { is_active: false } }),
    )
    expect((await login(email)).status).toBe(401)
    const users = await world.rows('users')
    const banned = users.find((user) => user.uid === id)
    expect(banned?.is_active).toBe(0)
    expect((await world.rows('sessions')).filter((row) => row.user_id === banned?.id)).toEqual([])
  })

  it('is announced by mail on a new device, and only there', async ({ expect }) => {
    await world.person({ email: EMAIL })
    const notices = async () => {
      await world.deliver()
      return world.outside.to(EMAIL).length
    }
    const desk = { from: '192.0.2.1', headers: { 'user-agent': 'Desk' } }
    const phone = { from: '198.51.100.9', headers: { 'user-agent': 'Phone' } }
    for (const [where, count] of [
      [desk, 0],
      [desk, 0],
      [{ ...desk, from: '192.0.2.77' }, 0],
      [phone, 1],
      [phone, 1],
      [desk, 1],
      [{ ...desk, headers: { 'user-agent': 'Other' } }, 2],
    ] as const) {
      await signIn(world, EMAIL, PASSWORD, where)
      expect(await notices()).toBe(count)
    }
    expect(world.outside.to(EMAIL)[0]?.text).toContain('198.51.100.0/24')
    expect(world.outside.to(EMAIL)[0]?.text).not.toContain('198.51.100.9')
    await login(EMAIL, 'not the password')
    expect(await notices()).toBe(2)
  })

  it('knows the device that proved the mailbox, so that the next one is announced', async ({
    expect,
  }) => {
    await call(world, '/register', ANN)
    const token = await mailedToken(world, EMAIL)
    await call(world, '/verify-email', { token, password: PASSWORD })
    await signIn(world, EMAIL, PASSWORD, { from: '198.51.100.9' })
    expect(await mailed(world)).toEqual([`auth.verify ${EMAIL}`, `auth.new_device ${EMAIL}`])
  })

  it('stores the password anew when its parameters are outdated, with real scrypt', async ({
    expect,
  }) => {
    await world.person({ email: EMAIL })
    const stored = async () => String((await world.rows('users'))[0]?.password_hash)
    expect(await stored()).toMatch(/^\$scrypt\$ln=4,r=1,p=1\$[\w-]{22}\$[\w-]{43}$/)
    world.useSettings({ PASSWORD_COST: 'strong' })
    expect((await login(EMAIL, 'not the password')).status).toBe(401)
    expect(await stored()).toContain('ln=4,')
    expect((await login(EMAIL)).status).toBe(200)
    const strong = await stored()
    expect(strong).toMatch(/^\$scrypt\$ln=14,r=8,p=5\$[\w-]{22}\$[\w-]{43}$/)
    expect((await login(EMAIL)).status).toBe(200)
    expect((await login(EMAIL, 'not the password')).status).toBe(401)
    expect(await stored()).toBe(strong)
    expect(await statusOf(world, await signIn(world, EMAIL, PASSWORD))).toBe(200)
  })

  it('never trims or normalises what is a name or a password', async ({ expect }) => {
    await world.person({ email: EMAIL })
    for (const password of [` ${PASSWORD}`, `${PASSWORD} `, PASSWORD.toUpperCase()]) {
      expect((await login(EMAIL, password)).status).toBe(401)
    }
    expect((await world.as('anonymous').get(`${AUTH}/login`)).status).toBe(405)
  })
})
