import { SECOND } from '../../core/time.ts'
import type { CreateComment } from './schemas.ts'

/** Nobody reads a form and writes a sentence in less. */
const QUICKEST_MS = 2 * SECOND

const LINK = /https?:\/\/|\bwww\.|<a\s|\[url/gi
const DOUBTFUL_LINKS = 3
const SPAM_LINKS = 8

/** How much a comment looks like the work of a robot. */
export function suspicionOf({
  content,
  website,
  filled_ms,
}: Pick<CreateComment, 'content' | 'website' | 'filled_ms'>): 'none' | 'doubtful' | 'spam' {
  if (website) return 'spam'
  if (filled_ms !== undefined && filled_ms < QUICKEST_MS) return 'spam'
  const links = content.match(LINK)?.length ?? 0
  if (links >= SPAM_LINKS) return 'spam'
  return links >= DOUBTFUL_LINKS ? 'doubtful' : 'none'
}
