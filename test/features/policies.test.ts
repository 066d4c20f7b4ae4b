import { env } from 'cloudflare:workers'
import { beforeAll, describe, it } from 'vitest'
import { createApp } from '../../src/app.ts'
import type { Operation } from '../../src/http/operations.ts'
import { call, everyRow, GENEROUS } from '../support/accounts.ts'
import { form, IMAGES, VIDEOS } from '../support/media.ts'
import { suppress } from '../support/newsletter.ts'
import { newOrder, newVariant } from '../support/orders.ts'
import { PASSWORD, type Person } from '../support/people.ts'
import { png } from '../support/pictures.ts'
import { sampleBody } from '../support/samples.ts'
import { paid, tell } from '../support/stripe-events.ts'
import { type Caller, newWorld, type World } from '../support/world.ts'

const { operations } = createApp()

const NOBODYS = '0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10'
const CONTACT = { name: 'Ann', email: 'ann@example.org', message: 'Hello' }

type Principal = 'user' | 'other' | 'admin' | 'banned' | 'gone' | 'pending' | 'bare'
type People = Record<Principal, Person>

async function pendingPerson(world: World): Promise<Person> {
  const person = await world.person({ totp: true })
  const answer = await call(world, '/login', { identifier: person.email, password: PASSWORD })
  const { challenge_token } = await answer.json<{ challenge_token: string }>()
  return { ...person, token: challenge_token }
}

/** A studio with one of everything that can be named in an address. */
async function open(): Promise<{ world: World; people: People }> {
  const world = await newWorld(GENEROUS)
  const people = {
    user: await world.person({ steppedUp: true }),
    other: await world.person({ steppedUp: true }),
    admin: await world.admin(),
    banned: await world.person({ role: 'admin', active: false, steppedUp: true }),
    gone: await world.person({ role: 'admin', steppedUp: true }),
    /** Whose password was right, and whose second factor is to come. */
    pending: await pendingPerson(world),
    /** An admin who has no second factor. */
    bare: await world.person({ role: 'admin', totp: false, steppedUp: true }),
  }
  await world.as(people.gone).post('/api/v1/auth/logout')
  await world.as('anonymous').post('/api/v1/contact', { body: CONTACT })
  await world.as(people.user).post('/api/v1/items', { body: { title: 'Hers' } })
  const text = { title: 'One', content: 'Words.', status: 'published' }
  await world.as('admin').post('/api/v1/posts', { body: { ...text, tags: ['Clay'] } })
  await world.as('admin').post('/api/v1/projects', { body: { ...text, technologies: ['Raku'] } })
  const [post] = await world.rows('posts')
  const on = `/api/v1/posts/${post?.id}`
  const comment = { name: 'Ann', email: 'ann@example.org', content: 'Fine.' }
  await world.as('anonymous').post(`${on}/comments`, { body: comment })
  await world.as(people.other).put(`${on}/reaction`, { body: { type: 'love' } })
  const profile = `/api/v1/profiles/${people.user.username}`
  await world.as(people.user).put(profile, { body: { name: 'Ann' } })
  await world.as('admin').post('/api/v1/categories', { body: { name: 'Bowls' } })
  const price = { amount: 1250, currency: 'usd' }
  const product = { name: 'One', status: 'active', variants: [{ sku: 'ONE', price, on_hand: 5 }] }
  await world.as('admin').post('/api/v1/products', { body: product })
  const place = { entity_type: 'project', entity_id: 1 }
  await world.as('admin').post(IMAGES, { raw: form(png(), place) })
  const video = { ...place, title: 'One', url: 'https://vimeo.com/1' }
  await world.as('admin').post(VIDEOS, { body: video })
  await world.as('anonymous').post('/api/v1/subscribers', { body: { email: 'sub@example.org' } })
  await world.as('admin').post('/api/v1/discounts', { body: { code: 'ONE', percent: 5 } })
  await suppress('dead@example.org')
  const cup = await newVariant(5)
  const order = await newOrder(world, cup, { by: people.user, email: people.user.email })
  await tell(world, paid(order))
  await call(world, '/password/forgot', { email: people.user.email })
  await world.deliver()
  return { world, people }
}

