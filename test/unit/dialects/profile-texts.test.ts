import fc from 'fast-check'
import { describe, it } from 'vitest'
import { readTexts, toTexts } from '../../../src/dialects/portfolio/profile-texts.ts'
import { SaveProfile } from '../../../src/features/profiles/schemas.ts'

const EMPTY = {
  skills: [],
  experience: [],
  education: [],
  certifications: [],
  achievements: [],
  texts: null,
}
const NAMES = ['skills', 'experience', 'education', 'certifications', 'achievements'] as const

describe('the lists of a profile as texts', () => {
  it('come back word for word, whatever they hold, and fit our profile', ({ expect }) => {
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc.array(fc.object()).map((one) => JSON.stringify(one)),
    )
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), text, (name, given) => {
        const read = readTexts({ [name]: given }, null)
        const profile = { ...EMPTY, ...read }
        expect(toTexts(profile)[name]).toBe(given)
        const { texts: _, ...lists } = profile
        expect(SaveProfile().safeParse({ name: 'Ann', ...lists }).success).toBe(true)
      }),
    )
  })

  it('leave alone what is not given', ({ expect }) => {
    expect(readTexts({}, null)).toEqual({})
    const present = { ...toTexts(EMPTY), skills: 'a', education: '[]' }
    expect(readTexts({ skills: null }, present)).toEqual({
      skills: [],
      texts: { ...present, skills: null },
    })
  })

  it('hold as many entries as our profile takes', ({ expect }) => {
    const many = JSON.stringify(Array.from({ length: 80 }, (_, index) => ({ name: `S${index}` })))
    expect(readTexts({ skills: many }, null).skills).toHaveLength(50)
    const jobs = JSON.stringify(Array(40).fill({ role: 'Potter', company: 'Linden' }))
    expect(readTexts({ experience: jobs }, null).experience).toHaveLength(30)
  })
})
