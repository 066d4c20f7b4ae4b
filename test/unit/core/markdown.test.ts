import { describe, it } from 'vitest'
import {
  excerptOf,
  imageKeysIn,
  parseMarkdown,
  readingMinutes,
  renderMarkdown,
} from '../../../src/core/markdown.ts'

const ORIGINS = { SITE_ORIGIN: 'https://linden.example', API_ORIGIN: 'https://api.linden.example' }
const html = async (text: string) => renderMarkdown(await parseMarkdown(text), 'studio', ORIGINS)
const excerpt = async (text: string, length?: number) =>
  excerptOf(await parseMarkdown(text), length)
const keys = async (text: string) => imageKeysIn(await parseMarkdown(text), ORIGINS)

describe('headings', () => {
  it('get names that no two share and that hide nothing of a page', async ({ expect }) => {
    const ids = (await html('# A\n\n# a\n\n# A -2\n\n# Ä *b*\n\n# !\n\n# cookie\n\n# 陶器')).match(
      /id="[^"]*"/g,
    )
    expect(ids).toEqual(
      ['a', 'a--2', 'a-2', 'a-b', 'untitled', 'cookie', '陶器'].map(
        (name) => `id="section-${name}"`,
      ),
    )
  })
})

describe('links', () => {
  it('to other hosts say so, however they are spelled', async ({ expect }) => {
    const foreign = [
      'https://other.example',
      '//other.example/x',
      'http://linden.example.evil.example',
    ]
    for (const address of foreign) {
      expect(await html(`[x](<${address}>)`), address).toContain('rel="noopener"')
    }
    for (const address of [
      '/x',
      '#x',
      'x/y',
      'https://linden.example/x',
      'https://api.linden.example/x',
      'mailto:a@b.example',
    ]) {
      expect(await html(`[x](${address})`), address).not.toContain('rel=')
    }
  })

  it('are made of addresses that stand in the text', async ({ expect }) => {
    expect(await html('See https://other.example/a_b.')).toContain(
      '<a href="https://other.example/a_b" rel="noopener">https://other.example/a_b</a>.',
    )
  })
})

describe('characters by their names', () => {
  it('are those of HTML 4 and of any number; others stay as they were written', async ({
    expect,
  }) => {
    const text = '&copy; &Auml; &mdash; &euro; &#8594; &#x1F3FA; &rarrb; &toString; &copy'
    expect(await html(text)).toBe('<p>© Ä — € → 🏺 &amp;rarrb; &amp;toString; &amp;copy</p>\n')
    expect(await excerpt('Bowls &amp; cups &ndash; fired')).toBe('Bowls & cups – fired')
  })

  it('are read in addresses too, before these are judged', async ({ expect }) => {
    expect(await html('[x](https://other.example/?a=1&amp;b=2)')).toContain('?a=1&amp;b=2"')
    expect(await html('[x](java&shy;script:x)')).toContain('href="java%C2%ADscript:x"')
    expect(await html('[x](&#106;avascript:x)')).not.toContain('href')
  })
})

describe('hosts of other scripts', () => {
  it('are asked for by their ASCII name, and shown as they were written', async ({ expect }) => {
    expect(await html('[x](https://bücher.example/ä)')).toContain(
      '<a href="https://xn--bcher-kva.example/%C3%A4" rel="noopener">x</a>',
    )
    for (const host of ['bücher.example', 'xn--bcher-kva.example']) {
      expect(await html(`<https://${host}/>`)).toContain(
        `<a href="https://xn--bcher-kva.example/" rel="noopener">https://${host}/</a>`,
      )
    }
    expect(await html('[x](https://EXAMPLE.org)')).toContain('href="https://EXAMPLE.org"')
    // No host has such a name, so it stays as it was written.
    expect(await html('[x](https://ü^b.example)')).toBe('<p>[x](https://ü^b.example)</p>\n')
  })
})

describe('pictures of ours', () => {
  it('are found by their address, and get the whole of it', async ({ expect }) => {
    const text = `![a](/media/a-1.webp?w=640) [b](https://api.linden.example/media/b.png) ![a](/media/a-1.webp)
      ![c](https://other.example/media/c.png) ![d](/media/../d.png) \`/media/f.png\``
    expect(await keys(text)).toEqual(['a-1.webp', 'b.png'])
    const shown = await html(text)
    expect(shown).toContain('src="https://api.linden.example/media/a-1.webp?w=640"')
    expect(shown).toContain('href="https://api.linden.example/media/b.png"')
    expect(shown.match(/<img/g)).toHaveLength(3)
  })
})

describe('an excerpt', () => {
  it('is the beginning without marks and headings, in whole words', async ({ expect }) => {
    expect(
      await excerpt('# Title\n\nWe *fired* [at](/x) `1240`\nand &amp; waited.\n\n- one\n- two'),
    ).toBe('We fired at 1240 and & waited. one two')
    expect(await excerpt('one two three four', 9)).toBe('one two…')
    expect(await excerpt('abcdefghij', 5)).toBe('abcd…')
    expect(await excerpt('🏺🏺🏺', 3)).toBe('🏺🏺🏺')
    expect(await excerpt('```\ncode\n```')).toBe('')
    expect(Array.from(await excerpt('wörter '.repeat(400))).length).toBeLessThanOrEqual(200)
  })
})

describe('reading', () => {
  it('takes a minute at least, and longer for more words or signs', ({ expect }) => {
    expect(readingMinutes('')).toBe(1)
    expect(readingMinutes('word '.repeat(220))).toBe(1)
    expect(readingMinutes('word '.repeat(221))).toBe(2)
    expect(readingMinutes('陶'.repeat(1001))).toBe(3)
  })
})

describe('a text that is made to cost', () => {
  const hostile: Record<string, string> = {
    brackets: '['.repeat(200_000),
    links: '[a]('.repeat(50_000),
    images: '!['.repeat(100_000),
    stars: '*a '.repeat(66_000),
    strong: 'a**b'.repeat(50_000),
    ticks: Array.from({ length: 600 }, (_, index) => '`'.repeat(index)).join(' '),
    quotes: '>'.repeat(200_000),
    lists: '- '.repeat(100_000),
    cells: `|${'a|'.repeat(500)}\n|${'-|'.repeat(500)}\n${'||\n'.repeat(60_000)}`,
    references: `[a]: https://x.example/${'x'.repeat(1900)}\n\n${'[a]'.repeat(60_000)}`,
    titles: `[a]: /x "${'x'.repeat(50_000)}"\n\n${'[a]'.repeat(40_000)}`,
    headings: '#\n'.repeat(100_000),
    entities: '&'.repeat(200_000),
    addresses: 'http://a.'.repeat(22_000),
  }
  it.for(Object.entries(hostile))(
    'of %s is rendered or refused in time',
    async ([, text], { expect }) => {
      const start = performance.now()
      const size = await html(text).then(
        (shown) => shown.length,
        (error) => {
          expect(error).toMatchObject({ code: 'validation' })
          return 0
        },
      )
      expect(size).toBeLessThanOrEqual(1_300_000)
      expect(performance.now() - start).toBeLessThan(8000)
    },
  )
})
