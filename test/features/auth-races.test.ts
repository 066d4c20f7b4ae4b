import { describe, it } from 'vitest'
import { AUTH, call, GENEROUS, inParallel, mailedToken } from '../support/accounts.ts'
import { PASSWORD, type Person } from '../support/people.ts'
import { rounds } from '../support/rounds.ts'
import { newWorld, type World } from '../support/world.ts'

const EMAIL = 'ann@example.org'
const NEW = 'new@example.org'
const OTHER = 'a quite different one'

let world: World

const changeEmail = (person: Person, new_email: string) =>
  world.as(person).post(`${AUTH}/email/change`, { body: { new_email } })
const confirm = (token: string) => call(world, '/email/confirm', { token })

describe('of fifty tries with one secret at once exactly one succeeds', { timeout: 60_000 }, () => {
  const kinds: Record<string, () => Promise<(index: number) => Promise<Response>>> = {
    reset: async () => {
      await world.person({ email: EMAIL })
      await call(world, '/password/forgot', { email: EMAIL })
      const token = await mailedToken(world, EMAIL)
      return (index) => call(world, '/password/reset', { token, new_password: `${OTHER} ${index}` })
    },
    verify: async () => {
      await call(world, '/register', { email: EMAIL, password: PASSWORD })
      const token = await mailedToken(world, EMAIL)
      return () => call(world, '/verify-email', { token, password: OTHER })
    },
    'e-mail change': async () => {
      const ann = await world.person({ email: EMAIL, steppedUp: true })
      await changeEmail(ann, NEW)
      const token = await mailedToken(world, NEW)
      return () => confirm(token)
    },
    invite: async () => {
      await world.as('admin').post('/api/v1/users', { body: { email: EMAIL } })
      const token = await mailedToken(world, EMAIL)
      return () => call(world, '/invite/accept', { token, password: OTHER })
    },
  }
  for (const [kind, prepare] of Object.entries(kinds)) {
    it(`to ${kind}`, async ({ expect }) => {
      for (let round = 0; round < rounds(20); round++) {
        world = await newWorld(GENEROUS)
        const statuses = await inParallel(50, await prepare())
        const successes = (statuses[200] ?? 0) + (statuses[204] ?? 0)
        expect(successes, JSON.stringify(statuses)).toBe(1)
        // A hash too many at once is refused with 503; nothing else may happen.
        expect((statuses[400] ?? 0) + (statuses[503] ?? 0)).toBe(49)
      }
    })
  }
})
