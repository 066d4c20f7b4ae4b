import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import {
  AUTH,
  call,
  GENEROUS,
  mailed,
  mailedToken,
  refresh,
  signIn,
  statusOf,
} from '../support/accounts.ts'
import { PASSWORD, type Person } from '../support/people.ts'
import { quickest } from '../support/quickest.ts'
import { newWorld, type World } from '../support/world.ts'

const OTHER = 'a quite different one'

let world: World
let ann: Person
beforeEach(async () => {
  world = await newWorld(GENEROUS)
  ann = await world.person({ email: 'ann.linden@example.org', username: 'annlinden' })
})
afterEach(() => {
  vi.unstubAllGlobals()
})

const change = (new_password: string, who = ann, current_password = PASSWORD) =>
  world.as(who).post(`${AUTH}/password/change`, { body: { current_password, new_password } })

type Refusal = { errors: { path: string; code: string }[] }
const codeOf = async (response: Response): Promise<string> => {
  if (response.status !== 422) return String(response.status)
  return (await response.json<Refusal>()).errors.map(({ code }) => code).join()
}

describe('a password', () => {
  it('has 8 to 128 characters, however they are encoded', async ({ expect }) => {
    const long = (character: string, count: number) => character.repeat(count)
    const cases: [string, string][] = [
      ['', 'too_small'],
      ['x7#kQ2!', 'too_small'],
      ['\u{1f680}\u{1f511}\u{1f680}\u{1f511}', 'too_small'],
      ['x7#kQ2!m', '202'],
      [long('ä9', 64), '202'],
      [long('\u{1f511}', 128), '202'],
      [`${long('\u{1f511}', 128)}x`, 'too_big'],
      [long('a9', 65).slice(1), 'too_big'],
      [long('x', 60_000), 'too_big'],
    ]
    for (const [index, [password, code]] of cases.entries()) {
      const response = await call(world, '/register', { email: `p${index}@example.org`, password })
      expect(await codeOf(response), `${index}`).toBe(code)
    }
  })

  it('of 100 kB is refused before anything is computed', async ({ expect }) => {
    for (const size of [60_000, 100_000]) {
      const body = { identifier: ann.email, password: 'x'.repeat(size) }
      const ms = await quickest(50, async () => {
        expect([413, 422]).toContain((await call(world, '/login', body)).status)
      })
      expect(ms).toBeLessThan(50)
    }
  })

  it('is taken as it was typed', async ({ expect }) => {
    let current = PASSWORD
    for (const password of [
      '  spaces around it  ',
      '\u{1f469}\u200d\u{1f4bb}\u{1f511} family',
      'e\u0301te\u0301 decomposed',
      'ПАРОЛЬ из букв',
      'tab\tand\r\nline ends',
      '"; drop table users; --',
      '<script>alert(1)</script>',
      '%00%s{{7*7}}',
    ]) {
      expect((await change(password, ann, current)).status, password).toBe(204)
      const login = (text: string) =>
        call(world, '/login', { identifier: ann.email, password: text })
      expect((await login(password)).status, password).toBe(200)
      for (const near of [password.trim(), password.normalize('NFC'), password.toUpperCase()]) {
        if (near !== password) expect((await login(near)).status, near).toBe(401)
      }
      current = password
    }
    expect(await codeOf(await change('with a NUL \u0000', ann, current))).toBe('invalid_text')
  })

  it('is not one of the most common, in any letter case', async ({ expect }) => {
    const file = await env.ASSETS.fetch('http://assets/words/common-passwords.txt')
    const words = (await file.text()).split('\n').filter((word) => word.length >= 8)
    expect(words.length).toBeGreaterThan(1000)
    const step = Math.floor(words.length / 100)
    const tried = words.filter((_, index) => index % step === 0).slice(0, 100)
    for (const [index, password] of tried.entries()) {
      const typed = index % 2 === 0 ? password : password.toUpperCase()
      const response = await call(world, '/register', { email: 'bob@example.org', password: typed })
      expect(await codeOf(response), password).toBe('common')
    }
    for (const password of [
      'zq4-Lamp',
      'three odd words',
      'Wq9$xT2p',
      '12 34 56 78',
      'lindenblüte',
    ]) {
      const response = await call(world, '/register', { email: 'bob@example.org', password })
      expect(response.status, password).toBe(202)
    }
  })

  it('is not the address, the username or the name of the site', async ({ expect }) => {
    for (const password of [ann.email, 'ANN.LINDEN@example.org', 'ann.linden', ann.username]) {
      expect(await codeOf(await change(password)), password).toBe('context_word')
    }
    expect(await codeOf(await change('Studio Linden'))).toBe('context_word')
    const registration = { email: 'bob@example.org', username: 'bobthebuilder' }
    for (const password of ['bob@example.org', 'BobTheBuilder', 'studio linden']) {
      const response = await call(world, '/register', { ...registration, password })
      expect(await codeOf(response), password).toBe('context_word')
    }
  })

  it('has 15 characters for an admin without an authenticator app', async ({ expect }) => {
    const secured = await world.person({ role: 'admin', steppedUp: true })
    expect(await codeOf(await change('eight ch', secured))).toBe('204')
    const admin = await world.person({ role: 'admin', totp: false })
    expect(await codeOf(await change('fourteen chars', admin))).toBe('too_small')
    expect(await codeOf(await change('fourteen chars'))).toBe('204')
    expect(await codeOf(await change('fifteen letters', admin))).toBe('204')
    await call(world, '/password/forgot', { email: admin.email })
    const token = await mailedToken(world, admin.email)
    const body = { token, new_password: 'fourteen chars' }
    expect(await codeOf(await call(world, '/password/reset', body))).toBe('too_small')
  })
})

