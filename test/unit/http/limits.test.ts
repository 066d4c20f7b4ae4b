import { describe, it } from 'vitest'
import type { Quota } from '../../../src/context.ts'
import { rateLimitHeaders } from '../../../src/http/limits.ts'

const NOW = 1_790_000_000_000
const quota = (given: Partial<Quota>): Quota => ({
  policy: 'contact',
  limit: 5,
  windowSeconds: 3600,
  used: 2,
  resetsAt: NOW + 60_000,
  ...given,
})

describe('the RateLimit headers', () => {
  it('are left out where nothing was counted', ({ expect }) => {
    expect(rateLimitHeaders([], NOW)).toEqual({})
  })

  it('say how many are left, and for how long', ({ expect }) => {
    expect(rateLimitHeaders([quota({})], NOW)).toEqual({
      'ratelimit-policy': '"contact";q=5;w=3600',
      ratelimit: '"contact";r=3;t=60',
    })
  })

  it('name every limit that was counted, in its order', ({ expect }) => {
    const headers = rateLimitHeaders([quota({}), quota({ policy: 'login', used: 0 })], NOW)
    expect(headers['ratelimit-policy']).toBe('"contact";q=5;w=3600, "login";q=5;w=3600')
    expect(headers.ratelimit).toBe('"contact";r=3;t=60, "login";r=5;t=60')
  })

  it.for([
    ['all are used', { used: 5 }, 'r=0;t=60'],
    ['the limit was lowered below what is used', { used: 9 }, 'r=0;t=60'],
    ['the limit is none at all', { limit: 0, used: 0 }, 'r=0;t=60'],
    ['the window is over', { resetsAt: NOW - 1 }, 'r=3;t=0'],
    ['a part of a second is left', { resetsAt: NOW + 1 }, 'r=3;t=1'],
  ] as const)(
    'count neither below zero nor in fractions when %s',
    ([, given, rest], { expect }) => {
      expect(rateLimitHeaders([quota(given)], NOW).ratelimit).toBe(`"contact";${rest}`)
    },
  )
})
