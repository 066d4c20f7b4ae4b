import {
  excerptOf,
  imageKeysIn,
  parseMarkdown,
  RENDER_VERSION,
  readingMinutes,
  renderMarkdown,
  type Voice,
} from './markdown.ts'

type Settings = { SITE_ORIGIN: string; API_ORIGIN: string }

/** All that is kept of a text in Markdown. */
export function readContent(settings: Settings, content: string, voice: Voice = 'studio') {
  const origins = [settings.SITE_ORIGIN, settings.API_ORIGIN]
  const parsed = parseMarkdown(content)
  return {
    html: renderMarkdown(parsed, voice, origins),
    renderVersion: RENDER_VERSION,
    readingMinutes: readingMinutes(content),
    excerpt: excerptOf(parsed),
    imageKeys: imageKeysIn(parsed, [settings.API_ORIGIN]),
  }
}

type Renderer = {
  settings: Settings
  log: (level: 'error', event: string, fields: Record<string, unknown>) => void
}

/**
 * The HTML of a text that was rendered by older rules. Newer ones may refuse it; then readers get
 * nothing rather than what is not safe any more.
 */
export function renderAnew({ settings, log }: Renderer, content: string, voice?: Voice): string {
  try {
    return readContent(settings, content, voice).html
  } catch (error) {
    log('error', 'render.failed', { error: String(error) })
    return ''
  }
}

type Changes = { before: Record<string, unknown>; after: Record<string, unknown> }

/** Changes for the record, where a long text is told by its length. */
export const briefly = ({ before, after }: Changes): Changes => ({
  before: shorten(before),
  after: shorten(after),
})

const shorten = (fields: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'string' && value.length > 300 ? `${value.length} characters` : value,
    ]),
  )
