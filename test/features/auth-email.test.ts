import { describe, it } from 'vitest'
import { AUTH, call, GENEROUS, mailedToken, signIn, statusOf } from '../support/accounts.ts'
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

describe('a change of address', () => {
  it('takes place when the new address confirms it, and both are told', async ({ expect }) => {
    world = await newWorld(GENEROUS)
    const ann = await world.person({ email: EMAIL, steppedUp: true })
    const answer = await changeEmail(ann, 'New@Example.ORG')
    expect([answer.status, await answer.json()]).toEqual([202, { status: 'accepted' }])
    const token = await mailedToken(world, 'New@example.org')
    expect(world.outside.to(EMAIL)).toEqual([])
    await expect(signIn(world, NEW, PASSWORD)).rejects.toThrow()
    expect((await confirm(token)).status).toBe(204)
    await world.deliver()
    expect(world.outside.to(EMAIL)).toHaveLength(1)
    expect(world.outside.to('New@example.org')).toHaveLength(2)
    const signedIn = await signIn(world, NEW, PASSWORD)
    expect(signedIn.email).toBe('New@example.org')
    await expect(signIn(world, EMAIL, PASSWORD)).rejects.toThrow()
    expect(await statusOf(world, ann)).toBe(200)
    expect((await confirm(token)).status).toBe(400)
  })

  it('needs the password to be proven', async ({ expect }) => {
    world = await newWorld(GENEROUS)
    const ann = await world.person()
    const answer = await changeEmail(ann, NEW)
    expect([answer.status, await answer.json()]).toEqual([
      403,
      expect.objectContaining({ code: 'step_up_required' }),
    ])
    expect(await world.rows('outbox')).toEqual([])
  })

  it('to an address that is taken tells its owner alone', async ({ expect }) => {
    world = await newWorld(GENEROUS)
    const ann = await world.person({ email: EMAIL, steppedUp: true })
    await world.person({ email: NEW })
    const [taken, free] = await Promise.all([
      changeEmail(ann, NEW),
      changeEmail(ann, 'free@example.org'),
    ])
    expect([taken.status, await taken.text()]).toEqual([free.status, await free.text()])
    await world.deliver()
    expect(world.outside.to(NEW)).toHaveLength(1)
    expect(world.outside.to(NEW)[0]?.text).not.toContain('#token=')
    expect(world.outside.to(EMAIL)).toEqual([])
  })

  it('takes the address from an account that never proved it', async ({ expect }) => {
    world = await newWorld(GENEROUS)
    const ann = await world.person({ email: EMAIL, steppedUp: true })
    await call(world, '/register', { email: NEW, password: PASSWORD })
    await changeEmail(ann, NEW)
    expect((await confirm(await mailedToken(world, NEW))).status).toBe(204)
    expect((await world.rows('users')).map((row) => row.email)).toEqual([NEW])
  })

  it('is over after an hour, a newer one, a new password or a ban', async ({ expect }) => {
    const ends: Record<string, (ann: Person) => Promise<unknown>> = {
      hour: async () => world.pass(3_600_000),
      newer: (ann) => changeEmail(ann, 'other@example.org'),
      password: (ann) =>
        world.as(ann).post(`${AUTH}/password/change`, {
          body: { current_password: PASSWORD, new_password: OTHER },
        }),
      ban: (ann) =>
        world.as('admin').patch(`/api/v1/users/${ann.id}`, { body: { is_active: false } }),
    }
    for (const [name, end] of Object.entries(ends)) {
      world = await newWorld(GENEROUS)
      const ann = await world.person({ email: EMAIL, steppedUp: true })
      await changeEmail(ann, NEW)
      const token = await mailedToken(world, NEW)
      await end(ann)
      expect((await confirm(token)).status, name).toBe(400)
    }
  })
})

describe('of two changes of address at once', { timeout: 60_000 }, () => {
  const addressOf = async (person: Person) =>
    (await world.rows('users')).find((row) => row.uid === person.id)?.email

  it('each address is confirmed with its own link alone', async ({ expect }) => {
    const outcomes = new Set<unknown>()
    for (let round = 0; round < rounds(200); round++) {
      world = await newWorld(GENEROUS)
      const ann = await world.person({ email: EMAIL, steppedUp: true })
      const [a, b] = ['a@example.org', 'b@example.org']
      await Promise.all([changeEmail(ann, a), changeEmail(ann, b)])
      const links: { to: string; token: string }[] = []
      for (const to of [a, b]) links.push({ to, token: await mailedToken(world, to) })
      // While the first link is opened, another change is asked for, and its link is not opened.
      const [statuses] = await Promise.all([
        Promise.all(links.map(async ({ token }) => (await confirm(token)).status)),
        changeEmail(ann, 'c@example.org'),
      ])
      const confirmed = links.filter((_, index) => statuses[index] === 204).map(({ to }) => to)
      expect(confirmed.length).toBeLessThan(2)
      expect(await addressOf(ann)).toBe(confirmed[0] ?? EMAIL)
      outcomes.add(confirmed.length)
    }
    expect(outcomes).toContain(1)
  })

  it('one account gets an address that two ask for', async ({ expect }) => {
    for (let round = 0; round < rounds(200); round++) {
      world = await newWorld(GENEROUS)
      const people = await Promise.all([1, 2].map(() => world.person({ steppedUp: true })))
      const tokens: string[] = []
      for (const person of people) {
        await changeEmail(person, NEW)
        tokens.push(await mailedToken(world, NEW))
      }
      const statuses = await Promise.all(tokens.map(async (token) => (await confirm(token)).status))
      expect(statuses.toSorted()).toEqual([204, 400])
      const owners = (await world.rows('users')).filter((row) => row.email_key === NEW)
      expect(owners).toHaveLength(1)
      expect(owners[0]?.uid).toBe(people[statuses.indexOf(204)]?.id)
    }
  })
})
