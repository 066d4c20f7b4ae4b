import type { MarkdownIt as Parser, Token } from 'markdown-it'
import { invalid } from './errors.ts'
import { fold } from './text.ts'
import { toUtf8 } from './utf8.ts'

/** Counts up when the same text comes out as other HTML; the cron renders older rows anew. */
export const RENDER_VERSION = 2

// HTML and text share a row of D1, which holds 2 MB. References let a short text ask for far more, and
// texts of guests stand in lists that anybody may read.
const MAX_HTML_BYTES: Record<Voice, number> = { studio: 1_300_000, guest: 32_768 }

const SCHEMES = ['http:', 'https:', 'mailto:']
const IMAGE_SCHEMES = ['http:', 'https:']
// Where relative addresses are thought to stand; no real address begins with it.
const HERE = 'https://here.invalid'
const MEDIA = /^\/media\/([\w-]{1,80}\.[a-z0-9]{1,8})$/

/** Who wrote a text: the studio's own links are vouched for, those of others are not. */
export type Voice = 'studio' | 'guest'
const REL: Record<Voice, string> = { studio: 'noopener', guest: 'noopener nofollow ugc' }

/** Where the site is and where this API is. */
export type Origins = { SITE_ORIGIN: string; API_ORIGIN: string }

/** A text that has been parsed once, for all that is made of it. */
export type Markdown = { parser: Parser; tokens: Token[]; env: Record<string, unknown> }

// Loaded at the first text that is written: most isolates only ever read.
let loaded: Parser | undefined

/** CommonMark with tables and strikethrough; HTML in it stays text. */
export async function parseMarkdown(text: string): Promise<Markdown> {
  loaded ??= await newParser()
  const parser = loaded
  const env = {}
  return { parser, tokens: parser.parse(text, env), env }
}

/**
 * HTML that holds no script: elements of Markdown only, addresses of allowed schemes only. Links to
 * foreign hosts say so in `rel`; pictures of ours get their whole address, since the HTML is shown on
 * another host. Throws `validation` when it grows too long.
 */
export function renderMarkdown(
  { parser, tokens, env }: Markdown,
  voice: Voice,
  origins: Origins,
): string {
  markForeign(tokens, REL[voice], [HERE, origins.SITE_ORIGIN, origins.API_ORIGIN])
  if (voice === 'guest') dropForeignPictures(tokens, origins.API_ORIGIN)
  placePictures(tokens, origins.API_ORIGIN)
  nameHeadings(tokens)
  checkLength(tokens, voice)
  const html = parser.renderer.render(tokens, parser.options, env)
  if (toUtf8(html).length > MAX_HTML_BYTES[voice]) throw tooLong()
  return html
}

/** The names of our own pictures that stand in the text, for where-used. */
export function imageKeysIn({ tokens }: Markdown, { API_ORIGIN }: Origins): string[] {
  const keys = new Set<string>()
  for (const token of inlinesOf(tokens)) {
    const url = toUrl(String(token.attrGet('src') ?? token.attrGet('href') ?? ''))
    const key = url && [HERE, API_ORIGIN].includes(url.origin) && MEDIA.exec(url.pathname)?.[1]
    if (key) keys.add(key)
  }
  return [...keys]
}

/** The beginning of the text without marks, whole words of at most `length` characters. */
export function excerptOf({ tokens }: Markdown, length = 200): string {
  let text = ''
  for (const [index, token] of tokens.entries()) {
    if (token.type !== 'inline' || tokens[index - 1]?.type === 'heading_open') continue
    text += ` ${wordsOf(token)}`
    if (text.length > length * 2) break
  }
  const plain = Array.from(text.replace(/\s+/g, ' ').trim())
  if (plain.length <= length) return plain.join('')
  const cut = plain.slice(0, length - 1).join('')
  return `${cut.replace(/\s+\S*$/, '') || cut}…`
}

const WORDS_A_MINUTE = 220
const SIGNS_A_MINUTE = 500

