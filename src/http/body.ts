import type { Context } from 'hono'
import { AppError, malformed } from '../core/errors.ts'
import { checkStructure } from '../core/json.ts'
import { fromUtf8 } from '../core/utf8.ts'

/** Most bytes of a JSON body, and of one that holds a long text. */
export const MAX_JSON_BYTES = 64 * 1024
export const MAX_TEXT_BYTES = 512 * 1024

/** Reads the body so far that c.req.json() may parse it: right type, right size, UTF-8, sane structure. */
export async function readJson(c: Context, maxBytes: number): Promise<void> {
  checkMediaType(c.req.header('content-type'), c.req.header('content-encoding'))
  const bytes = await readAtMost(c.req.raw, maxBytes)
  let text: string
  try {
    text = fromUtf8(bytes)
  } catch {
    throw malformed('The body is not valid UTF-8.')
  }
  // Request.json() would pass over it.
  if (text.startsWith('\ufeff')) throw malformed('The body starts with a byte order mark.')
  checkStructure(text)
  c.req.raw = new Request(c.req.raw, { body: text })
}

function checkMediaType(contentType: string | undefined, encoding: string | undefined): void {
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';')
  const charset = parameters.map((one) => one.trim()).find((one) => one.startsWith('charset='))
  const isUtf8 = charset === undefined || /^charset="?utf-8"?$/.test(charset)
  if (type.trim() === 'application/json' && isUtf8 && (encoding ?? 'identity') === 'identity')
    return
  throw new AppError(
    'unsupported_media_type',
    'Send the body as application/json in UTF-8, not compressed.',
  )
}

// The caller was let in before the body came; one that is held open would outlive a ban.
const DEADLINE_MS = 10_000

/** Counts what arrives: Content-Length is only a claim. Throws `too_large`, or `malformed` when it does not end. */
export async function readAtMost(
  request: Request,
  limit: number,
  deadlineMs = DEADLINE_MS,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = request.body?.getReader()
  let timer: ReturnType<typeof setTimeout> | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(malformed('The body did not arrive in time.')), deadlineMs)
  })
  try {
    while (reader) {
      const { done, value } = await Promise.race([reader.read(), deadline])
      if (done) break
      size += value.byteLength
      if (size > limit) throw new AppError('too_large', `The body is larger than ${limit} bytes.`)
      chunks.push(value)
    }
  } catch (error) {
    reader?.cancel().catch(() => undefined)
    throw error
  } finally {
    clearTimeout(timer)
  }
  return join(chunks, size)
}

function join(chunks: Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.byteLength
  }
  return bytes
}