/** The operation's path with each name that there is: the public id of a row of every table. */
async function pathsOf({ path }: Operation): Promise<string[]> {
  if (!path.includes(':')) return [path]
  const tables = Object.values(await everyRow())
  const ids = tables.flatMap((rows) => rows.slice(0, 1).map((row) => row.uid ?? row.id))
  const names = tables.flatMap((rows) =>
    rows.slice(0, 1).flatMap((row) => row.username ?? (row.reason ? row.email_key : null) ?? []),
  )
  return [...new Set([...ids, ...names, NOBODYS])].map((id) => path.replaceAll(/:\w+/g, String(id)))
}

/** A picture for the only profile that there is, where the operation takes more than a picture. */
function sampleForm({ schemas }: Operation): FormData {
  const fields = { entity_type: 'profile', entity_id: 1 }
  const takesMore = schemas.form?.().safeParse({ file: png(), ...fields, entity_id: '1' }).success
  return form(png(), takesMore ? fields : {})
}

/** All that a refused call must not have touched. */
const stateOf = async (world: World) => ({
  rows: await everyRow(['rate_limits']),
  queued: world.queued,
  objects: (await env.FILES.list()).objects.map(({ key }) => key),
  keys: (await env.CACHE.list()).keys.map(({ name }) => name),
  outside: world.outside.calls,
})

const isWrite = ({ method }: Operation) => method !== 'GET' && method !== 'HEAD'

async function ask(world: World, operation: Operation, path: string, caller: Caller, raw?: string) {
  const isForm = operation.schemas.form !== undefined && raw === undefined
  const sent = isWrite(operation) ? (sampleBody(operation) ?? {}) : undefined
  const response = await world.request(operation.method, path, caller, {
    ...(isForm ? { raw: sampleForm(operation) } : raw === undefined ? { body: sent } : { raw }),
    ...(isWrite(operation) && !isForm && { headers: { 'content-type': 'application/json' } }),
  })
  const text = await response.text()
  const code = text.startsWith('{') ? String(JSON.parse(text).code) : ''
  return { status: response.status, code, name: `${operation.method} ${path}` }
}

/** Who may call it, whoever they are. */
const callersOf = ({ policy }: Operation, people: People): Caller[] => [
  ...(policy === 'anyone' ? (['anonymous', people.banned] as const) : []),
  ...(policy === 'anyone' || policy === 'user' ? [people.other] : []),
  ...(policy === 'admin' ? [] : [people.user]),
  people.admin,
]

/** The calls of those who may that were refused to them, or broke. */
async function failures(world: World, operation: Operation, paths: string[], callers: Caller[]) {
  const found: string[] = []
  for (const caller of callers) {
    for (const path of paths) {
      const { status, code, name } = await ask(world, operation, path, caller)
      const isRefused = operation.policy !== 'anyone' && /^(unauthorized|forbidden)$/.test(code)
      if (status >= 500 || isRefused) found.push(`${name}: ${status} ${code}`)
    }
  }
  return found
}

