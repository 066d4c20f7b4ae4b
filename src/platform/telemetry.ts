type Fields = Record<string, unknown>
type Level = 'info' | 'warn' | 'error'

export type Log = (level: Level, event: string, fields?: Fields) => void

const SECRET_KEY =
  /authorization|cookie|password|secret|token|api[-_]?key|payload|email|recipient|^to$/i
// Also half an address, where the text was cut.
const ADDRESS = /[\w.+'-]+@[\w.-]*/g
const BEARER = /\b(bearer|basic)\s+\S+/gi
const LONG = 2000
/** Without one of these neither an address nor a bearer token is in a text. */
const SUSPECT = /[@\s]/

/** One JSON line per event. Secrets and personal data are taken out by key and by form. */
export function createLog(base: Fields): Log {
  return (level, event, fields = {}) => {
    const line = { at: new Date().toISOString(), level, event, ...base, ...fields }
    console[level === 'info' ? 'log' : level](JSON.stringify(line, redact))
  }
}

/** Names of fields are few, and each line has them all. */
const secretNames = new Map<string, boolean>()
const MOST_NAMES = 500

function isSecret(name: string): boolean {
  let known = secretNames.get(name)
  if (known === undefined) {
    known = SECRET_KEY.test(name)
    if (secretNames.size < MOST_NAMES) secretNames.set(name, known)
  }
  return known
}

/** The same for the one line of each request. Nothing in it may come from whoever asks. */
export function logRequest(fields: Fields): void {
  console.log(
    JSON.stringify({ at: new Date().toISOString(), level: 'info', event: 'request', ...fields }),
  )
}

function redact(key: string, value: unknown): unknown {
  if (isSecret(key) && value !== null) return '[redacted]'
  if (typeof value === 'string') {
    if (value.length <= LONG && !SUSPECT.test(value)) return value
    return value.slice(0, LONG).replace(ADDRESS, '[address]').replace(BEARER, '$1 [redacted]')
  }
  return value
}

/**
 * What may be logged of an unknown error. The message of a DrizzleQueryError holds the statement and
 * its values, so the cause, which is D1's own text, stands for it.
 */
export function describeError(error: unknown): Fields {
  if (!(error instanceof Error)) return { error: typeof error }
  const { name, cause } = error
  if (error.message.startsWith('Failed query')) {
    return { error: cause instanceof Error ? cause.message : 'Failed query', error_name: name }
  }
  return {
    error: error.message,
    error_name: name,
    stack: error.stack?.split('\n').slice(1, 8).join('\n'),
  }
}
