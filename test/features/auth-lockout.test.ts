import { beforeEach, describe, it } from 'vitest'
import { hashRuns } from '../../src/features/auth/password.ts'
import { call, comparable, mailed, mailedToken, signIn } from '../support/accounts.ts'
import {
  browser,
  countOf,
  DAY,
  deviceCookie,
  guess,
  HOUR,
  login,
  MINUTE,
  nextSource,
  outcomes,
  SECOND,
} from '../support/factors.ts'
import { PASSWORD, type Person } from '../support/people.ts'
import { newWorld, type World } from '../support/world.ts'

const GUESS = 'not the password'
const OTHER = 'a quite different one'

let world: World
let ann: Person
beforeEach(async () => {
  world = await newWorld()
  ann = await world.person({ email: 'ann@example.org', username: 'ann' })
})

const enter = async (who: Pick<Person, 'email'> = ann, from = nextSource(), password = PASSWORD) =>
  (await login(world, who, { from }, password)).status
const unlockMails = async () => countOf(await mailed(world), `auth.unlock ${ann.email}`)

/** Locks the account for devices that it does not know. */
async function lock(): Promise<void> {
  const statuses = await guess(world, ann, 20)
  if (countOf(statuses, 401) !== 20) throw new Error(`Guessing was answered ${statuses}`)
}

describe('rule 1: one name from one source', () => {
  /** Status and Retry-After of wrong tries, each as soon as the wait before it is over. */
  async function waits(email: string, from: string): Promise<string[]> {
    const seen: string[] = []
    const wrong = async () => {
      const response = await login(world, { email }, { from }, GUESS)
      const after = response.headers.get('retry-after')
      seen.push([response.status, after].filter(Boolean).join(' '))
      return Number(after ?? 0)
    }
    for (let turn = 0; turn < 5; turn++) await wrong()
    for (let wait = await wrong(); seen.length < 20; wait = await wrong()) {
      world.pass(wait * SECOND)
      await wrong()
    }
    return seen
  }

  it('waits 30 s after five failures, doubling to 15 minutes; an absent one too', async ({
    expect,
  }) => {
    const seen = await waits(ann.email, nextSource())
    expect(seen.slice(0, 5)).toEqual(['401', '401', '401', '401', '401'])
    const longer = [30, 60, 120, 240, 480, 900, 900, 900].flatMap((wait) => [`429 ${wait}`, '401'])
    expect(seen.slice(5)).toEqual(longer.slice(0, seen.length - 5))
    expect(seen.length).toBeGreaterThan(19)
    expect(await waits('nobody@example.org', nextSource())).toEqual(seen)
  })

  it('refuses the right password too while it waits', async ({ expect }) => {
    const from = nextSource()
    for (let turn = 0; turn < 5; turn++) expect(await enter(ann, from, GUESS)).toBe(401)
    const before = hashRuns.count
    expect(await enter(ann, from)).toBe(429)
    expect(hashRuns.count).toBe(before)
    world.pass(30 * SECOND - 1)
    expect(await enter(ann, from)).toBe(429)
    world.pass(1)
    expect(await enter(ann, from)).toBe(200)
  })

  it('touches no other source and no other name', async ({ expect }) => {
    const bob = await world.person()
    const from = '198.51.100.1'
    for (let turn = 0; turn < 5; turn++) await enter(ann, from, GUESS)
    expect(await enter(ann, from)).toBe(429)
    expect(await enter(bob, from)).toBe(200)
    expect(await enter(ann, '198.51.100.2')).toBe(200)
  })

  it('takes the addresses of a /64 for one source', async ({ expect }) => {
    const from = (host: number) => `2001:db8:1:1::${host}`
    for (let turn = 0; turn < 5; turn++) expect(await enter(ann, from(turn), GUESS)).toBe(401)
    expect(await enter(ann, from(99))).toBe(429)
    expect(await enter(ann, '2001:db8:1:2::1')).toBe(200)
  })

  it('takes a name in any letter case for one', async ({ expect }) => {
    const from = nextSource()
    const spelled = ['ann@example.org', 'ANN@example.org', 'Ann@Example.Org', 'aNN@example.org']
    for (const email of [...spelled, 'ann@EXAMPLE.org']) {
      expect(await enter({ email }, from, GUESS)).toBe(401)
    }
    expect(await enter(ann, from)).toBe(429)
  })

  it('is forgotten after twelve hours', async ({ expect }) => {
    const from = nextSource()
    for (let turn = 0; turn < 4; turn++) await enter(ann, from, GUESS)
    world.pass(12 * HOUR)
    for (let turn = 0; turn < 5; turn++) expect(await enter(ann, from, GUESS)).toBe(401)
    expect(await enter(ann, from)).toBe(429)
    await world.runCron('17 3 * * *')
    expect(await world.count('login_guards')).toBe(2)
  })
})

