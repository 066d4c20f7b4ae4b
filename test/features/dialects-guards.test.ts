import { beforeEach, describe, it } from 'vitest'
import { DIALECTS, type Dialect as Name } from '../../src/core/dialects.ts'
import { dialects } from '../../src/dialects/index.ts'
import {
  type Dialect,
  operationsOf as operationsOfDialect,
  pathOf,
} from '../../src/dialects/mount.ts'
import { type Bindings, readSettings } from '../../src/env.ts'
import { signAccessToken } from '../../src/features/auth/access-token.ts'
import { createRoutes } from '../../src/http/routes.ts'
import { everyRow, GENEROUS } from '../support/accounts.ts'
import { dialectOperations } from '../support/dialects.ts'
import type { Person } from '../support/people.ts'
import { newWorld, type World } from '../support/world.ts'

const ID = '0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10'

let world: World
let ann: Person
let boss: Person
beforeEach(async () => {
  world = await newWorld({ ...GENEROUS, REQUIRE_ADMIN_2FA: 'false' })
  ann = await world.person()
  boss = await world.person({ role: 'admin', totp: false, steppedUp: true })
})

/** A token for a session of somebody, as the dialect would give it. */
const tokenOf = ({ id, sessionId }: Person, name: Name | 'atelier') =>
  signAccessToken(
    readSettings(world.env as unknown as Bindings),
    { userUid: id, sessionUid: sessionId },
    600,
    name,
  )

const operationsOf = (name: Name) =>
  dialectOperations.filter(({ path }) => path.startsWith(`${pathOf(name)}/`))
const closed = (name: Name) => operationsOf(name).filter(({ policy }) => policy !== 'anyone')
const withAccounts = dialects.map(({ name }) => name).filter((name) => closed(name).length > 0)

/** An operation at every spelling of an id. A dialect may keep its token in a cookie of its own name. */
async function ask(method: string, path: string, token?: string) {
  const isWrite = method !== 'GET'
  return await world.request(method, path.replaceAll(/:\w+(?:\{[^}]*\})?/g, ID), 'anonymous', {
    ...(isWrite && { raw: '{}' }),
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(isWrite && { 'content-type': 'application/json' }),
    },
  })
}

describe('operations of dialects', () => {
  it('each have a guard, and there are some that are closed', ({ expect }) => {
    for (const { policy } of dialectOperations)
      expect(['anyone', 'user', 'owner', 'admin']).toContain(policy)
    expect(withAccounts).toContain('fastapi-template')
  })

  it('keep a dialect from being served when one has no guard', ({ expect }) => {
    const routes = createRoutes()
    routes.get('/it', (c) => c.body(null))
    const dialect: Dialect = {
      name: 'onedna',
      parts: { '/': [routes] },
      crossOrigin: { credentials: false },
    }
    expect(() => operationsOfDialect(dialect)).toThrow('GET /dialects/onedna/it needs a guard')
  })

  it.for(withAccounts)(
    'are closed to strangers, and refused calls leave no trace: %s',
    async (name, { expect }) => {
      const before = await everyRow(['rate_limits'])
      const foreign = DIALECTS.filter((one) => one !== name)
      const tokens = [
        undefined,
        'nonsense',
        ann.token,
        ...(await Promise.all(foreign.map((one) => tokenOf(boss, one)))),
      ]
      for (const { method, path } of closed(name)) {
        for (const token of tokens) {
          const { status } = await ask(method, path, token)
          expect([401, 403], `${method} ${path} ${token}`).toContain(status)
        }
      }
      expect(await everyRow(['rate_limits'])).toEqual(before)
    },
  )

  it.for(withAccounts)('keep what is for admins from others: %s', async (name, { expect }) => {
    const before = await everyRow(['rate_limits'])
    const hers = await tokenOf(ann, name)
    for (const { method, path } of operationsOf(name).filter(({ policy }) => policy === 'admin')) {
      expect((await ask(method, path, hers)).status, `${method} ${path}`).toBe(403)
    }
    expect(await everyRow(['rate_limits'])).toEqual(before)
  })

  it.for(withAccounts)('let those in who may: %s', async (name, { expect }) => {
    for (const { method, path } of closed(name)) {
      const token = await tokenOf(
        await world.person({ role: 'admin', totp: false, steppedUp: true }),
        name,
      )
      const response = await ask(method, path, token)
      expect(response.status, `${method} ${path}`).toBeLessThan(500)
      expect(response.status, `${method} ${path}`).not.toBe(401)
    }
  })

  it('open nothing of our own API with their tokens', async ({ expect }) => {
    for (const name of DIALECTS) {
      const headers = { authorization: `Bearer ${await tokenOf(boss, name)}` }
      for (const path of ['/api/v1/users/me', '/api/v1/users', '/api/v1/audit-log']) {
        expect((await world.as('anonymous').get(path, { headers })).status, `${name} ${path}`).toBe(
          401,
        )
      }
    }
  })

  it.for(withAccounts)(
    'are closed to a session that has ended, at once: %s',
    async (name, { expect }) => {
      const token = await tokenOf(ann, name)
      const get = closed(name).find(({ method, policy }) => method === 'GET' && policy !== 'admin')
      if (!get) return
      expect([401, 403]).not.toContain(
        (await ask('GET', get.path.replace(/:\w+/, ann.id), token)).status,
      )
      await world.as(ann).post('/api/v1/auth/logout')
      expect([401, 403]).toContain((await ask('GET', get.path, token)).status)
    },
  )

  it.for(withAccounts)(
    'cost a private read no more than two round trips to D1: %s',
    async (name, { expect }) => {
      const token = await tokenOf(boss, name)
      for (const { path } of closed(name).filter(({ method }) => method === 'GET')) {
        const response = await ask('GET', path, token)
        if (response.status !== 200) continue
        const [, calls] = /calls=(\d+)/.exec(response.headers.get('server-timing') ?? '') ?? []
        expect(Number(calls), path).toBeLessThanOrEqual(2)
      }
    },
  )
})