/** How long reading takes, at least a minute; scripts without spaces are counted by sign. */
export function readingMinutes(text: string): number {
  const sign = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu
  const signs = text.match(sign)?.length ?? 0
  const words = text.replace(sign, ' ').match(/[\p{L}\p{N}]+/gu)?.length ?? 0
  return Math.max(1, Math.ceil(words / WORDS_A_MINUTE + signs / SIGNS_A_MINUTE))
}

async function newParser(): Promise<Parser> {
  const { default: MarkdownIt } = await import('#markdown-it')
  const made = new MarkdownIt({ html: false, linkify: true })
  made.validateLink = (address) => SCHEMES.includes(toUrl(address)?.protocol ?? '')
  const { image } = made.renderer.rules
  made.renderer.rules.image = (tokens, index, options, env, renderer) => {
    const token = tokens[index]
    if (!token || !image || !isPicture(String(token.attrGet('src')))) {
      return made.utils.escapeHtml(token?.content ?? '')
    }
    token.attrSet('loading', 'lazy')
    return image(tokens, index, options, env, renderer)
  }
  return made
}

/** As browsers read it, which is what decides where a click leads. */
function toUrl(address: string): URL | null {
  return URL.canParse(address, HERE) ? new URL(address, HERE) : null
}

/** Leaves their words: a foreign picture tells its host who looks at the page. */
function dropForeignPictures(tokens: Token[], origin: string): void {
  for (const token of inlinesOf(tokens)) {
    if (token.type !== 'image') continue
    const url = toUrl(String(token.attrGet('src')))
    if (!url || ![HERE, origin].includes(url.origin)) token.attrSet('src', '')
  }
}

/** An address of the web, or a picture of ours. */
function isPicture(address: string): boolean {
  const url = toUrl(address)
  if (!url || !IMAGE_SCHEMES.includes(url.protocol)) return false
  return url.origin !== HERE || MEDIA.test(url.pathname)
}

function markForeign(tokens: Token[], rel: string, origins: string[]): void {
  for (const token of inlinesOf(tokens)) {
    if (token.type !== 'link_open') continue
    const url = toUrl(String(token.attrGet('href')))
    if (url && url.protocol !== 'mailto:' && !origins.includes(url.origin)) {
      token.attrSet('rel', rel)
    }
  }
}

function placePictures(tokens: Token[], origin: string): void {
  for (const token of inlinesOf(tokens)) {
    const name = token.type === 'image' ? 'src' : 'href'
    const url = toUrl(String(token.attrGet(name) ?? ''))
    if (url?.origin === HERE && MEDIA.test(url.pathname)) {
      token.attrSet(name, origin + url.pathname + url.search)
    }
  }
}

// The prefix keeps an id from hiding a property of the page's document.
const HEADING_PREFIX = 'section-'

function nameHeadings(tokens: Token[]): void {
  const taken = new Map<string, number>()
  for (const [index, token] of tokens.entries()) {
    if (token.type !== 'heading_open') continue
    const words = wordsOf(tokens[index + 1]).slice(0, 100)
    const name = fold(words)
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .replace(/^-|-$/g, '')
    const id = `${HEADING_PREFIX}${name || 'untitled'}`
    const count = (taken.get(id) ?? 0) + 1
    taken.set(id, count)
    token.attrSet('id', count === 1 ? id : `${id}--${count}`)
  }
}

function checkLength(tokens: Token[], voice: Voice): void {
  let length = 0
  for (const token of inlinesOf(tokens)) {
    for (const [, value] of token.attrs ?? []) length += String(value).length
    if (length > MAX_HTML_BYTES[voice]) throw tooLong()
  }
}

const tooLong = () =>
  invalid([{ path: '', code: 'too_big', message: 'The text grows too long as HTML.' }])

const inlinesOf = (tokens: Token[]): Token[] => tokens.flatMap((token) => token.children ?? [])

const wordsOf = (token: Token | undefined): string =>
  (token?.children ?? [])
    .map((one) => (one.type === 'softbreak' || one.type === 'hardbreak' ? ' ' : one.content))
    .join('')
