import fc from 'fast-check'
import { describe, it } from 'vitest'
import { FOUND, searchWords, toSnippet, wantedOf } from '../../../src/core/search-words.ts'
import { quickest } from '../../support/quickest.ts'

const found = (word: string) => FOUND.start + word + FOUND.end

describe('words of a search', () => {
  it('are letters and digits, eight at most', ({ expect }) => {
    expect(searchWords(`"Tea-bowls" OR (x:1)*`)).toEqual(['Tea', 'bowls', 'OR', 'x', '1'])
    expect(searchWords('a b c d e f g h i j')).toHaveLength(8)
    expect(searchWords('Cafe\u0301 हिन्दी 陶芸')).toEqual(['Cafe\u0301', 'हिन्दी', '陶芸'])
    expect(searchWords(`'"-*^() \u0301 😀`)).toEqual([])
  })

  it('become phrases, of which the last is the start of a word', ({ expect }) => {
    expect(wantedOf(['tea', 'b'])).toEqual({ words: ['"tea"'], last: '"b"', start: null })
    expect(wantedOf(['bow'])).toEqual({ words: [], last: '"bow"*', start: null })
    expect(wantedOf(['Tea', 'Bowl'], 'post')).toEqual({
      words: ['"Tea"'],
      last: '"Bowl"',
      start: 'bowl',
      type: 'post',
    })
    expect(wantedOf(['TÖPFE']).start).toBe('topfe')
    expect(wantedOf(['Чайник']).start).toBe('чайник')
    expect(wantedOf(['陶芸教室']).start).toBe('陶芸教室')
  })

  it('have no meaning of their own there', ({ expect }) => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (typed) => {
        const { words, last, start } = wantedOf(searchWords(typed))
        for (const word of words) expect(word).toMatch(/^"[\p{L}\p{N}\p{M}\p{Co}]+"$/u)
        expect(last).toMatch(/^(?:"[\p{L}\p{N}\p{M}\p{Co}]+"\*?)?$/u)
        expect(start ?? 'none').toMatch(/^[\p{L}\p{N}\p{M}\p{Co}]+$/u)
      }),
    )
  })
})

describe('a snippet', () => {
  it('is escaped text with marks', ({ expect }) => {
    expect(toSnippet(`<b> & "${found('tea')}" 'x'`)).toBe(
      '&lt;b&gt; &amp; &quot;<mark>tea</mark>&quot; &#39;x&#39;',
    )
    expect(toSnippet(found('<i>'))).toBe('<mark>&lt;i&gt;</mark>')
    expect(toSnippet(`${FOUND.end}a${FOUND.start}b`)).toBe('ab')
  })

  it('leaves the signs of Markdown out', ({ expect }) => {
    const markdown = `## A ${found('kiln')}\n\n- **hot**, \`red\`\n> [see ${found('it')}](https://example.org) ![x](/media/x.png)`
    expect(toSnippet(markdown)).toBe('A <mark>kiln</mark> hot, red see <mark>it</mark> x')
  })

  it('is short, and shows what was found', ({ expect }) => {
    const snippet = toSnippet(`${'x'.repeat(5000)} ${found('tea')} ${'y'.repeat(5000)}`)
    expect(snippet.length).toBeLessThan(700)
    expect(snippet).toContain('<mark>tea</mark>')
    expect(toSnippet('😀'.repeat(301) + found('a'))).not.toMatch(/\p{Cs}/u)
  })

  it('takes no longer for text that is made to be slow', async ({ expect }) => {
    const ms = await quickest(500, () => {
      for (const one of ['[', '![', '](', '[a](', '*', '_', '# ', '\n> ', ' ', found('')]) {
        toSnippet(one.repeat(20_000))
      }
    })
    expect(ms).toBeLessThan(500)
  })
})
