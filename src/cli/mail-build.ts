import { readdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import mustache from 'mustache'

type Compile = (source: string, options: object) => Promise<{ html: string }>

// mjml has no types, so an import of it does not pass the compiler.
const mjml: Compile = createRequire(import.meta.url)('mjml')

const FOLDER = join(import.meta.dirname, '../features/mail/templates')
const OUTPUT = `${FOLDER}.generated.ts`

const OPTIONS = {
  validationLevel: 'strict',
  // mjml would link a web font whenever a font stack names one that it knows.
  fonts: {},
  keepComments: false,
  minify: true,
  // The CSS holds placeholders, which a CSS minifier cannot read.
  minifyOptions: { minifyCss: false },
}

const SECTION = /\{\{[#^/]/g

type Compiled = { html: string; text: string; blocks: Record<string, string> }

/** What stands in for words of a template until its HTML is cut into layout and body. */
const WORDS = ['preview', 'heading', 'reason'] as const
const tokenOf = (word: string) => `%%${word}%%`

/** The text of `templates.generated.ts`. Throws an error that names the template which is wrong. */
export async function buildTemplates(): Promise<string> {
  const files = (await readdir(FOLDER)).sort()
  const names = files.filter((file) => file.endsWith('.mjml')).map((file) => file.slice(0, -5))
  const compiled: [name: string, Compiled][] = []
  for (const name of names) {
    if (name === 'layout') continue
    try {
      compiled.push([name, await compile(name)])
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new Error(`Mail template ${name}: ${reason}`, { cause })
    }
  }
  const pages = compiled.map(([, { html }]) => html)
  const before = sharedStart(pages)
  const after = [...sharedStart(pages.map((page) => [...page].reverse().join('')))]
    .reverse()
    .join('')
  const entries = compiled.map(([name, { html, text, blocks }]) => {
    const body = html.slice(before.length, html.length - after.length)
    const given = WORDS.map((word) => `      ${word}: ${JSON.stringify(blocks[word])},\n`)
    return `  '${name}': {
    html: page({
${given.join('')}      body: ${JSON.stringify(body)},
    }),
    text: ${JSON.stringify(text)},
  },
`
  })
  return `// Written by npm run mail:build from templates/. Do not edit.
type Words = Record<${[...WORDS, 'body'].map((word) => `'${word}'`).join(' | ')}, string>

/** What all mails have in common stands here once. */
const page = ({ ${[...WORDS, 'body'].join(', ')} }: Words) =>
  ${pieces(before)} +
  body +
  ${pieces(after)}

export const TEMPLATES = {
${entries.join('')}} as const
`
}

/** The layout's text with the words of a template in their places. */
const pieces = (layout: string): string =>
  layout
    .split(/%%(\w+)%%/)
    .map((piece, index) => (index % 2 === 0 ? JSON.stringify(piece) : piece))
    .join(' +\n  ')

/** What all begin with, up to a tag. */
function sharedStart(texts: string[]): string {
  const [first = '', ...others] = texts
  let end = first.length
  for (const other of others) while (!other.startsWith(first.slice(0, end))) end--
  return first.slice(0, end)
}

async function compile(name: string): Promise<Compiled> {
  const blocks = readBlocks(await read(`${name}.mjml`))
  const body = (await read(`${name}.txt`)).trim()
  const layout = await read('layout.mjml')
  const source = fill(layout, blocks)
  const text = fill(await read('layout.txt'), { ...blocks, body })
  const tokens = Object.fromEntries(WORDS.map((word) => [word, tokenOf(word)]))
  const { html } = await mjml(fill(layout, { ...blocks, ...tokens }), OPTIONS)
  const whole = fillTokens(html, blocks)
  // mjml is silent about a tag without an end, and about text between elements, which it drops.
  if (count(source, /<mj[^>]*[^/]>/g) !== count(source, /<\/mj/g)) {
    throw new Error('an mjml tag is not closed')
  }
  if (count(source, SECTION) !== count(whole, SECTION)) {
    throw new Error('a section between two elements needs mj-raw')
  }
  if (/\{\{[{&]/.test(whole)) throw new Error('{{{x}}} and {{&x}} would not be escaped')
  mustache.parse(whole)
  mustache.parse(text)
  return { html, text, blocks }
}

const fillTokens = (html: string, blocks: Record<string, string>): string =>
  html.replace(/%%(\w+)%%/g, (_, word: string) => blocks[word] ?? '')

const count = (source: string, pattern: RegExp) => source.match(pattern)?.length ?? 0

const read = (file: string) => readFile(join(FOLDER, file), 'utf8')

/** `<block name="x">…</block>` of a template, by name. */
function readBlocks(source: string): Record<string, string> {
  const found = source.matchAll(/<block name="(\w+)">(.*?)<\/block>/gs)
  return Object.fromEntries(Array.from(found, ([, name, content]) => [name, content?.trim()]))
}

/** Puts the blocks in the place of the layout's `<block name="x" />`. */
function fill(layout: string, blocks: Record<string, string>): string {
  return layout.replace(/<block name="(\w+)" \/>/g, (_, name: string) => {
    const content = blocks[name]
    if (content === undefined) throw new Error(`block "${name}" is missing`)
    return content
  })
}

if (import.meta.main) {
  await writeFile(OUTPUT, await buildTemplates())
}
