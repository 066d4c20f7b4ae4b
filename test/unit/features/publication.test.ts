import { describe, it } from 'vitest'
import { plan } from '../../../src/features/posts/publication.ts'

const NOW = Date.parse('2026-05-04T09:30:00.000Z')
const PAST = NOW - 1000
const AHEAD = NOW + 1000
const iso = (at: number) => new Date(at).toISOString()

type Case = [
  present: ['draft' | 'scheduled' | 'published', number | null],
  wish: ['draft' | 'scheduled' | 'published' | undefined, number | undefined],
  becomes: ['draft' | 'scheduled' | 'published', number | null] | 'refused',
]

const CASES: Case[] = [
  [
    ['draft', null],
    [undefined, undefined],
    ['draft', null],
  ],
  [
    ['draft', null],
    ['published', undefined],
    ['published', NOW],
  ],
  [
    ['draft', PAST],
    ['published', undefined],
    ['published', PAST],
  ],
  [
    ['draft', PAST],
    ['published', NOW],
    ['published', NOW],
  ],
  [['draft', null], ['published', AHEAD], 'refused'],
  [
    ['draft', null],
    ['scheduled', AHEAD],
    ['scheduled', AHEAD],
  ],
  [['draft', null], ['scheduled', undefined], 'refused'],
  [['draft', null], ['scheduled', NOW], 'refused'],
  [['draft', null], [undefined, AHEAD], 'refused'],
  [
    ['scheduled', AHEAD],
    [undefined, undefined],
    ['scheduled', AHEAD],
  ],
  [
    ['scheduled', AHEAD],
    [undefined, AHEAD + 5],
    ['scheduled', AHEAD + 5],
  ],
  [['scheduled', AHEAD], [undefined, PAST], 'refused'],
  [
    ['scheduled', AHEAD],
    ['published', undefined],
    ['published', NOW],
  ],
  [
    ['scheduled', AHEAD],
    ['published', PAST],
    ['published', PAST],
  ],
  [
    ['scheduled', AHEAD],
    ['draft', undefined],
    ['draft', null],
  ],
  [
    ['published', PAST],
    [undefined, undefined],
    ['published', PAST],
  ],
  [
    ['published', PAST],
    ['draft', undefined],
    ['draft', PAST],
  ],
  [['published', PAST], ['draft', PAST], 'refused'],
  [
    ['published', PAST],
    ['scheduled', AHEAD],
    ['scheduled', AHEAD],
  ],
  [['published', PAST], ['scheduled', undefined], 'refused'],
  [['published', PAST], [undefined, AHEAD], 'refused'],
]

describe('the publication of a post', () => {
  it.for(CASES)(
    '%j with %j becomes %j',
    ([[status, publishedAt], [wish, at], becomes], { expect }) => {
      const run = () =>
        plan(
          { status, publishedAt },
          { status: wish, publish_at: at === undefined ? undefined : iso(at) },
          NOW,
        )
      if (becomes === 'refused') expect(run).toThrow('not valid')
      else expect(run()).toEqual({ status: becomes[0], publishedAt: becomes[1] })
    },
  )
})
