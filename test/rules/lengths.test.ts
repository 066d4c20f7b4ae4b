import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
/** Lines of one file: more of them do more than one thing. */
const MOST = 300

const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file, text: readFileSync(join(ROOT, 'src', file), 'utf8') }))

const linesIn = (text: string): number => text.replace(/\n$/, '').split('\n').length

describe('how long a file is', () => {
  it('is counted in lines, the last one with or without its end', ({ expect }) => {
    const line = 'const x = 1\n'
    expect(['', line, line.repeat(MOST), `${line.repeat(MOST)}x`].map(linesIn)).toEqual([
      1,
      1,
      MOST,
      MOST + 1,
    ])
  })

  it('is so much at most', ({ expect }) => {
    const long = sources.filter(({ text }) => linesIn(text) > MOST)
    expect(sources.length).toBeGreaterThan(50)
    expect(long.map(({ file }) => file)).toEqual([])
  })
})
