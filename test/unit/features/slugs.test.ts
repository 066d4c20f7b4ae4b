import { describe, it } from 'vitest'
import { slugField } from '../../../src/features/slugs/schemas.ts'
import { candidatesFor, isMadeFrom, slugOf } from '../../../src/features/slugs/words.ts'

const TITLES = [
  'Tea',
  'x'.repeat(200),
  'ab '.repeat(60),
  '2026',
  '陶器',
  'Drafts',
  `${'a'.repeat(79)} b`,
  '-'.repeat(50),
]

describe('what a thing may be called', () => {
  it('is always a slug that could be written by hand, and sixty-one differ', async ({ expect }) => {
    for (const title of TITLES) {
      const candidates = await candidatesFor('post', title)
      expect(new Set(candidates).size, title).toBe(61)
      for (const slug of candidates) expect(slugField().safeParse(slug).success, slug).toBe(true)
    }
  })

  it('is known to come from its title', async ({ expect }) => {
    for (const title of TITLES) {
      for (const slug of await candidatesFor('project', title)) {
        expect(await isMadeFrom('project', title, slug), slug).toBe(true)
      }
      for (const slug of ['tea-time', 'tea-61', 'tea-x', 'by-hand']) {
        expect(await isMadeFrom('project', title, slug), slug).toBe(false)
      }
    }
  })

  it('does not depend on the language of the machine', async ({ expect }) => {
    expect(await slugOf('post', 'TITLE INDIGO')).toBe('title-indigo')
    expect(await slugOf('post', 'İstanbul ışığı')).toBe('istanbul-isigi')
  })
})