describe('changing the password', () => {
  it('ends all other sessions and the reset links, and tells the owner', async ({ expect }) => {
    const others = await Promise.all([1, 2, 3, 4].map(() => signIn(world, ann.email, PASSWORD)))
    const stranger = await world.person()
    await call(world, '/password/forgot', { email: ann.email })
    const token = await mailedToken(world, ann.email)
    expect((await change(OTHER)).status).toBe(204)
    for (const other of others) {
      expect(await statusOf(world, other)).toBe(401)
      expect((await refresh(world, other.refreshToken)).status).toBe(401)
    }
    expect([await statusOf(world, ann), await statusOf(world, stranger)]).toEqual([200, 200])
    const body = { token, new_password: 'something else again' }
    expect((await call(world, '/password/reset', body)).status).toBe(400)
    expect(await mailed(world)).toContain(`auth.password_changed ${ann.email}`)
  })

  it('needs the present one, and another than that', async ({ expect }) => {
    const before = await world.rows('users')
    expect((await change(OTHER, ann, 'not the password')).status).toBe(401)
    expect(await codeOf(await change(PASSWORD))).toBe('unchanged')
    expect((await world.as('anonymous').post(`${AUTH}/password/change`)).status).toBe(401)
    expect(await world.rows('users')).toEqual(before)
    expect(await mailed(world)).toEqual([])
  })

  it('succeeds once, however many change it at once', async ({ expect }) => {
    const answers = await Promise.all([1, 2, 3, 4].map((index) => change(`${OTHER} ${index}`)))
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter((status) => status === 204)).toHaveLength(1)
    expect(statuses.every((status) => [204, 401, 503].includes(status))).toBe(true)
    expect((await mailed(world)).filter((mail) => mail.includes('password'))).toHaveLength(1)
  })
})

describe('with the breach check on', () => {
  const hexOf = async (text: string) => {
    const bytes = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(text))
    return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  }

  /** Stands in for the service; the mail provider is not called here. */
  async function withService(answer: (signal: AbortSignal) => Promise<Response>) {
    world = await newWorld({ ...GENEROUS, BREACH_CHECK: 'on' })
    const calls: string[] = []
    vi.stubGlobal('fetch', (input: RequestInfo | URL, init?: RequestInit) => {
      const request = new Request(input, init)
      calls.push(request.url)
      return answer(request.signal)
    })
    return calls
  }
  const register = (password: string) =>
    call(world, '/register', { email: 'bob@example.org', password })

  it('a password that is known from a breach is refused, and does not leave the Worker', async ({
    expect,
  }) => {
    const digest = (await hexOf('known from a breach')).toUpperCase()
    const padding = (await hexOf('only a padding line')).toUpperCase()
    const list = `0018A45C4D1DEF81644B54AB7F969B88D65:1\r\n${digest.slice(5)}:37\r\n${padding.slice(5)}:0`
    const calls = await withService(async () => new Response(list))
    expect(await codeOf(await register('known from a breach'))).toBe('breached')
    expect(calls).toEqual([`https://api.pwnedpasswords.com/range/${digest.slice(0, 5)}`])
    expect((await register('only a padding line')).status).toBe(202)
    expect((await register('not known at all')).status).toBe(202)
  })

  it('nobody is kept out while the service is down or silent', async ({ expect }) => {
    const troubles: Record<string, (signal: AbortSignal) => Promise<Response>> = {
      '500': async () => new Response('no', { status: 500 }),
      '429': async () => new Response('no', { status: 429 }),
      redirect: async () => new Response(null, { status: 302, headers: { location: '/' } }),
      nonsense: async () => new Response('<html>'),
      cut: async () => {
        throw new TypeError('Network connection lost.')
      },
      silent: (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
        }),
    }
    for (const [name, answer] of Object.entries(troubles)) {
      await withService(answer)
      const ms = await quickest(1500, async () => {
        expect((await register(OTHER)).status, name).toBe(202)
      })
      expect(ms, name).toBeLessThan(1500)
      expect(await codeOf(await register('password123')), name).toBe('common')
    }
  })

  it('the service is not asked when it is off', async ({ expect }) => {
    const calls = await withService(async () => new Response(''))
    world.useSettings({ BREACH_CHECK: 'off' })
    expect((await register(OTHER)).status).toBe(202)
    expect(calls).toEqual([])
  })
})
