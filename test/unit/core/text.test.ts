import fc from 'fast-check'
import { describe, it } from 'vitest'
import { codePoints, fold, toStored } from '../../../src/core/text.ts'

describe('stored text (B12, B15)', () => {
  it.for([
    ['a combining accent is composed', 'e\u0301', '\u00e9'],
    ['a composed letter stays', '\u00e9', '\u00e9'],
    ['the Kelvin sign is what NFC makes of it', '\u212a', 'K'],
    ['full width stays', '\uff21', '\uff21'],
    ['a ligature stays', '\ufb01', '\ufb01'],
    ['a dotless i stays', '\u0131', '\u0131'],
    ['a long s stays', '\u017f', '\u017f'],
    ['a sharp s stays', '\u00df', '\u00df'],
    ['joined emoji stay', '👩\u200d👩\u200d👧', '👩\u200d👩\u200d👧'],
    ['a direction mark stays', 'a\u200fb', 'a\u200fb'],
    ['Windows line ends become LF', 'a\r\nb', 'a\nb'],
    ['old Mac line ends become LF', 'a\rb\r\rc', 'a\nb\n\nc'],
    ['what stands around it goes', ' \t\r\n\ufeff\u00a0a b\u2003\n', 'a b'],
    ['what stands within it stays', 'a \t\ufeff b', 'a \t\ufeff b'],
  ] as const)('%s', ([, given, stored], { expect }) => {
    expect(toStored(given)).toBe(stored)
  })

  it('does not change when it is stored again', ({ expect }) => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const stored = toStored(text)
        expect(toStored(stored)).toBe(stored)
        expect(stored).toBe(stored.normalize('NFC'))
        expect(stored).not.toContain('\r')
      }),
      { numRuns: 500 },
    )
  })
})

describe('length', () => {
  it.for([
    ['', 0],
    ['abc', 3],
    ['Zoë', 3],
    ['e\u0301', 2],
    ['🦊🦊', 2],
    ['👩\u200d👧', 3],
    ['\ud83e', 1],
  ] as const)('of %j is %i code points', ([text, length], { expect }) => {
    expect(codePoints(text)).toBe(length)
  })
})

describe('folding', () => {
  it.for([
    ['Müller', 'muller'],
    ['MU\u0308LLER', 'muller'],
    ['Ａtelier', 'atelier'],
    ['ﬁne', 'fine'],
    ['İstanbul', 'istanbul'],
    ['Ærø', 'ærø'],
    ['한국', '한국'],
    ['', ''],
  ] as const)('makes %s findable as %s', ([text, folded], { expect }) => {
    expect(fold(text)).toBe(folded)
  })

  it('finds a part of a text wherever the text as typed has it', ({ expect }) => {
    const text = fold('Grüße aus Zürich,\nÉlodie')
    for (const typed of ['ZÜRICH', 'zurich', 'elodie', 'Élo', 'gru']) {
      expect(text).toContain(fold(typed))
    }
    expect(text).not.toContain(fold('Bern'))
  })

  it('does not change when it is folded again', ({ expect }) => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(fold(fold(text))).toBe(fold(text))
      }),
      { numRuns: 500 },
    )
  })
})
