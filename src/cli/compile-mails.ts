import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import mustache from 'mustache'

type Compile = (source: string, options: object) => Promise<{ html: string }>

// mjml has no types, so an import of it does not pass the compiler.
const mjml: Compile = createRequire(import.meta.url)('mjml')

const FOLDER = join(import.meta.dirname, '../features/mail/templates')

const OPTIONS = {
  validationLevel: 'strict',
  // mjml would link a web font whenever a font stack names one that it knows.
  fonts: {},
  keepComments: false,
  minify: true,
  // The CSS holds placeholders, which a CSS minifier cannot read.
  minifyOptions: { minifyCss: false },
}

type Template = { html: string; text: string }

const SECTION = /\{\{[#^/]/g

/** Every template by its name. Throws an error that names the one which is wrong. */
export async function compileMails(): Promise<Record<string, Template>> {
  const files = (await readdir(FOLDER)).sort()
  const names = files.filter((file) => file.endsWith('.mjml')).map((file) => file.slice(0, -5))
  const compiled: Record<string, Template> = {}
  for (const name of names) {
    if (name === 'layout') continue
    try {
      compiled[name] = await compile(name)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new Error(`Mail template ${name}: ${reason}`, { cause })
    }
  }
  return compiled
}

async function compile(name: string): Promise<Template> {
  const blocks = readBlocks(await read(`${name}.mjml`))
  const body = (await read(`${name}.txt`)).trim()
  const layout = await read('layout.mjml')
  const source = fill(layout, blocks)
  const text = fill(await read('layout.txt'), { ...blocks, body })
  const { html } = await mjml(source, OPTIONS)
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
