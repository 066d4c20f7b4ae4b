import { describe, it } from 'vitest'
import { newVisitor, readVisitor, signVisitor } from '../../../src/core/visitor.ts'

const OLD = 'k8Zq1vY0pWm3RtXc7Bn5Ls9Hd2Fj4Ga6'
const NEW = 'Zx81qW3eR5tY7uI9oP2aS4dF6gH8jK0l'

describe('the name of a visitor', () => {
  it('is random, 128 bits, and good with our signature', ({ expect }) => {
    const names = Array.from({ length: 100 }, newVisitor)
    expect(new Set(names).size).toBe(100)
    for (const name of names) {
      expect(name).toMatch(/^[\w-]{22}$/)
      expect(readVisitor({ current: OLD }, signVisitor({ current: OLD }, name))).toBe(name)
    }
  })

  it('is good under the previous secret, and under no other', ({ expect }) => {
    const signed = signVisitor({ current: OLD }, 'A'.repeat(22))
    expect(readVisitor({ current: NEW, previous: OLD }, signed)).toBe('A'.repeat(22))
    expect(readVisitor({ current: NEW }, signed)).toBeUndefined()
  })

  it('is nobody’s when it was made up or changed', ({ expect }) => {
    const signed = signVisitor({ current: OLD }, 'A'.repeat(22))
    const tag = signed.slice(23)
    for (const wrong of [
      '',
      '.',
      'A'.repeat(22),
      `${'A'.repeat(22)}.`,
      `${'A'.repeat(21)}B.${tag}`,
      `${'A'.repeat(22)}.${tag.slice(1)}A`,
      ` ${signed}`,
      `${signed}\n`,
      `${signed}.${tag}`,
      signed.replace('.', ':'),
    ]) {
      expect(readVisitor({ current: OLD }, wrong), wrong).toBeUndefined()
    }
  })
})
