import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'vitest'

const SRC = join(import.meta.dirname, '../../src')
/** Hono makes an object of all variables each time that it is asked for one of them like this. */
const COSTLY = /\b(?:c|around|context)\.var\b/

const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file, text: readFileSync(join(SRC, file), 'utf8') }))

describe('variables of a request', () => {
  it('are read with get()', ({ expect }) => {
    expect(COSTLY.test('const { ctx } = c.var')).toBe(true)
    expect(sources.filter(({ text }) => /\bc\.get\('ctx'\)/.test(text)).length).toBeGreaterThan(20)
    expect(sources.filter(({ text }) => COSTLY.test(text)).map(({ file }) => file)).toEqual([])
  })
})
