import { beforeEach, describe, it } from 'vitest'
import {
  AUTH,
  call,
  GENEROUS,
  mailed,
  mailedToken,
  signIn,
  statusOf,
  type TokenBody,
} from '../support/accounts.ts'
import { PASSWORD, type Person } from '../support/people.ts'
import { newWorld, type World } from '../support/world.ts'

const EMAIL = 'ann@example.org'
const OTHER = 'a quite different one'
const MINUTE = 60_000
const HOUR = 60 * MINUTE

let world: World
beforeEach(async () => {
  world = await newWorld(GENEROUS)
})

const login = async (password: string, email = EMAIL) =>
  (await call(world, '/login', { identifier: email, password })).status
const forgot = async (email = EMAIL) => {
  await call(world, '/password/forgot', { email })
  return mailedToken(world, email)
}
const reset = (token: string, new_password = OTHER) =>
  call(world, '/password/reset', { token, new_password })
const register = async (email = EMAIL, more = {}) => {
  await call(world, '/register', { email, password: PASSWORD, ...more })
  return mailedToken(world, email)
}
const invite = async (email = EMAIL, more = {}) => {
  await world.as('admin').post('/api/v1/users', { body: { email, ...more } })
  return mailedToken(world, email)
}
const changeEmail = (person: Person, new_email: string) =>
  world.as(person).post(`${AUTH}/email/change`, { body: { new_email } })

describe('whoever proves the mailbox', () => {
  it('owns the account, and whoever registered it before has nothing', async ({ expect }) => {
    const password = 'what the attacker set'
    await call(world, '/register', { email: EMAIL, password, username: 'mallory' })
    const first = await mailedToken(world, EMAIL)
    await call(world, '/register', { email: EMAIL, password: PASSWORD, username: 'ann' })
    const token = await mailedToken(world, EMAIL)
    expect((await call(world, '/verify-email', { token: first, password })).status).toBe(400)
    const proven = await call(world, '/verify-email', { token, password: OTHER })
    expect(proven.status).toBe(200)
    for (const wrong of [password, PASSWORD]) expect(await login(wrong)).toBe(401)
    expect(await login(OTHER)).toBe(200)
    expect(await world.count('users')).toBe(1)
  })

  it('does not get the name that somebody else had wished for with the address', async ({
    expect,
  }) => {
    await register(EMAIL, { username: 'mallory', full_name: 'Mallory' })
    const token = await register(EMAIL, { username: 'ann', full_name: 'Ann' })
    const proven = await call(world, '/verify-email', { token, password: PASSWORD })
    const { user } = await proven.json<TokenBody>()
    expect([user.username, user.full_name]).toEqual(['ann', 'Ann'])
  })

  it('is asked once more on request, and the newer link ends the older', async ({ expect }) => {
    const first = await register()
    const answer = await call(world, '/resend-verification', { email: EMAIL.toUpperCase() })
    expect([answer.status, await answer.json()]).toEqual([202, { status: 'accepted' }])
    const second = await mailedToken(world, EMAIL)
    expect(second).not.toBe(first)
    const verify = (token: string) => call(world, '/verify-email', { token, password: PASSWORD })
    expect((await verify(first)).status).toBe(400)
    expect((await verify(second)).status).toBe(200)
    await call(world, '/resend-verification', { email: EMAIL })
    await call(world, '/resend-verification', { email: 'nobody@example.org' })
    const kinds = new Set(await mailed(world))
    expect([...kinds].filter((kind) => kind.startsWith('auth.verify nobody'))).toEqual([])
    await expect(mailedToken(world, 'nobody@example.org')).rejects.toThrow()
  })

  it('has a day to do so', async ({ expect }) => {
    const token = await register()
    world.pass(24 * HOUR)
    const body = { token, password: PASSWORD }
    expect((await call(world, '/verify-email', body)).status).toBe(400)
    await call(world, '/resend-verification', { email: EMAIL })
    const newer = await mailedToken(world, EMAIL)
    world.pass(24 * HOUR - 1)
    expect((await call(world, '/verify-email', { ...body, token: newer })).status).toBe(200)
  })

  it('keeps the link when the password that comes with it is refused', async ({ expect }) => {
    const token = await register()
    const verify = (password: string) => call(world, '/verify-email', { token, password })
    expect((await verify('short')).status).toBe(422)
    expect((await verify('password1')).status).toBe(422)
    expect((await verify(OTHER)).status).toBe(200)
  })
})

describe('an invitation', () => {
  it('makes an account of the wished role when it is accepted', async ({ expect }) => {
    const token = await invite(EMAIL, { role: 'admin', full_name: 'Ann Linden' })
    const body = { token, password: 'long enough for admins', username: 'ann' }
    const short = await call(world, '/invite/accept', { ...body, password: PASSWORD.slice(0, 14) })
    expect(short.status).toBe(422)
    const accepted = await call(world, '/invite/accept', body)
    expect(accepted.status).toBe(200)
    expect(await accepted.json()).toMatchObject({
      user: { role: 'admin', full_name: 'Ann Linden', username: 'ann', is_verified: true },
    })
    expect(await login(body.password)).toBe(200)
    expect((await call(world, '/invite/accept', body)).status).toBe(400)
  })

  it('waits for another name when the username is taken', async ({ expect }) => {
    await world.person({ username: 'Ann' })
    const token = await invite()
    const accept = (username: string) =>
      call(world, '/invite/accept', { token, password: PASSWORD, username })
    expect((await accept('ANN')).status).toBe(409)
    expect((await accept('ann2')).status).toBe(200)
  })

  it('holds for seven days, and not for a banned account', async ({ expect }) => {
    const token = await invite()
    const accept = () => call(world, '/invite/accept', { token, password: PASSWORD })
    const [, row] = await world.rows('users')
    const path = `/api/v1/users/${row?.uid}`
    await world.as('admin').patch(path, { body: { is_active: false } })
    expect((await accept()).status).toBe(400)
    await world.as('admin').patch(path, { body: { is_active: true } })
    world.pass(7 * 24 * HOUR)
    expect((await accept()).status).toBe(400)
  })
})