describe('the policy of every operation', () => {
  it('is declared, and there is a body that would be accepted', async ({ expect }) => {
    expect(operations.length).toBeGreaterThan(40)
    for (const operation of operations) {
      expect(['anyone', 'user', 'owner', 'admin'], operation.path).toContain(operation.policy)
      const body = operation.schemas.json?.().safeParse(sampleBody(operation))
      expect(body?.success ?? true, `${operation.path} ${body?.error}`).toBe(true)
    }
  })

  describe('refuses whoever may not, and lets everybody read who may', () => {
    let world: World
    let people: People
    // One for all of them: what is refused changes nothing.
    beforeAll(async () => {
      const opened = await open()
      world = opened.world
      people = opened.people
    })

    it.for(operations.map((one) => [one.method, one.path, one] as const))(
      '%s %s',
      async ([, , operation], { expect }) => {
        const { policy } = operation
        const { user, other, banned, gone, pending, bare } = people
        const before = structuredClone(await stateOf(world))
        const paths = await pathsOf(operation)

        const refuse = async (caller: Caller, status: number[], code?: string) => {
          for (const one of paths) {
            for (const raw of isWrite(operation) ? [undefined, '{'] : [undefined]) {
              const answer = await ask(world, operation, one, caller, raw)
              const name = `${answer.name} ${answer.code}`
              expect(raw === '{' && policy === 'owner' ? [400, ...status] : status, name).toContain(
                answer.status,
              )
              if (code) expect(answer.code, name).toBe(code)
            }
          }
        }

        if (policy !== 'anyone') {
          for (const caller of ['anonymous', banned, gone, pending] as const) {
            await refuse(caller, [401], 'unauthorized')
          }
        }
        if (policy === 'admin') {
          for (const one of [user, other]) await refuse(one, [403], 'forbidden')
          await refuse(bare, [403], 'second_factor_required')
        }
        if (policy === 'owner') for (const one of [other, bare]) await refuse(one, [403, 404])
        expect(await stateOf(world)).toEqual(before)
        if (!isWrite(operation)) {
          const fails = await failures(world, operation, paths, callersOf(operation, people))
          expect(fails).toEqual([])
        }
      },
    )
  })

  it.for(operations.filter(isWrite).map((one) => [one.method, one.path, one] as const))(
    'lets everybody %s %s who may',
    async ([, , operation], { expect }) => {
      const { world, people } = await open()
      // A call may end the session of who makes it, so each makes one.
      const paths = (await pathsOf(operation)).slice(0, 1)
      const fails = await failures(world, operation, paths, callersOf(operation, people))
      expect(fails).toEqual([])
    },
  )

  it('opens the operations of an owner to their owner and to the admin', async ({ expect }) => {
    for (const operation of operations.filter(({ policy }) => policy === 'owner')) {
      for (const who of ['user', 'admin'] as const) {
        const { world, people } = await open()
        const statuses: number[] = []
        for (const path of await pathsOf(operation)) {
          statuses.push((await ask(world, operation, path, people[who])).status)
        }
        expect(
          statuses.filter((status) => status < 300),
          `${operation.path} by ${who}`,
        ).toHaveLength(1)
      }
    }
  })

  it('asks for the password once more where it says so', async ({ expect }) => {
    const sensitive = operations.filter((operation) => operation.stepUp)
    expect(sensitive.length).toBeGreaterThanOrEqual(4)
    for (const operation of sensitive) {
      const { world, people } = await open()
      await world.as(people.admin).get('/api/v1/users/me')
      const before = structuredClone(await stateOf(world))
      await env.DB.prepare('update sessions set stepped_up_at = ?')
        .bind(Date.now() - 5 * 60_000)
        .run()
      for (const path of await pathsOf(operation)) {
        const { status, code, name } = await ask(world, operation, path, people.admin)
        expect([status, code], name).toEqual([403, 'step_up_required'])
      }
      const after = await stateOf(world)
      for (const rows of [before.rows, after.rows]) delete rows.sessions
      expect(after).toEqual(before)
    }
  })

  it('costs a private read no more than two round trips to D1', async ({ expect }) => {
    const { world, people } = await open()
    const reads = operations.filter((one) => one.method === 'GET' && one.policy !== 'anyone')
    const counted: Record<string, number> = {}
    for (const operation of reads) {
      for (const path of await pathsOf(operation)) {
        const response = await world.as(people.admin).get(path)
        if (response.status !== 200) continue
        const [, calls] = /calls=(\d+)/.exec(response.headers.get('server-timing') ?? '') ?? []
        counted[operation.path] = Number(calls)
      }
    }
    expect(Object.keys(counted).toSorted()).toEqual(reads.map(({ path }) => path).toSorted())
    const dear = Object.entries(counted).filter(([, calls]) => calls > 2)
    expect(dear).toEqual([])
  })
})
