import { describe, it } from 'vitest'
import { suspicionOf } from '../../../src/features/comments/suspicion.ts'

const of = (content: string, more: { website?: string; filled_ms?: number } = {}) =>
  suspicionOf({ content, ...more })

describe('what looks like a robot', () => {
  it('fills in the trap, or is too quick', ({ expect }) => {
    expect(of('Hello', { website: 'x' })).toBe('spam')
    expect(of('Hello', { website: '' })).toBe('none')
    expect(of('Hello', { filled_ms: 0 })).toBe('spam')
    expect(of('Hello', { filled_ms: 1999 })).toBe('spam')
    expect(of('Hello', { filled_ms: 2000 })).toBe('none')
    expect(of('Hello')).toBe('none')
  })

  it('is told by its links, whatever they are written as', ({ expect }) => {
    for (const link of ['https://a.test ', 'HTTP://A.TEST\n', 'www.a.test, ', '<a href="x">']) {
      expect(of(link.repeat(2)), link).toBe('none')
      expect(of(link.repeat(3)), link).toBe('doubtful')
      expect(of(link.repeat(7)), link).toBe('doubtful')
      expect(of(link.repeat(8)), link).toBe('spam')
    }
    expect(of('See example.org and mail me at ann@example.org'.repeat(9))).toBe('none')
  })
})
