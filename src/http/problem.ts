import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import * as z from 'zod/mini'
import { AppError, conflict, ERROR_CODES, type ErrorCode, unavailable } from '../core/errors.ts'
import { listOf, upTo, whole } from '../core/fields.ts'
import { lazily, type Made } from '../core/lazily.ts'
import { meta } from '../core/meta.ts'
import { isPassing, isTaken } from '../db/errors.ts'
import { createLog, describeError } from '../platform/telemetry.ts'
import type { AppEnv } from './router.ts'

type Meaning = { status: ContentfulStatusCode; title: string }

export const PROBLEMS: Record<ErrorCode, Meaning> = {
  malformed: { status: 400, title: 'The request cannot be read' },
  unauthorized: { status: 401, title: 'Sign in first' },
  invalid_credentials: { status: 401, title: 'Wrong name or password' },
  invalid_code: { status: 401, title: 'Wrong code' },
  challenge_over: { status: 401, title: 'Sign in again' },
  invalid_secret: { status: 400, title: 'The link is not valid any more' },
  step_up_required: { status: 403, title: 'Prove your password first' },
  second_factor_required: { status: 403, title: 'A second factor is needed' },
  forbidden: { status: 403, title: 'Not allowed' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  conflict: { status: 409, title: 'Conflict with the present state' },
  stale: { status: 412, title: 'Changed in the meantime' },
  too_large: { status: 413, title: 'Too large' },
  unsupported_media_type: { status: 415, title: 'Media type not supported' },
  range_not_satisfiable: { status: 416, title: 'Beyond the end of the file' },
  validation: { status: 422, title: 'Not valid' },
  payment_refused: { status: 422, title: 'The payment provider refuses this' },
  rate_limited: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Something went wrong on our side' },
  misconfigured: { status: 503, title: 'The service is not configured' },
  unavailable: { status: 503, title: 'Not available for the moment' },
}

/** Problem Details for HTTP APIs (RFC 9457). */
export const Problem = lazily(() =>
  z
    .object({
      type: upTo(300),
      title: upTo(100),
      status: whole(400, 599),
      detail: upTo(2000),
      code: z.enum(ERROR_CODES),
      instance: upTo(2048),
      request_id: upTo(64),
      errors: z
        .optional(
          listOf(
            z.object({
              path: upTo(200),
              code: upTo(50),
              message: upTo(500),
            }),
            50,
          ),
        )
        .apply(meta, { description: 'What is wrong with which part of the input.' }),
    })
    .apply(meta, { id: 'Problem', description: 'Every refusal has this form.' }),
)
type Problem = Made<typeof Problem>

/** The only place that answers an error of our own API. */
export const answerError = (error: unknown, c: Context<AppEnv>): Response =>
  answerProblem(c, readError(error, c))

/** What may be said of an error. What is not ours says nothing of itself and is logged. */
export function readError(error: unknown, c: Context<AppEnv>): AppError {
  const known = toAppError(error)
  if (!known || PROBLEMS[known.code].status >= 500) {
    const log = c.get('ctx')?.log ?? createLog({ request_id: c.get('requestId') })
    log('error', 'request.failed', describeError(known?.cause ?? error))
  }
  return known ?? new AppError('internal', 'The error has been logged.', { cause: error })
}

export function answerProblem(c: Context<AppEnv>, error: AppError): Response {
  const { status, title } = PROBLEMS[error.code]
  const problem: Problem = {
    type: `${originOf(c)}/problems/${error.code}`,
    title,
    status,
    detail: error.message,
    code: error.code,
    instance: c.req.path.slice(0, 2048),
    request_id: c.get('requestId'),
    ...(error.errors && { errors: error.errors }),
  }
  return c.body(JSON.stringify(problem), status, {
    'content-type': 'application/problem+json; charset=utf-8',
    ...(error.retryAfter !== undefined && { 'retry-after': String(error.retryAfter) }),
    ...error.headers,
  })
}

/** Where this API is reached: API_ORIGIN, but a local server may run on any port. */
export function originOf(c: Context<AppEnv>): string {
  const settings = c.get('ctx')?.settings
  if (!settings) return ''
  return settings.isDevelopment ? new URL(c.req.url).origin : settings.API_ORIGIN
}

function toAppError(error: unknown): AppError | null {
  if (error instanceof AppError) return error
  if (isTaken(error, 'idempotency_keys.key')) {
    return conflict('A request with this Idempotency-Key is still running.')
  }
  if (isPassing(error)) return unavailable('The database does not answer.', 2, error)
  // Hono's validator throws this when JSON.parse does.
  if (error instanceof HTTPException && error.status === 400) {
    return new AppError('malformed', 'The body is not valid JSON.', { cause: error })
  }
  return null
}
