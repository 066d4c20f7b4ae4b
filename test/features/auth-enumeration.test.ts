import { beforeEach, describe, it } from 'vitest'
import { hashRuns } from '../../src/features/auth/password.ts'
import { AUTH, call, comparable, GENEROUS } from '../support/accounts.ts'
import type { Person } from '../support/people.ts'
import { newWorld, type World } from '../support/world.ts'

const STATES = ['exists', 'absent', 'unverified', 'banned', 'invited'] as const
const GUESS = 'not the password'

let world: World
let caller: Person
beforeEach(async () => {
  world = await newWorld(GENEROUS)
  caller = await world.person({ steppedUp: true })
  await world.person({ email: addressOf('exists') })
  await world.person({ email: addressOf('unverified'), verified: false })
  await world.person({ email: addressOf('banned'), active: false })
  await world.as('admin').post('/api/v1/users', { body: { email: addressOf('invited') } })
})

const addressOf = (state: (typeof STATES)[number]) => `${state}@example.org`

const FLOWS: Record<string, { hashes: number; run: (email: string) => Promise<Response> }> = {
  'signing in': {
    hashes: 1,
    run: (email) => call(world, '/login', { identifier: email, password: GUESS }),
  },
  registering: {
    hashes: 1,
    run: (email) => call(world, '/register', { email, password: GUESS }),
  },
  'asking for a reset': { hashes: 0, run: (email) => call(world, '/password/forgot', { email }) },
  'asking for the link once more': {
    hashes: 0,
    run: (email) => call(world, '/resend-verification', { email }),
  },
  'changing to an address': {
    hashes: 0,
    run: (email) => world.as(caller).post(`${AUTH}/email/change`, { body: { new_email: email } }),
  },
}

const d1Calls = (response: Response): string =>
  /calls=(\d+)/.exec(response.headers.get('server-timing') ?? '')?.[1] ?? 'none'
const isWritten = (response: Response): boolean =>
  !/written=0/.test(response.headers.get('server-timing') ?? '')

describe('nobody learns whether an address has an account, and in what state', () => {
  for (const [flow, { hashes, run }] of Object.entries(FLOWS)) {
    it(`by ${flow}`, async ({ expect }) => {
      const seen: { state: string; answer: string; hashes: number; calls: string }[] = []
      for (const state of STATES) {
        const before = hashRuns.count
        const response = await run(addressOf(state))
        expect(response.status, state).toBe(flow === 'signing in' ? 401 : 202)
        const calls = `${d1Calls(response)} ${isWritten(response)}`
        const answer = await comparable(response)
        seen.push({ state, answer, hashes: hashRuns.count - before, calls })
      }
      const [first] = seen
      for (const { state, ...cell } of seen) {
        expect(cell, state).toEqual({ answer: first?.answer, hashes, calls: first?.calls })
      }
      expect(first?.calls).toMatch(/^\d true$/)
    })

    it(`by ${flow} again and again`, async ({ expect }) => {
      world.useSettings({ RATE_LIMIT_SCALE: '1' })
      const seen = new Set<string>()
      for (const state of STATES) {
        // One source each, with the same past.
        world.pass(24 * 3_600_000)
        caller = await world.person({ steppedUp: true })
        const statuses: number[] = []
        for (let turn = 0; turn < 12; turn++) {
          const response = await run(addressOf(state))
          statuses.push(response.status)
        }
        seen.add(statuses.join())
      }
      expect(seen.size).toBe(1)
      expect([...seen][0]).toContain('429')
    })
  }

  it('by a link that is tried on', async ({ expect }) => {
    const token = 'A'.repeat(43)
    const answers = await Promise.all(
      [
        call(world, '/password/reset', { token, new_password: GUESS }),
        call(world, '/email/confirm', { token }),
        call(world, '/verify-email', { token, password: GUESS }),
        call(world, '/invite/accept', { token, password: GUESS }),
      ].map(async (answer) => (await answer).status),
    )
    expect(answers).toEqual([400, 400, 400, 400])
  })
})
