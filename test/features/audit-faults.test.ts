import { describe, it } from 'vitest'
import { AUTH, call, GENEROUS } from '../support/accounts.ts'
import { breakEach } from '../support/break-each.ts'
import { PASSWORD, type Person } from '../support/people.ts'
import type { World } from '../support/world.ts'

const OTHER = 'a quite different one'

/** A change, and how the rows show that it took place. */
const CHANGES: Record<
  string,
  {
    run: (world: World, ann: Person) => Promise<Response>
    done: (world: World) => Promise<boolean>
  }
> = {
  'user.update': {
    run: (world, ann) =>
      world.as('admin').patch(`/api/v1/users/${ann.id}`, { body: { is_active: false } }),
    done: async (world) => (await world.rows('users'))[0]?.is_active === 0,
  },
  'user.delete': {
    run: (world, ann) => world.as('admin').delete(`/api/v1/users/${ann.id}`),
    done: async (world) => (await world.count('users')) === 1,
  },
  'user.invite': {
    run: (world) => world.as('admin').post('/api/v1/users', { body: { email: 'x@example.org' } }),
    done: async (world) => (await world.count('users')) === 3,
  },
  'auth.login': {
    run: (world, ann) => call(world, '/login', { identifier: ann.email, password: PASSWORD }),
    done: async (world) => (await world.count('refresh_tokens')) === 1,
  },
  'auth.password_change': {
    run: (world, ann) =>
      world.as(ann).post(`${AUTH}/password/change`, {
        body: { current_password: PASSWORD, new_password: OTHER },
      }),
    done: async (world) => (await world.count('outbox')) === 1,
  },
}

describe('whatever call breaks, a change and its record are there together or not at all', () => {
  for (const [action, { run, done }] of Object.entries(CHANGES)) {
    it(action, async ({ expect }) => {
      let ann: Person
      const seen = new Set<boolean>()
      await breakEach({
        settings: GENEROUS,
        before: async (world) => {
          ann = await world.person()
          await world.admin()
        },
        run: (world) => run(world, ann),
        after: async (world, point) => {
          const records = (await world.rows('audit_log')).filter((row) => row.action === action)
          const took = await done(world)
          seen.add(took)
          expect(records, point).toHaveLength(took ? 1 : 0)
        },
      })
      expect(seen.size).toBe(2)
    })
  }
})
