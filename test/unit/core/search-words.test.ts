import fc from 'fast-check'
import { describe, it } from 'vitest'
import { FOUND, matchOf, searchWords, toSnippet } from '../../../src/core/search-words.ts'
import { quickest } from '../../support/quickest.ts'

const found = (word: string) => FOUND.start + word + FOUND.end

describe('words of a search', () => {
  it('are letters and digits, eight at most', ({ expect }) => {
    expect(searchWords(`"Tea-bowls" OR (x:1)*`)).toEqual(['Tea', 'bowls', 'OR', 'x', '1'])
    expect(searchWords('a b c d e f g h i j')).toHaveLength(8)
    expect(searchWords('Cafe\u0301 हिन्दी 陶芸')).toEqual(['Cafe\u0301', 'हिन्दी', '陶芸'])
    expect(searchWords(`'"-*^() \u0301 😀`)).toEqual([])
  })

  it('become a query in which nothing has a meaning of its own', ({ expect }) => {
    expect(matchOf(['tea', 'bowl'])).toBe('{title body} : ("tea" "bowl"*)')
    expect(matchOf(['tea', 'b'])).toBe('{title body} : ("tea" "b")')
    expect(matchOf(['陶芸'], 'post')).toBe('entity_type : "post" AND {title body} : ("陶芸"*)')
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (typed) => {
        expect(matchOf(searchWords(typed))).toMatch(
          /^\{title body\} : \((?:"[\p{L}\p{N}\p{M}\p{Co}]+"\*? ?){0,8}\)$/u,
        )
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
