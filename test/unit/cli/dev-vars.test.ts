import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'vitest'
import { writeDevVars } from '../../../src/cli/dev-vars.ts'

const EXAMPLE = `# What a local server needs.
ENVIRONMENT=local
STUDIO_NAME="Studio Linden"
SECRET_KEY=
OTHER_KEY=
`

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'atelier-vars-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

/** The file that stands there after a start, with `before` in it at first. */
function start(before: string | null, example = EXAMPLE): string {
  const target = join(folder, '.dev.vars')
  writeFileSync(join(folder, 'example'), example)
  if (before !== null) writeFileSync(target, before)
  writeDevVars(join(folder, 'example'), target)
  return readFileSync(target, 'utf8')
}

const settingOf = (text: string, name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1]

describe('the first start', () => {
  it('copies the example and fills its empty secrets', ({ expect }) => {
    const text = start(null)
    const random = /^[\w-]{43}$/
    expect(settingOf(text, 'SECRET_KEY')).toMatch(random)
    expect(settingOf(text, 'OTHER_KEY')).toMatch(random)
    expect(text.replace(/^(SECRET_KEY|OTHER_KEY)=.+$/gm, '$1=')).toBe(EXAMPLE)
  })

  it('gives each secret and each clone a value of its own', ({ expect }) => {
    const texts = [start(null)]
    rmSync(join(folder, '.dev.vars'))
    texts.push(start(null))
    const values = texts.flatMap((text) =>
      ['SECRET_KEY', 'OTHER_KEY'].map((n) => settingOf(text, n)),
    )
    expect(new Set(values).size).toBe(4)
  })

  it('lets nobody else read the file', ({ expect }) => {
    start(null)
    expect(statSync(join(folder, '.dev.vars')).mode & 0o777).toBe(0o600)
  })
})

describe('a later start', () => {
  it('changes nothing when nothing is missing', ({ expect }) => {
    const text = start(null)
    expect(start(text)).toBe(text)
  })

  it('adds what is new in the example, with a value, and keeps every line', ({ expect }) => {
    const before = 'ENVIRONMENT=local\nSTUDIO_NAME="Mine"\nSECRET_KEY=mine\n'
    const text = start(before)
    expect(text.startsWith(before)).toBe(true)
    expect(text.slice(before.length)).toMatch(/^OTHER_KEY=[\w-]{43}\n$/)
    expect(start(text)).toBe(text)
  })

  it.for([
    ['no line end at the end', 'ENVIRONMENT=local\nSECRET_KEY=mine'],
    ['Windows line ends', 'ENVIRONMENT=local\r\nSECRET_KEY=mine\r\n'],
    ['settings of its own and comments', '# mine\nOTHER=1\n\nSECRET_KEY=mine\n'],
    ['spaces around a name', '  ENVIRONMENT = local\nSECRET_KEY = "mine"\n'],
    ['an empty secret that somebody left so', 'SECRET_KEY=\n'],
    ['a value with signs that mean something elsewhere', "SECRET_KEY='$& $1 \\n'\n"],
    ['nothing', ''],
  ] as const)('never changes a line of a file with %s', ([, before], { expect }) => {
    const text = start(before)
    expect(text.startsWith(before)).toBe(true)
    for (const name of ['ENVIRONMENT', 'STUDIO_NAME', 'SECRET_KEY', 'OTHER_KEY']) {
      expect(text.match(new RegExp(`^\\s*${name}\\s*=`, 'gm')), name).toHaveLength(1)
    }
    expect(text).toMatch(/^OTHER_KEY=[\w-]{43}$/m)
  })

  it('adds a setting that is only mentioned in a comment or in another name', ({ expect }) => {
    const text = start('# OTHER_KEY=old\nMY_OTHER_KEY=other\nOTHER_KEY_OLD=x\n')
    expect(text).toMatch(/^OTHER_KEY=[\w-]{43}$/m)
  })
})
