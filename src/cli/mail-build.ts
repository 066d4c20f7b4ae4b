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

/** The text of `templates.generated.ts`. Throws an error that names the template which is wrong. */
export async function buildTemplates(): Promise<string> {
  const files = (await readdir(FOLDER)).sort()
  const names = files.filter((file) => file.endsWith('.mjml')).map((file) => file.slice(0, -5))
  const entries: string[] = []
  for (const name of names) {
    if (name === 'layout') continue
    try {
      const { html, text } = await compile(name)
      entries.push(
        `  '${name}': {\n    html: ${JSON.stringify(html)},\n    text: ${JSON.stringify(text)},\n  },\n`,
      )
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new Error(`Mail template ${name}: ${reason}`, { cause })
    }
  }
  return [
    '// Written by npm run mail:build from templates/. Do not edit.\n',
    `export const TEMPLATES = {\n${entries.join('')}} as const\n`,
  ].join('')
}

async function compile(name: string): Promise<{ html: string; text: string }> {
  const blocks = readBlocks(await read(`${name}.mjml`))
  const body = (await read(`${name}.txt`)).trim()
  const source = fill(await read('layout.mjml'), blocks)
  const { html } = await mjml(source, OPTIONS)
  const text = fill(await read('layout.txt'), { ...blocks, body })
  // mjml is silent about a tag without an end, and about text between elements, which it drops.
  if (count(source, /<mj[^>]*[^/]>/g) !== count(source, /<\/mj/g)) {
    throw new Error('an mjml tag is not closed')
  }
  if (count(source, SECTION) !== count(html, SECTION)) {
    throw new Error('a section between two elements needs mj-raw')
  }
  if (/\{\{[{&]/.test(html)) throw new Error('{{{x}}} and {{&x}} would not be escaped')
  mustache.parse(html)
  mustache.parse(text)
  return { html, text }
}

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
