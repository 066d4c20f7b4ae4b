import { malformed } from './errors.ts'
import { fromUtf8 } from './utf8.ts'

const MAX_FIELDS = 8
const MAX_HEADER_BYTES = 2048
const MAX_FIELD_BYTES = 8192

/** A form's fields by name: text as a string, a file as its bytes. What the file was called is not read. */
export type Form = Record<string, string | Uint8Array>

// Field names are ours and plain; a file's name may be any, as a quoted string or a token.
const DISPOSITION =
  /^form-data; ?name="([^"\\]{1,64})"(; ?filename(?:="(?:[^"\\]|\\.)*"|\*?=[^\s;"]+))*$/i
const BREAK = '\r\n'

/**
 * Reads multipart/form-data (RFC 7578) as browsers write it. Throws `malformed` for more than one
 * file or eight fields, a name that comes twice, parts within parts, and whatever does not end.
 */
export function parseMultipart(bytes: Uint8Array, boundary: string): Form {
  // A view of the same memory; its search is native.
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const opening = `--${boundary}`
  if (buffer.indexOf(opening) !== 0) throw malformed('The form does not start with its boundary.')
  const form: Form = Object.create(null)
  let files = 0
  for (let at = opening.length; ; ) {
    const next = buffer.subarray(at, at + 2).toString('latin1')
    if (next === '--') {
      const rest = buffer.subarray(at + 2, at + 5).toString('latin1')
      if (rest !== '' && rest !== BREAK) throw malformed('Something stands behind the form.')
      return form
    }
    if (next !== BREAK) throw malformed('The form does not end with its boundary.')
    const end = buffer.indexOf(`${BREAK}${opening}`, at)
    if (end < 0) throw malformed('The form does not end with its boundary.')
    const { name, isFile, start } = readHeader(buffer, at + 2, end)
    if (name in form) throw malformed('A field of the form comes twice.')
    if (isFile && ++files > 1) throw malformed('The form holds more than one file.')
    if (!isFile && end - start > MAX_FIELD_BYTES)
      throw malformed('A field of the form is too long.')
    form[name] = isFile ? bytes.subarray(start, end) : decode(bytes.subarray(start, end))
    if (Object.keys(form).length - files > MAX_FIELDS) {
      throw malformed(`The form has more than ${MAX_FIELDS} fields.`)
    }
    at = end + BREAK.length + opening.length
  }
}

function readHeader(buffer: Buffer, at: number, end: number) {
  const head = buffer.indexOf(`${BREAK}${BREAK}`, at)
  if (head < 0 || head > end || head - at > MAX_HEADER_BYTES) {
    throw malformed('A part of the form has no header, or one that is too long.')
  }
  const lines = decode(buffer.subarray(at, head)).split(BREAK)
  const values = (name: string) =>
    lines
      .filter((line) => line.toLowerCase().startsWith(`${name}:`))
      .map((line) => line.slice(name.length + 1).trim())
  const [disposition = '', ...others] = values('content-disposition')
  const match = DISPOSITION.exec(disposition)
  const name = match?.[1]
  if (others.length > 0 || name === undefined) throw malformed('A part of the form has no name.')
  if (values('content-type').some((type) => /^multipart\//i.test(type))) {
    throw malformed('A part of the form has parts of its own.')
  }
  if (values('content-transfer-encoding').some((one) => !/^(binary|7bit|8bit)$/i.test(one))) {
    throw malformed('A part of the form is encoded.')
  }
  return { name, isFile: match?.[2] !== undefined, start: head + 2 * BREAK.length }
}

function decode(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes)
  } catch {
    throw malformed('The form is not valid UTF-8.')
  }
}
