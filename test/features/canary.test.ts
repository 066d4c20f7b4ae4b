import { env } from 'cloudflare:workers'
import { TOTP } from 'otpauth'
import { describe, it } from 'vitest'
import {
  AUTH,
  call,
  cookieIn,
  everyRow,
  GENEROUS,
  mailedToken,
  refresh,
  signIn,
  type TokenBody,
  toSignedIn,
} from '../support/accounts.ts'
import { newWorld } from '../support/world.ts'

const EMAIL = 'ann@example.org'
const NEW = 'ann.linden@example.org'
const SITE = 'http://localhost:5173'

describe('a whole life of an account', () => {
  it('leaves no password, token, cookie or link in logs, queue, stores and audit', async ({
    expect,
  }) => {
    const world = await newWorld(GENEROUS)
    const passwords = ['first', 'second', 'third', 'fourth', 'fifth', 'wrong'].map(
      (word) => `cAnArY ${word} password`,
    )
    const [first = '', second = '', third = '', fourth = '', fifth = '', wrong = ''] = passwords
    const secrets = new Set(passwords)
    const keep = (secret: string) => {
      secrets.add(secret)
      return secret
    }
    const queued: string[] = []
    const deliver = world.deliver.bind(world)
    world.deliver = async () => {
      queued.push(JSON.stringify(world.queued))
      return deliver()
    }
    const linkTo = async (address: string) => keep(await mailedToken(world, address))
    const enter = async (password: string) => {
      const session = await signIn(world, EMAIL, password)
      keep(session.token)
      keep(session.refreshToken)
      return session
    }

    await call(world, '/register', { email: EMAIL, password: first, username: 'ann' })
    // Everything breaks once while a link is on its way.
    world.outside.plan('cut', { status: 500, body: 'no' }, { status: 429 })
    await world.settle()
    const token = await linkTo(EMAIL)
    await call(world, '/verify-email', { token, password: wrong.slice(0, 3) })
    await call(world, '/verify-email', { token, password: second })
    await call(world, '/login', { identifier: EMAIL, password: wrong })
    await call(world, '/login', { identifier: wrong, password: wrong })
    const session = await enter(second)
    const headers = { 'user-agent': 'Other', origin: SITE }
    const withCookie = { identifier: EMAIL, password: second, session: 'cookie' }
    const cookied = await call(world, '/login', withCookie, { headers })
    const cookie = keep(cookieIn(cookied, '__Host-refresh')?.value ?? '')
    keep(cookieIn(cookied, /^__Host-device-/)?.value ?? '')
    const next = await call(
      world,
      '/refresh',
      {},
      {
        headers: { ...headers, cookie: `__Host-refresh=${cookie}` },
      },
    )
    keep(cookieIn(next, '__Host-refresh')?.value ?? '')
    const refreshed = await (await refresh(world, session.refreshToken)).json<TokenBody>()
    keep(refreshed.access_token)
    keep(refreshed.refresh_token ?? '')
    await world.as(session).post(`${AUTH}/step-up`, { body: { password: wrong } })
    await world.as(session).post(`${AUTH}/step-up`, { body: { password: second } })
    const change = { current_password: second, new_password: third }
    await world.as(session).post(`${AUTH}/password/change`, { body: change })
    await call(world, '/password/forgot', { email: EMAIL })
    const reset = await linkTo(EMAIL)
    await call(world, '/password/reset', { token: reset, new_password: fourth })
    const again = await enter(fourth)
    await world.as(again).post(`${AUTH}/step-up`, { body: { password: fourth } })
    await world.as(again).post(`${AUTH}/email/change`, { body: { new_email: NEW } })
    await call(world, '/email/confirm', { token: await linkTo(NEW) })
    await world.as(again).get('/api/v1/users/me/export')
    await world.as(again).post('/api/v1/items', {
      body: { title: 'Mine' },
      headers: { 'idempotency-key': 'k' },
    })
    await world.as('admin').post('/api/v1/users', {
      body: { email: 'eve@example.org' },
      headers: { 'idempotency-key': 'k' },
    })
    const invite = await linkTo('eve@example.org')
    const accepted = await call(world, '/invite/accept', { token: invite, password: fifth })
    const eve = toSignedIn(await accepted.json<TokenBody>())
    for (const secret of [eve.token, eve.refreshToken, again.token]) keep(secret)
    // A second factor, from the app to the last recovery code.
    const enrolled = await world.as(again).post(`${AUTH}/2fa/totp`)
    const { secret } = await enrolled.json<{ secret: string }>()
    keep(secret)
    const totp = (step: number) =>
      new TOTP({ secret }).generate({ timestamp: Date.now() + step * 30_000 })
    const confirmed = await world
      .as(again)
      .post(`${AUTH}/2fa/totp/confirm`, { body: { code: totp(0) } })
    const { recovery_codes } = await confirmed.json<{ recovery_codes: string[] }>()
    for (const code of recovery_codes) {
      keep(code)
      keep(code.replaceAll('-', ''))
    }
    const asked = await call(world, '/login', { identifier: NEW, password: fourth })
    const { challenge_token } = await asked.json<{ challenge_token: string }>()
    keep(challenge_token)
    const method = 'recovery_code'
    const by = { challenge_token, method, code: recovery_codes[0], remember_device: true }
    const recovered = await call(world, '/2fa/verify', by)
    keep(cookieIn(recovered, /^__Host-device-/)?.value ?? '')
    const inside = toSignedIn(await recovered.json<TokenBody>())
    for (const one of [inside.token, inside.refreshToken]) keep(one)
    // In places where they do not belong.
    for (const secret of [fifth, reset, eve.token, eve.refreshToken]) {
      const query = encodeURIComponent(secret)
      await world.as('anonymous').get(`/api/v1/users/me?token=${query}`)
      await world.as('anonymous').get(`/api/v1/items/${query}`)
      await world.as('anonymous').get(`/nowhere/${query}`)
      await world.as('anonymous').get('/api/v1/users/me', {
        headers: { authorization: `Basic ${btoa(secret)}`, 'if-match': `"${secret}"` },
      })
      await call(world, '/login', { identifier: EMAIL, pass: secret })
      await world.as('anonymous').post(`${AUTH}/login`, {
        raw: `{"password":"${secret}`,
        headers: { 'content-type': 'application/json' },
      })
    }
    // While D1 fails.
    for (const [index] of Array(4).entries()) {
      for (const when of ['before', 'after'] as const) {
        world.faults.failAt(index + 1, when)
        await call(world, '/login', { identifier: NEW, password: fourth })
        world.faults.failAt(index + 1, when)
        await call(world, '/password/reset', { token: 'B'.repeat(43), new_password: fifth })
        world.faults.heal()
      }
    }
    await world.settle()
    await world.as(eve).post(`${AUTH}/logout-all`)
    await world.runCron('17 3 * * *')

    expect(secrets.size).toBeGreaterThan(44)
    for (const secret of secrets) expect(secret.length).toBeGreaterThan(12)
    const tables = await everyRow()
    const kept = await env.CACHE.list()
    const places = {
      ...Object.fromEntries(
        Object.entries(tables).map(([name, rows]) => [name, JSON.stringify(rows)]),
      ),
      logs: world.logs.join('\n'),
      queue: queued.join('\n'),
      'keys of KV': JSON.stringify(kept.keys),
    }
    expect(places.queue).toContain('mail.send')
    expect(world.logs.length).toBeGreaterThan(40)
    const spellings = (secret: string) => [
      secret,
      encodeURIComponent(secret),
      btoa(secret),
      btoa(secret).replace(/=+$/, ''),
    ]
    const hits = Object.entries(places).flatMap(([place, text]) =>
      [...secrets]
        .filter((secret) => spellings(secret).some((spelling) => text.includes(spelling)))
        .map((secret) => `${place}: ${secret}`),
    )
    expect(hits).toEqual([])
  })
})
