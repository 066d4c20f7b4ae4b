import {
  excerptOf,
  imageKeysIn,
  type Origins,
  parseMarkdown,
  RENDER_VERSION,
  readingMinutes,
  renderMarkdown,
  type Voice,
} from './markdown.ts'

export type Content = Awaited<ReturnType<typeof readContent>>

/** All that is kept of a text in Markdown. */
export async function readContent(settings: Origins, content: string, voice: Voice = 'studio') {
  const parsed = await parseMarkdown(content)
  return {
    html: renderMarkdown(parsed, voice, settings),
    renderVersion: RENDER_VERSION,
    readingMinutes: readingMinutes(content),
    excerpt: excerptOf(parsed),
    imageKeys: imageKeysIn(parsed, settings),
  }
}

type Renderer = {
  settings: Origins
  log: (level: 'error', event: string, fields: Record<string, unknown>) => void
}

/**
 * The HTML of a text that was rendered by older rules. Newer ones may refuse it; then readers get
 * nothing rather than what is not safe any more.
 */
export async function renderAnew(
  { settings, log }: Renderer,
  content: string,
  voice?: Voice,
): Promise<string> {
  try {
    return (await readContent(settings, content, voice)).html
  } catch (error) {
    log('error', 'render.failed', { error: String(error) })
    return ''
  }
}

type Changes = { before: Record<string, unknown>; after: Record<string, unknown> }

/** Changes for the record, where what is long is told by its length. */
export const briefly = ({ before, after }: Changes): Changes => ({
  before: shorten(before),
  after: shorten(after),
})

const shorten = (fields: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      const { length } = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
      return [name, length > 300 ? `${length} characters` : value]
    }),
  )
