import { beforeEach, describe, it } from 'vitest'
import { everyRow } from '../support/accounts.ts'
import { breakEach } from '../support/break-each.ts'
import { write } from '../support/content.ts'
import { picture } from '../support/media.ts'
import { join, rowOf } from '../support/newsletter.ts'
import { type Body, PORTFOLIO, portfolio } from '../support/portfolio.ts'
import { miscounted } from '../support/talk.ts'
import { newWorld, type World } from '../support/world.ts'

let world: World
const { call, adminToken, tokenOf } = portfolio(() => world)

/** Bodies that no operation takes, with what they are answered. */
const NASTY: [what: string, body: BodyInit, status: number][] = [
  ['nothing', '', 422],
  ['null', 'null', 422],
  ['a list', '[]', 422],
  ['a text', '"x"', 422],
  ['half an object', '{"title":', 422],
  ['a key named twice', '{"title":"a","title":"b"}', 400],
  ['a key that reaches for the prototype', '{"__proto__":{"x":1},"content":7}', 422],
  ['NUL in a text', '{"title":"a\\u0000","password":7,"token":7,"email":7}', 422],
  ['what is no UTF-8', Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d), 400],
  ['17 levels', `${'{"a":'.repeat(17)}1${'}'.repeat(17)}`, 400],
  ['more than 512 KiB', `{"title":"${'x'.repeat(530_000)}"}`, 413],
]

const TAKES_JSON: [method: string, path: string, who: 'nobody' | 'admin'][] = [
  ['POST', '/auth/login', 'nobody'],
  ['POST', '/auth/verify-2fa', 'nobody'],
  ['POST', '/contact/', 'nobody'],
  ['POST', '/subscribes/subscribe', 'nobody'],
  ['POST', '/subscribes/unsubscribe', 'nobody'],
  ['POST', '/blog/1/comments', 'nobody'],
  ['POST', '/reactions/project/1', 'nobody'],
  ['POST', '/auth/register', 'admin'],
  ['POST', '/auth/enable-totp', 'admin'],
  ['POST', '/blog', 'admin'],
  ['POST', '/projects/admin', 'admin'],
  ['POST', '/profiles/', 'admin'],
  ['POST', '/projects/admin/1/videos', 'admin'],
]

describe('bad input to the portfolio', () => {
  beforeEach(async () => {
    world = await newWorld({ RATE_LIMIT_SCALE: '1000' })
  })

  it.for(TAKES_JSON)(
    'is refused, and changes nothing: %s %s',
    async ([method, path, who], { expect }) => {
      const token = who === 'nobody' ? null : await adminToken()
      const before = await everyRow(['rate_limits'])
      for (const [what, raw, status] of NASTY) {
        const response = await world.request(method, PORTFOLIO + path, 'anonymous', {
          raw,
          headers: {
            'content-type': 'application/json',
            ...(token && { authorization: `Bearer ${token}` }),
          },
        })
        const body = await response.json<{ detail: unknown }>()
        expect([response.status, Object.keys(body)], `${what}: ${JSON.stringify(body)}`).toEqual([
          status,
          ['detail'],
        ])
      }
      expect(await everyRow(['rate_limits'])).toEqual(before)
    },
  )

  it('in an address is refused', async ({ expect }) => {
    for (const path of [
      '/projects/1e3',
      '/projects/99999999999999999999',
      '/projects/-',
      '/reactions/project/x/summary',
      '/blog?limit=0',
      '/messages?read=perhaps',
    ]) {
      const { status } = await call('GET', path, { token: await adminToken() })
      expect(status, path).toBe(422)
    }
    expect((await call('GET', '/projects/-1')).status).toBe(404)
    expect((await call('GET', "/blog/'or'1")).status).toBe(404)
  })
})

describe('while something is broken', () => {
  const ANN = 'ann@example.org'
  const broken = (status: number) => status >= 500

  it('whoever leaves the newsletter has left and is told, or neither', async ({ expect }) => {
    await breakEach({
      before: async (fresh) => {
        world = fresh
        await join(world, ANN)
      },
      run: () => call('POST', '/subscribes/unsubscribe', { json: { email: ANN } }),
      after: async (fresh, point) => {
        const hasLeft = (await rowOf(fresh, ANN))?.status === 'unsubscribed'
        await fresh.settle()
        const told = fresh.outside.to(ANN).filter(({ subject }) => subject.includes('unsubscribed'))
        expect(told.length, point).toBe(hasLeft ? 1 : 0)
      },
    })
  })

  it('a reaction is one, and counted as one', async ({ expect }) => {
    let id = 0
    const json = { email: ANN, name: 'Ann', reaction_type: 'love' }
    await breakEach({
      before: async (fresh) => {
        world = fresh
        id = (await write(world)).id
      },
      run: () => call('POST', `/reactions/blog_post/${id}`, { json }),
      after: async (fresh, point) => {
        expect(await fresh.count('reactions'), point).toBeLessThanOrEqual(1)
        expect(await miscounted(), point).toEqual([])
      },
    })
  })

  it('a picture is placed with its record, or neither', async ({ expect }) => {
    let token = ''
    let at = ''
    await breakEach({
      settings: { RATE_LIMIT_SCALE: '1000' },
      before: async (fresh) => {
        world = fresh
        token = await adminToken()
        const json = { name: 'Ann', title: 'Potter', email: ANN }
        const { body } = await call('POST', '/profiles/', { token, json })
        const { url } = await picture(world)
        const query = new URLSearchParams({ image_url: url })
        at = `/profiles/${(body as { id: number }).id}/images?${query}`
      },
      run: () => call('POST', at, { token }),
      after: async (fresh, point) => {
        const [image] = await fresh.rows('images')
        const records = (await fresh.rows('audit_log')).filter(
          (row) => row.action === 'image.update',
        )
        expect(records.length, point).toBe(image?.entity_type === 'profile' ? 1 : 0)
      },
    })
  })

  it('backup codes are those that were shown, or the app is not asked for', async ({ expect }) => {
    let token = ''
    let shown: string[] = []
    await breakEach({
      settings: { RATE_LIMIT_SCALE: '1000' },
      before: async (fresh) => {
        world = fresh
        token = await tokenOf(await world.person({ email: ANN }))
      },
      run: async () => {
        const json = { password: 'correct horse battery' }
        const { status, body } = await call('POST', '/auth/enable-totp', { token, json })
        if (!broken(status)) shown = (body as { backup_codes?: string[] }).backup_codes ?? []
        return body as Body
      },
      after: async (fresh, point) => {
        const [account] = await fresh.rows('users')
        expect(account?.totp_enabled_at, point).toBeNull()
        expect(await fresh.count('recovery_codes'), point).toBe(0)
      },
    })
    expect(shown).toHaveLength(10)
  })
})
