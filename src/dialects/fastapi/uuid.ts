const STARTS = [0, 9, 14, 19, 24]
const LENGTHS = [8, 4, 4, 4, 12]

/** Why a text is no UUID, in the words of the parser behind Pydantic; null when it is one. */
export function whyNoUuid(text: string): string | null {
  const braced = /^\{(.*)\}$/s.exec(text)?.[1]
  const urn = /^urn:uuid:(.*)$/s.exec(text)?.[1]
  const body = braced ?? urn ?? text
  const offset = braced !== undefined ? 1 : urn !== undefined ? 'urn:uuid:'.length : 0
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(body)) return null
  if (offset === 0 && /^[0-9a-f]{32}$/i.test(body)) return null
  const wrong = /[^0-9a-f-]/iu.exec(body)
  if (wrong) return `invalid character: found \`${wrong[0]}\` at ${wrong.index + offset + 1}`
  const groups = body.split('-')
  if (groups.length === 1 && offset === 0) {
    return `invalid length: expected length 32 for simple format, found ${text.length}`
  }
  if (groups.length !== 5) return `invalid group count: expected 5, found ${groups.length}`
  // Groups are told by where they should start, so a short one shifts those behind it.
  let at = 0
  for (const [index, group] of groups.slice(0, 4).entries()) {
    at += group.length
    const length = at - (STARTS[index] ?? 0)
    if (length !== LENGTHS[index]) return groupError(index, length)
    at += 1
  }
  return groupError(4, text.length - (STARTS[4] ?? 0))
}

const groupError = (index: number, found: number): string =>
  `invalid group length in group ${index}: expected ${LENGTHS[index]}, found ${found}`
