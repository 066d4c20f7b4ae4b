/** Every reason for which a request is refused. Closed: a client may switch over it. */
export const ERROR_CODES = [
  'malformed',
  'unauthorized',
  'invalid_credentials',
  'invalid_secret',
  'invalid_code',
  'challenge_over',
  'forbidden',
  'step_up_required',
  'second_factor_required',
  'not_found',
  'method_not_allowed',
  'conflict',
  'stale',
  'payment_refused',
  'too_large',
  'unsupported_media_type',
  'range_not_satisfiable',
  'validation',
  'rate_limited',
  'internal',
  'misconfigured',
  'unavailable',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

/** One thing that is wrong with the input. `path` is dotted (`items.0.quantity`), '' for the whole. */
export type FieldError = { path: string; code: string; message: string }

type Details = {
  errors?: FieldError[]
  /** Seconds; sent as Retry-After. */
  retryAfter?: number
  headers?: Record<string, string>
  cause?: unknown
}

/** The only error that may speak to a client. Anything else is answered as `internal`. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly errors: FieldError[] | undefined
  readonly retryAfter: number | undefined
  readonly headers: Record<string, string>

  constructor(code: ErrorCode, detail: string, details: Details = {}) {
    super(detail, { cause: details.cause })
    this.name = 'AppError'
    this.code = code
    this.errors = details.errors
    this.retryAfter = details.retryAfter
    this.headers = details.headers ?? {}
  }
}

export const malformed = (detail: string) => new AppError('malformed', detail)
export const notFound = (what: string) => new AppError('not_found', `${what} not found.`)
export const conflict = (detail: string) => new AppError('conflict', detail)
export const stale = () =>
  new AppError('stale', 'It has changed since you read it. Read it again, then repeat the change.')

export const invalid = (errors: FieldError[]) =>
  new AppError('validation', 'Some of the input is not valid.', { errors })

export const unavailable = (detail: string, retryAfter: number, cause?: unknown) =>
  new AppError('unavailable', detail, { retryAfter, cause })