describe('rule 2: one account from unknown devices together', () => {
  it('compares twenty, then answers as if each password were wrong for 15 minutes', async ({
    expect,
  }) => {
    expect(countOf(await guess(world, ann, 19), 401)).toBe(19)
    expect(await enter()).toBe(200)
    await guess(world, ann, 1)
    expect(await enter()).toBe(401)
    world.pass(15 * MINUTE - 1)
    expect(await enter()).toBe(401)
    world.pass(1)
    expect(await enter()).toBe(200)
  })

  it('counts what happened within an hour', async ({ expect }) => {
    await guess(world, ann, 19)
    world.pass(HOUR)
    await guess(world, ann, 19)
    expect(await enter()).toBe(200)
  })

  it('mails the owner one link, which lets new devices in once and for 30 minutes', async ({
    expect,
  }) => {
    await lock()
    await guess(world, ann, 5)
    expect(await unlockMails()).toBe(1)
    const token = await mailedToken(world, ann.email)
    const [mail] = world.outside.to(ann.email)
    expect(mail?.text).toContain(`http://localhost:5173/unlock#token=${token}`)
    expect(JSON.stringify(await world.rows('mailed_secrets'))).not.toContain(token)
    const unlock = (secret = token) => call(world, '/unlock', { token: secret })
    expect((await unlock('A'.repeat(43))).status).toBe(400)
    expect(await enter()).toBe(401)
    expect([(await unlock()).status, (await unlock()).status]).toEqual([204, 400])
    expect(await enter()).toBe(200)
    const actions = (await world.rows('audit_log')).map((row) => row.action)
    expect(countOf(actions, 'auth.unlock')).toBe(1)
  })

  it('takes no link that is older than 30 minutes', async ({ expect }) => {
    await lock()
    const token = await mailedToken(world, ann.email)
    world.pass(30 * MINUTE)
    expect((await call(world, '/unlock', { token })).status).toBe(400)
  })

  it('mails once in 24 hours at most', async ({ expect }) => {
    await lock()
    world.pass(15 * MINUTE)
    await lock()
    expect(await unlockMails()).toBe(1)
    world.pass(DAY)
    await lock()
    expect(await unlockMails()).toBe(2)
  })

  it('mails once in 24 hours even where the link was used', async ({ expect }) => {
    await lock()
    const token = await mailedToken(world, ann.email)
    expect((await call(world, '/unlock', { token })).status).toBe(204)
    await lock()
    expect(await unlockMails()).toBe(1)
  })

  it('mails nobody but the owner of an account that is in use', async ({ expect }) => {
    await guess(world, { email: 'nobody@example.org' }, 21)
    await guess(world, await world.person({ active: false }), 21)
    await guess(world, await world.person({ verified: false }), 21)
    expect(await mailed(world)).toEqual([])
  })

  it('needs the link after a hundred in a row', async ({ expect }) => {
    for (let bout = 0; bout < 5; bout++) {
      await lock()
      world.pass(15 * MINUTE)
    }
    expect(countOf(await outcomes(world), 'wrong_password')).toBe(100)
    for (const days of [0, 1, 30]) {
      world.pass(days * DAY)
      expect(await enter(), `${days}`).toBe(401)
    }
    expect(countOf(await outcomes(world), 'wrong_password')).toBe(100)
    const token = await mailedToken(world, ann.email)
    expect((await call(world, '/unlock', { token })).status).toBe(204)
    expect(await enter()).toBe(200)
  })

  it('needs the link or a reset after a hundred in a row', async ({ expect }) => {
    for (let bout = 0; bout < 5; bout++) {
      await lock()
      world.pass(15 * MINUTE)
    }
    expect(await enter()).toBe(401)
    await call(world, '/password/forgot', { email: ann.email })
    const token = await mailedToken(world, ann.email)
    const reset = await call(world, '/password/reset', { token, new_password: OTHER })
    expect(reset.status).toBe(204)
    expect(await enter(ann, nextSource(), OTHER)).toBe(200)
  })

  it('counts anew in a row behind a sign-in', async ({ expect }) => {
    for (let bout = 0; bout < 4; bout++) {
      await lock()
      world.pass(15 * MINUTE)
    }
    expect(await enter()).toBe(200)
    await guess(world, ann, 20)
    world.pass(15 * MINUTE)
    expect(await enter()).toBe(200)
  })
})

describe('rule 5: an account that is locked', () => {
  it('is answered like one that is not there, after one hash', async ({ expect }) => {
    const seen: { answer: string; hashes: number; calls: string }[] = []
    const ask = async (email: string, password: string) => {
      const before = hashRuns.count
      const response = await login(world, { email }, { from: nextSource() }, password)
      const calls = /calls=(\d+)/.exec(response.headers.get('server-timing') ?? '')?.[1] ?? ''
      const answer = await comparable(response)
      seen.push({ answer, hashes: hashRuns.count - before, calls })
    }
    // The last of these is the one that locks, and is mailed about.
    for (let turn = 0; turn < 20; turn++) await ask(ann.email, GUESS)
    await ask(ann.email, GUESS)
    await ask(ann.email, PASSWORD)
    for (let turn = 0; turn < 22; turn++) await ask('nobody@example.org', GUESS)
    expect(new Set(seen.map((one) => JSON.stringify(one))).size).toBe(1)
    expect(seen[0]).toMatchObject({ hashes: 1, calls: expect.stringMatching(/^\d$/) })
    expect(seen[0]?.answer).toContain('invalid_credentials')
  })
})

describe('rule 6: a reset', () => {
  it('is never locked, and lets new devices in', async ({ expect }) => {
    await lock()
    const options = { from: nextSource() }
    const asked = await call(world, '/password/forgot', { email: ann.email }, options)
    expect(asked.status).toBe(202)
    const token = await mailedToken(world, ann.email)
    const body = { token, new_password: OTHER }
    expect((await call(world, '/password/reset', body, options)).status).toBe(204)
    expect(await enter(ann, nextSource(), OTHER)).toBe(200)
    expect(await world.count('mailed_secrets')).toBe(0)
  })

  it('is nothing that somebody else can do by asking for one', async ({ expect }) => {
    await lock()
    await call(world, '/password/forgot', { email: ann.email }, { from: nextSource() })
    expect(await enter()).toBe(401)
    const cookie = deviceCookie(await login(world, await world.person(), { from: nextSource() }))
    expect((await login(world, ann, browser(cookie, nextSource()))).status).toBe(401)
    await expect(signIn(world, ann.email, PASSWORD)).rejects.toThrow('401')
  })
})
