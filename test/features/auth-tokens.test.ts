import { beforeEach, describe, it } from 'vitest'
import {
  AUTH,
  call,
  GENEROUS,
  mailedToken,
  refresh,
  signIn,
  statusOf,
} from '../support/accounts.ts'
import { type Change, forge, resign } from '../support/forged-tokens.ts'
import { PASSWORD, type Person } from '../support/people.ts'
import { newWorld, type World } from '../support/world.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND

let world: World
let ann: Person
beforeEach(async () => {
  world = await newWorld(GENEROUS)
  ann = await world.person({ email: 'ann@example.org', steppedUp: true })
})

const me = (authorization: string) =>
  world.as('anonymous').get('/api/v1/users/me', { headers: { authorization } })
const now = () => Math.floor(Date.now() / 1000)
const cut = (token: string, part: number, change: (text: string) => string) =>
  token
    .split('.')
    .map((text, index) => (index === part ? change(text) : text))
    .join('.')

describe('an access token', () => {
  const claims: Record<string, () => Change> = {
    'with alg none': () => ({ header: { alg: 'none' }, signature: '' }),
    'with alg None': () => ({ header: { alg: 'None' }, signature: '' }),
    'with alg none and a signature': () => ({ header: { alg: 'none' } }),
    'signed with HS512': () => ({ header: { alg: 'HS512' }, hash: 'SHA-512' }),
    'signed with HS384': () => ({ header: { alg: 'HS384' }, hash: 'SHA-384' }),
    'that says RS256': () => ({ header: { alg: 'RS256' } }),
    'that says no algorithm': () => ({ header: { alg: undefined } }),
    'with an unknown kid': () => ({ header: { kid: 'AAAAAAAA' } }),
    'without a kid': () => ({ header: { kid: undefined } }),
    'with a path for a kid': () => ({ header: { kid: '../../../../dev/null' }, secret: '' }),
    'with a statement for a kid': () => ({ header: { kid: "' or 1=1 --" } }),
    'that brings its key': () => ({
      header: { kid: undefined, jwk: { kty: 'oct', k: 'QUFBQUFBQUFBQUFBQUFBQQ' } },
      secret: 'AAAAAAAAAAAAAAAA',
    }),
    'that says where its key is': () => ({
      header: { kid: undefined, jku: 'https://evil.test/jwks.json' },
      secret: 'AAAAAAAAAAAAAAAA',
    }),
    'with a certificate': () => ({
      header: { kid: undefined, x5u: 'https://evil.test/x.pem', x5c: ['AAAA'] },
      secret: 'AAAAAAAAAAAAAAAA',
    }),
    'with a critical extension': () => ({ header: { crit: ['exp'] } }),
    'with an unencoded payload': () => ({ header: { b64: false, crit: ['b64'] } }),
    'without an end': () => ({ claims: { exp: undefined } }),
    'without a beginning': () => ({ claims: { iat: undefined } }),
    'without a person': () => ({ claims: { sub: undefined } }),
    'without a session': () => ({ claims: { sid: undefined } }),
    'whose session is a number': () => ({ claims: { sid: 1 } }),
    'whose session is a list': () => ({ claims: { sid: [ann.sessionId] } }),
    'that ended a second ago': () => ({ claims: { exp: now() - 1 } }),
    'that ends now': () => ({ claims: { exp: now() } }),
    'with words for an end': () => ({ claims: { exp: 'tomorrow' } }),
    'made in an hour': () => ({ claims: { iat: now() + 3600, exp: now() + 7200 } }),
    'made two hours ago': () => ({ claims: { iat: now() - 7200 } }),
    'that is not valid yet': () => ({ claims: { nbf: now() + 60 } }),
    'of another type': () => ({ header: { typ: 'JWT' } }),
    'without a type': () => ({ header: { typ: undefined } }),
    'for another audience': () => ({ claims: { aud: 'other' } }),
    'without an audience': () => ({ claims: { aud: undefined } }),
    'of another issuer': () => ({ claims: { iss: 'http://localhost:5173' } }),
    'of no issuer': () => ({ claims: { iss: undefined } }),
    'signed with another secret': () => ({ secret: 'another secret of 32 bytes, long' }),
    'signed with an empty secret': () => ({ secret: '' }),
    'signed with the key of another purpose': () => ({ purpose: 'cursor' }),
    'of nobody': () => ({ claims: { sub: '0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10' } }),
    'of no session': () => ({ claims: { sid: '0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10' } }),
    'with a statement for a person': () => ({ claims: { sub: "' or '1'='1" } }),
  }

  it('is refused with the same answer, whatever was forged on it', async ({ expect }) => {
    expect((await me(`Bearer ${await resign(ann.token, {})}`)).status).toBe(200)
    const bodies = new Set<string>()
    for (const [name, change] of Object.entries(claims)) {
      const response = await me(`Bearer ${await forge(ann.token, change())}`)
      expect(response.status, name).toBe(401)
      expect(response.headers.get('www-authenticate'), name).toBe('Bearer realm="atelier"')
      const { detail, code } = await response.json<Record<string, string>>()
      bodies.add(`${code} ${detail}`)
    }
    expect(bodies.size).toBe(1)
    expect(world.outside.calls).toEqual([])
  })

  it('is refused when it was cut, written otherwise or put together', async ({ expect }) => {
    const bob = await world.person()
    const [header, payload, signature] = ann.token.split('.')
    const [, foreign] = bob.token.split('.')
    const reorder = (text: string) => btoa(` ${atob(text)}`).replace(/=+$/, '')
    const tokens = {
      'without signature': `${header}.${payload}`,
      'with an empty signature': `${header}.${payload}.`,
      'without its last character': ann.token.slice(0, -1),
      'without its first character': ann.token.slice(1),
      'with a part too many': `${ann.token}.${signature}`,
      'with two dots': ann.token.replace('.', '..'),
      'with a payload of another': `${header}.${foreign}.${signature}`,
      'with a payload written otherwise': cut(ann.token, 1, reorder),
      'with a header written otherwise': cut(ann.token, 0, reorder),
      twice: `${ann.token}${ann.token}`,
      'in five parts': `${header}..${payload}.${signature}.${signature}`,
      'as JSON': `{"token":"${ann.token}"}`,
      'of 5 kB': cut(ann.token, 1, (text) => text.padEnd(5000, 'A')),
      null: 'null',
      undefined: 'undefined',
    }
    for (const [name, token] of Object.entries(tokens)) {
      expect((await me(`Bearer ${token}`)).status, name).toBe(401)
    }
  })

  it('is read from one well-formed header', async ({ expect }) => {
    for (const header of [
      '',
      'Bearer',
      'Bearer ',
      ann.token,
      `Basic ${btoa('ann@example.org:x')}`,
      `Token ${ann.token}`,
      `Bearer: ${ann.token}`,
      `Bearer ${ann.token} x`,
      `Bearer x ${ann.token}`,
      `Bearer ${ann.token}, Bearer ${ann.token}`,
      `Bearer "${ann.token}"`,
      `Bearer\t${ann.token}`,
      `Bearer ${'x'.repeat(16_000)}`,
    ]) {
      expect((await me(header)).status, header.slice(0, 40)).toBe(401)
    }
    const inQuery = await world.as('anonymous').get(`/api/v1/users/me?access_token=${ann.token}`)
    expect(inQuery.status).toBe(401)
    const headers = { cookie: `access_token=${ann.token}; __Host-refresh=${ann.token}` }
    expect((await world.as('anonymous').get('/api/v1/users/me', { headers })).status).toBe(401)
  })

  it('opens nothing with another session, or one that has ended', async ({ expect }) => {
    const bob = await world.person()
    expect((await me(`Bearer ${await resign(ann.token, { sid: bob.sessionId })}`)).status).toBe(401)
    expect((await me(`Bearer ${await resign(ann.token, { sub: bob.id })}`)).status).toBe(401)
    await world.as(bob).post(`${AUTH}/logout`)
    expect(await statusOf(world, bob)).toBe(401)
    const ends = [
      (id: string) => world.as('admin').delete(`/api/v1/users/${id}`),
      (id: string) =>
        world.as('admin').patch(`/api/v1/users/${id}`, { body: { is_active: false } }),
      (id: string) => world.as('admin').patch(`/api/v1/users/${id}`, { body: { role: 'admin' } }),
    ]
    for (const end of ends) {
      const person = await world.person()
      expect(await statusOf(world, person)).toBe(200)
      expect((await end(person.id)).status).toBeLessThan(300)
      expect(await statusOf(world, person)).toBe(401)
    }
  })

  it('is not a refresh token, a mailed secret or a cursor, nor the other way round', async ({
    expect,
  }) => {
    const session = await signIn(world, ann.email, PASSWORD)
    await call(world, '/password/forgot', { email: ann.email })
    const secret = await mailedToken(world, ann.email)
    const eve = await world.person({ steppedUp: true })
    await world.as(eve).post(`${AUTH}/email/change`, { body: { new_email: 'new@example.org' } })
    const change = await mailedToken(world, 'new@example.org')
    await call(world, '/register', { email: 'bob@example.org', password: PASSWORD })
    const verify = await mailedToken(world, 'bob@example.org')
    await world.as('admin').post('/api/v1/users', { body: { email: 'dan@example.org' } })
    const invite = await mailedToken(world, 'dan@example.org')
    const kinds = { session: session.refreshToken, secret, change, verify, invite }
    const uses: Record<string, (token: string) => Promise<Response>> = {
      session: (token) => refresh(world, token),
      secret: (token) => call(world, '/password/reset', { token, new_password: 'something else' }),
      change: (token) => call(world, '/email/confirm', { token }),
      verify: (token) => call(world, '/verify-email', { token, password: PASSWORD }),
      invite: (token) => call(world, '/invite/accept', { token, password: PASSWORD }),
      bearer: (token) => me(`Bearer ${token}`),
    }
    let wrong = 0
    for (const [kind, token] of [...Object.entries(kinds), ['bearer', session.token]] as const) {
      for (const [use, run] of Object.entries(uses)) {
        if (use === kind) continue
        wrong++
        expect([400, 401, 422], `${kind} as ${use}`).toContain((await run(token)).status)
      }
    }
    expect(wrong).toBe(30)
    for (const [kind, token] of Object.entries(kinds)) {
      expect((await uses[kind]?.(token))?.status, kind).toBeLessThan(300)
    }
  })

  it('of the secret before stays good through a change of secrets', async ({ expect }) => {
    const { SECRET_KEY } = world.env
    world.useSettings({
      SECRET_KEY: 'p4Wn8Ty2Ux6Rv0Sq5Zm1Lk7Jh3Gf9DcBb',
      SECRET_KEY_PREVIOUS: String(SECRET_KEY),
    })
    expect(await statusOf(world, ann)).toBe(200)
    world.useSettings({ SECRET_KEY: 'p4Wn8Ty2Ux6Rv0Sq5Zm1Lk7Jh3Gf9DcBb' })
    expect(await statusOf(world, ann)).toBe(401)
  })

  it('lasts ten minutes', async ({ expect }) => {
    const session = await signIn(world, ann.email, PASSWORD)
    world.pass(10 * MINUTE - SECOND)
    expect(await statusOf(world, session)).toBe(200)
    world.pass(SECOND)
    expect(await statusOf(world, session)).toBe(401)
  })
})
