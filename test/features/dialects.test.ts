import { beforeEach, describe, it } from 'vitest'
import { dialects } from '../../src/dialects/index.ts'
import { pathOf } from '../../src/dialects/mount.ts'
import { dialectOperations } from '../support/dialects.ts'
import { newWorld, type World } from '../support/world.ts'

const EVIL = 'https://evil.example.org'
const PAGE = 'http://localhost:5173'
const PREFLIGHT = {
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'authorization, x-any',
}

let world: World
beforeEach(async () => {
  world = await newWorld()
})

/** An address of each dialect that takes GET, and a body-less call of it. */
const samples = dialects.map(({ name }) => {
  const own = dialectOperations.filter(({ path }) => path.startsWith(`${pathOf(name)}/`))
  return { name, mount: pathOf(name), own }
})

describe('a dialect', () => {
  it('is served where DIALECTS names it, and by default nowhere in production', async ({
    expect,
  }) => {
    for (const { name, own } of samples) {
      const { method = '', path = '' } = own[0] ?? {}
      world.useSettings({ DIALECTS: name })
      const on = await world.request(method, path.replaceAll(/:\w+/g, '1'))
      expect(await on.text(), name).not.toContain('"code":"not_found"')
      world.useSettings({
        DIALECTS: dialects
          .map((one) => one.name)
          .filter((one) => one !== name)
          .join(','),
      })
      const off = await world.request(method, path.replaceAll(/:\w+/g, '1'))
      expect(off.status, name).toBe(404)
      expect(off.headers.get('content-type')).toContain('problem+json')
    }
  })

  it('answers an address that it does not know and a wrong method as Starlette does', async ({
    expect,
  }) => {
    for (const { name, mount, own } of samples) {
      const lost = await world.as('anonymous').get(`${mount}/no/such/address`)
      expect([lost.status, await lost.text()], name).toEqual([404, '{"detail":"Not Found"}'])
      const get = own.find(({ method, path }) => method === 'GET' && !path.includes(':'))
      if (!get) throw new Error(`${name} has nothing to read`)
      for (const method of ['HEAD', 'OPTIONS', 'TRACE']) {
        const wrong = await world.request(method, get.path).catch(() => null)
        if (!wrong) continue
        expect(wrong.status, `${method} ${get.path}`).toBe(405)
        if (method !== 'HEAD') expect(await wrong.text()).toBe('{"detail":"Method Not Allowed"}')
        const first = own.find(({ path }) => path === get.path)
        expect(wrong.headers.get('allow')).toBe(first?.method)
      }
    }
  })

  it('serves both spellings of a path', async ({ expect }) => {
    for (const { own } of samples) {
      for (const { method, path } of own.filter((one) => one.method === 'GET')) {
        const plain = path.replace(/\/$/, '').replaceAll(/:\w+/g, '1')
        const [one, other] = [
          await world.request(method, plain),
          await world.request(method, `${plain}/`),
        ]
        expect(other.status, plain).toBe(one.status)
        expect(one.status).not.toBe(307)
      }
    }
  })

  it('carries the headers of every answer of ours, and its mount in the log', async ({
    expect,
  }) => {
    const response = await world.as('anonymous').get('/dialects/onedna/health')
    expect(response.headers.get('x-request-id')).toBeTruthy()
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(world.logs.join('\n')).toContain('"route":"/dialects/onedna/health"')
  })
})

describe('a preflight', () => {
  const ask = (path: string, origin: string, headers: object = PREFLIGHT) =>
    world.request('OPTIONS', path, 'anonymous', { headers: { origin, ...headers } })

  it('is answered as Starlette answers it', async ({ expect }) => {
    for (const { name, own } of samples) {
      const response = await ask(own[0]?.path ?? '', PAGE)
      expect([response.status, await response.text()], name).toEqual([200, 'OK'])
      const { headers } = response
      expect(['*', PAGE]).toContain(headers.get('access-control-allow-origin'))
      expect(headers.get('access-control-allow-headers')).toBe('authorization, x-any')
      expect(headers.get('access-control-allow-methods')).toBe(
        'DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT',
      )
      expect(headers.get('access-control-max-age')).toBe('600')
      expect(headers.get('content-type')).toContain('text/plain')
    }
  })

  it('lets nobody in whom DIALECT_ORIGINS does not name', async ({ expect }) => {
    const named = dialects.map(
      ({ name }) => `${name}=https://${name}.linden.test,https://two.linden.test`,
    )
    world.useSettings({ DIALECT_ORIGINS: named.join('; ') })
    for (const { name, own } of samples) {
      const path = own[0]?.path ?? ''
      const refused = await ask(path, EVIL)
      expect([refused.status, await refused.text()]).toEqual([400, 'Disallowed CORS origin'])
      expect(refused.headers.get('access-control-allow-origin')).toBeNull()
      expect((await ask(path, 'https://two.linden.test')).status).toBe(200)
      const origin = `https://${name}.linden.test`
      for (const [from, allowed] of [
        [origin, origin],
        [EVIL, null],
      ] as const) {
        const answer = await world
          .as('anonymous')
          .get(`${pathOf(name)}/none`, { headers: { origin: from } })
        expect(answer.status).toBe(404)
        expect(answer.headers.get('access-control-allow-origin')).toBe(allowed)
        expect(answer.headers.get('vary')).toContain('Origin')
      }
    }
  })

  it('lets no cookies come along where any origin may call', async ({ expect }) => {
    world.useSettings({ DIALECT_ORIGINS: dialects.map(({ name }) => `${name}=*`).join(';') })
    for (const { own } of samples) {
      const response = await ask(own[0]?.path ?? '', EVIL)
      expect(response.headers.get('access-control-allow-origin')).toBe('*')
      expect(response.headers.get('access-control-allow-credentials')).toBeNull()
    }
  })

  it('does not concern our own API', async ({ expect }) => {
    world.useSettings({ DIALECT_ORIGINS: 'onedna=*' })
    const response = await ask('/api/v1/contact', EVIL)
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
  })
})
