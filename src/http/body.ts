import type { Context } from 'hono'
import { AppError, malformed } from '../core/errors.ts'
import { checkStructure } from '../core/json.ts'

/** Most bytes of a JSON body. */
export const MAX_JSON_BYTES = 64 * 1024

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Reads the body so far that c.req.json() may parse it: right type, right size, UTF-8, sane structure. */
export async function readJson(c: Context): Promise<void> {
  checkMediaType(c.req.header('content-type'), c.req.header('content-encoding'))
  const bytes = await readAtMost(c.req.raw, MAX_JSON_BYTES)
  let text: string
  try {
    text = decoder.decode(bytes)
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

/** Counts what arrives: Content-Length is only a claim. */
export async function readAtMost(request: Request, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  if (request.body) {
    for await (const chunk of request.body) {
      size += chunk.byteLength
      if (size > limit) throw new AppError('too_large', `The body is larger than ${limit} bytes.`)
      chunks.push(chunk)
    }
  }
  const bytes = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.byteLength
  }
  return bytes
}
