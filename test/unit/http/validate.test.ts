import { beforeEach, describe, it } from 'vitest'
import * as z from 'zod/mini'
import { lazily } from '../../../src/core/lazily.ts'
import { answerError } from '../../../src/http/problem.ts'
import { createRouter } from '../../../src/http/router.ts'
import { createRoutes, mount, under } from '../../../src/http/routes.ts'
import { validate } from '../../../src/http/validate.ts'

let checks = 0
const counted = z.check<string>(() => {
  checks++
})
const Named = lazily(() =>
  z.object({
    id: z.pipe(
      z.string().check(counted, z.regex(/^[a-z0-9]+$/)),
      z.transform((id) => [id]),
    ),
  }),
)
const Numbered = lazily(() => z.object({ id: z.pipe(z.string(), z.coerce.number()) }))

const routes = createRoutes()
routes.get('/things/:id', validate('param', Named), (c) => {
  const { id } = c.req.valid('param')
  Object.assign(c.req.valid('param'), { id: 'spoilt' })
  return c.json(id)
})
routes.put('/things/:id', validate('param', Numbered), (c) => c.json(c.req.valid('param').id))
routes.get('/others/:id', validate('param', Named), (c) => c.json(c.req.valid('param').id))
const app = createRouter()
mount(app, under('/', routes))
app.onError(answerError)

const ask = async (path: string, method = 'GET') => {
  const response = await app.request(path, { method })
  return [response.status, ...((response.ok ? [await response.json()] : []) as unknown[])]
}

beforeEach(() => {
  checks = 0
})

describe('parameters of a path', () => {
  it('are checked once and come out the same each time', async ({ expect }) => {
    for (let time = 0; time < 3; time++) expect(await ask('/things/7a')).toEqual([200, ['7a']])
    expect(checks).toBe(1)
    expect(await ask('/things/8a')).toEqual([200, ['8a']])
    expect(checks).toBe(2)
  })

  it('are what the route makes of them that is asked, not another', async ({ expect }) => {
    for (let time = 0; time < 2; time++) {
      expect(await ask('/things/7')).toEqual([200, ['7']])
      expect(await ask('/things/7', 'PUT')).toEqual([200, 7])
      expect(await ask('/others/7')).toEqual([200, ['7']])
    }
  })

  it('are refused each time when they are wrong', async ({ expect }) => {
    for (let time = 0; time < 3; time++) expect(await ask('/things/A')).toEqual([404])
    expect(checks).toBe(3)
  })

  it('are kept for so many paths, and for short ones', async ({ expect }) => {
    await ask('/things/first')
    for (let each = 0; each < 500; each++) await ask(`/things/n${each}`)
    checks = 0
    expect(await ask('/things/n499')).toEqual([200, ['n499']])
    expect(checks).toBe(0)
    expect(await ask('/things/first')).toEqual([200, ['first']])
    expect(checks).toBe(1)
    const long = `/things/${'a'.repeat(300)}`
    for (let time = 0; time < 2; time++) await ask(long)
    expect(checks).toBe(3)
  })
})