describe('a forgotten password', () => {
  it('is replaced with the mailed link, which signs out everywhere and tells the owner', async ({
    expect,
  }) => {
    await world.person({ email: EMAIL })
    const sessions = await Promise.all([1, 2, 3].map(() => signIn(world, EMAIL, PASSWORD)))
    const token = await forgot()
    expect((await reset(token)).status).toBe(204)
    for (const session of sessions) expect(await statusOf(world, session)).toBe(401)
    expect([await login(PASSWORD), await login(OTHER)]).toEqual([401, 200])
    expect(await mailed(world)).toContain(`auth.password_changed ${EMAIL}`)
  })

  const wrong: Record<string, (ann: Person) => Promise<string>> = {
    'was never made': async () => 'A'.repeat(43),
    'was used': async () => {
      const token = await forgot()
      await reset(token, 'something in between')
      return token
    },
    'is 30 minutes old': async () => {
      const token = await forgot()
      world.pass(30 * MINUTE)
      return token
    },
    'was followed by a newer one': async () => {
      const token = await forgot()
      await forgot()
      return token
    },
    'was made before the password changed': async (ann) => {
      const token = await forgot()
      const body = { current_password: PASSWORD, new_password: 'something in between' }
      await world.as(ann).post(`${AUTH}/password/change`, { body })
      return token
    },
    'was made before the address changed': async (ann) => {
      const token = await forgot()
      await changeEmail(ann, 'new@example.org')
      const secret = await mailedToken(world, 'new@example.org')
      await call(world, '/email/confirm', { token: secret })
      return token
    },
    'proves an address': async () => register('bob@example.org'),
    'changes an address': async (ann) => {
      await changeEmail(ann, 'new@example.org')
      return mailedToken(world, 'new@example.org')
    },
    'accepts an invitation': async () => invite('bob@example.org'),
    'belongs to a session': async () => (await signIn(world, EMAIL, PASSWORD)).refreshToken,
    'belongs to a banned account': async (ann) => {
      const token = await forgot()
      await world.as('admin').patch(`/api/v1/users/${ann.id}`, { body: { is_active: false } })
      return token
    },
    'belongs to a deleted account': async (ann) => {
      const token = await forgot()
      await world.as('admin').delete(`/api/v1/users/${ann.id}`)
      return token
    },
  }
  for (const [what, make] of Object.entries(wrong)) {
    it(`is not replaced with a secret that ${what}`, async ({ expect }) => {
      const token = await make(await world.person({ email: EMAIL, steppedUp: true }))
      const before = await world.rows('users')
      const response = await reset(token)
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({
        code: 'invalid_secret',
        detail: 'This link is not valid any more. Ask for a new one.',
      })
      expect(await world.rows('users')).toEqual(before)
    })
  }

  it('is never mailed a link for an account that cannot sign in', async ({ expect }) => {
    await world.person({ email: 'unproven@example.org', verified: false })
    await world.person({ email: 'banned@example.org', active: false })
    for (const name of ['unproven', 'banned', 'nobody']) {
      const answer = await call(world, '/password/forgot', { email: `${name}@example.org` })
      expect(answer.status).toBe(202)
    }
    expect(await mailed(world)).toEqual([])
    expect(await world.rows('mailed_secrets')).toEqual([])
  })
})

describe('one address', () => {
  it('is one account, however many register it at once', async ({ expect }) => {
    const answers = new Set<string>()
    let waiting = 50
    while (waiting > 0) {
      const responses = await Promise.all(
        Array.from({ length: waiting }, (_, index) =>
          call(world, '/register', { email: EMAIL, password: `${PASSWORD} ${index}` }),
        ),
      )
      const refused = responses.filter(({ status }) => status === 503)
      for (const response of refused) expect(response.headers.get('retry-after')).toBe('1')
      for (const response of responses) {
        if (response.status !== 503) answers.add(`${response.status} ${await response.text()}`)
      }
      expect(refused.length).toBeLessThan(waiting)
      waiting = refused.length
    }
    expect([...answers]).toEqual(['202 {"status":"accepted"}'])
    expect(await world.count('users')).toBe(1)
    expect(await world.count('mailed_secrets')).toBe(1)
    const token = await mailedToken(world, EMAIL)
    expect((await call(world, '/verify-email', { token, password: OTHER })).status).toBe(200)
  })

  it('gets three links an hour and ten a day, and nobody is told when there are no more', async ({
    expect,
  }) => {
    world = await newWorld()
    await world.person({ email: EMAIL })
    let source = 0
    const ask = () =>
      call(world, '/password/forgot', { email: EMAIL }, { from: `198.51.${++source}.1` })
    const sent: number[] = []
    for (let hour = 0; hour < 5; hour++) {
      const answers = await Promise.all([1, 2, 3, 4, 5].map(ask))
      for (const answer of answers) expect(answer.status).toBe(202)
      await world.deliver()
      sent.push(world.outside.to(EMAIL).length)
      // The link that was mailed last still works: one that is not mailed does not end it.
      const token = await mailedToken(world, EMAIL)
      if (hour === 0) expect((await reset(token)).status).toBe(204)
      world.pass(HOUR)
    }
    // One of them is word of the changed password.
    expect(sent).toEqual([3, 7, 10, 11, 11])
    world.pass(19 * HOUR)
    await ask()
    await world.deliver()
    expect(world.outside.to(EMAIL)).toHaveLength(12)
  })
})
