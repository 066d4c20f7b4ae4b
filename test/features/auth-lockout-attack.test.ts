import { beforeEach, describe, it } from 'vitest'
import { hashRuns } from '../../src/features/auth/password.ts'
import { call, mailed, mailedToken } from '../support/accounts.ts'
import {
  browser,
  countOf,
  deviceCookie,
  login,
  MINUTE,
  nextSource,
  outcomes,
} from '../support/factors.ts'
import type { Person } from '../support/people.ts'
import { rounds } from '../support/rounds.ts'
import { newWorld, type World } from '../support/world.ts'

const GUESS = 'not the password'
const OTHER = 'a quite different one'

let world: World
let ann: Person
beforeEach(async () => {
  world = await newWorld()
  ann = await world.person({ email: 'ann@example.org' })
})

describe('an attacker', { timeout: 900_000 }, () => {
  // Slowly enough for every wait to end, and all within one.
  for (const [fails, pace] of [
    [10_000, MINUTE],
    [1000, 20],
  ] as const) {
    it(`who fails ${fails} logins, one in ${pace} ms, keeps no owner out`, async ({ expect }) => {
      const guesses = rounds(fails)
      const visits = rounds(100)
      let cookie = deviceCookie(await login(world, ann, { from: '198.51.100.1' }))
      const owner: number[] = []
      const before = hashRuns.count
      for (let turn = 1; turn <= guesses; turn++) {
        world.pass(pace)
        const { status } = await login(world, ann, { from: nextSource() }, `${GUESS} ${turn}`)
        if (status !== 401) throw new Error(`Guess ${turn} was answered ${status}`)
        if (turn % (guesses / visits) === 0) {
          const at = browser(cookie, `198.51.100.${turn % 250}`)
          const response = await login(world, ann, at)
          owner.push(response.status)
          cookie = deviceCookie(response)
        }
      }
      expect(countOf(owner, 200)).toBe(visits)
      expect(hashRuns.count - before).toBe(guesses + visits)
      const ended = await outcomes(world)
      const compared = countOf(ended, 'wrong_password')
      expect(compared).toBe(pace === MINUTE ? 100 : 20)
      expect(countOf(ended, 'locked')).toBe(guesses - compared)
      const days = Math.ceil((guesses * pace) / (24 * 60 * MINUTE))
      const mails = countOf(await mailed(world), `auth.unlock ${ann.email}`)
      expect(mails).toBeGreaterThanOrEqual(1)
      expect(mails).toBeLessThanOrEqual(days)

      const asked = await call(world, '/password/forgot', { email: ann.email })
      expect(asked.status).toBe(202)
      const token = await mailedToken(world, ann.email)
      const reset = await call(world, '/password/reset', { token, new_password: OTHER })
      expect(reset.status).toBe(204)
      const stranger = { from: nextSource() }
      expect((await login(world, ann, stranger, OTHER)).status).toBe(200)
    })
  }

  it('who has 2,000 guesses from 50 sources has 100 of them compared', async ({ expect }) => {
    const sources = Array.from({ length: 50 }, nextSource)
    const statuses: number[] = []
    for (let turn = 0; turn < rounds(2000); turn++) {
      world.pass(MINUTE)
      const from = sources[turn % 50] ?? ''
      statuses.push((await login(world, ann, { from }, GUESS)).status)
    }
    expect(statuses.every((status) => status === 401 || status === 429)).toBe(true)
    expect(countOf(await outcomes(world), 'wrong_password')).toBeLessThanOrEqual(100)
  })

  it('with one source and 1,000 accounts has 30 hashes run in ten minutes', async ({ expect }) => {
    const accounts = rounds(1000)
    const people: Pick<Person, 'email'>[] = []
    for (let index = 0; index < accounts; index++) {
      const email = `p${index}@example.org`
      people.push(index % 2 === 0 ? await world.person({ email }) : { email })
    }
    const before = hashRuns.count
    const statuses: number[] = []
    for (const person of people) {
      statuses.push((await login(world, person, { from: '198.51.100.1' }, GUESS)).status)
      world.pass((10 * MINUTE) / accounts)
    }
    expect(hashRuns.count - before).toBe(30)
    expect([countOf(statuses, 401), countOf(statuses, 429)]).toEqual([30, accounts - 30])
  })
})

describe('the link to unlock', () => {
  it('leads to the site of the settings, whatever the request says', async ({ expect }) => {
    const forms: Record<string, string>[] = [
      { host: 'evil.example' },
      { host: 'localhost:8787@evil.example' },
      { 'x-forwarded-host': 'evil.example' },
      { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' },
      { 'x-forwarded-server': 'evil.example' },
      { 'x-host': 'evil.example', 'x-original-host': 'evil.example' },
      { forwarded: 'host=evil.example;proto=https' },
      { forwarded: 'for=198.51.100.7;host="evil.example"' },
      { origin: 'https://evil.example', referer: 'https://evil.example/unlock' },
      { 'x-original-url': 'https://evil.example/', 'x-rewrite-url': 'https://evil.example/' },
    ]
    expect(forms).toHaveLength(10)
    for (const headers of forms) {
      const person = await world.person()
      for (let turn = 0; turn < 20; turn++) {
        await login(world, person, { from: nextSource(), headers }, GUESS)
      }
      await world.deliver()
      const [mail] = world.outside.to(person.email)
      const name = JSON.stringify(headers)
      expect(`${mail?.text}${mail?.html}`, name).not.toContain('evil')
      const links = `${mail?.text}`.match(/https?:\/\/[^\s#]+/g) ?? []
      expect(links, name).toContain('http://localhost:5173/unlock')
      for (const link of links) expect(new URL(link).origin, name).toBe('http://localhost:5173')
    }
  })
})
