import type { Context, MiddlewareHandler } from 'hono'
import type { AppEnv } from '../../http/router.ts'
import type { Refusal } from '../fastapi/refusal.ts'

/** Every answer says which request it is of, and how many milliseconds it took. */
export const traced: MiddlewareHandler<AppEnv> = async (c, next) => {
  const start = Date.now()
  await next()
  c.res.headers.set('x-trace-id', traceOf(c))
  c.res.headers.set('x-process-time', String(Date.now() - start))
}

export const TRACE_HEADERS = ['x-trace-id', 'x-process-time']

/** As the caller names the request; without a name, the one by which our log knows it. */
function traceOf(c: Context<AppEnv>): string {
  const given = c.req.header('x-trace-id') ?? ''
  return /^[\x21-\x7e]{1,128}$/.test(given) ? given : c.get('requestId')
}

/** What the original's application errors are called. */
const TYPES: Record<number, string> = {
  400: 'BadRequestException',
  401: 'UnauthorizedException',
  403: 'ForbiddenException',
  404: 'NotFoundException',
  422: 'UnprocessableEntityException',
  429: 'RateLimitException',
}
const MESSAGES: Record<string, string> = {
  internal: 'An unexpected error occurred. Please try again later.',
  rate_limited: 'Rate limit exceeded.',
  step_up_required: 'Please sign in again: this needs a sign-in of the last 15 minutes.',
}

/**
 * The original's code says `detail`, or for errors of its own what the page shows as a message with its
 * trace id; the original's document says `error`, `status_code` and `path`. Each stands beside the other.
 * Validation errors and addresses that there are not look alike in both.
 */
export function answerInBoth(c: Context<AppEnv>, refusal: Refusal): Response {
  const { status, detail, headers, code } = refusal
  const isUnmatched = c.get('route') === undefined && code === undefined
  if (Array.isArray(detail) || isUnmatched) return c.json({ detail } as object, status, headers)
  const message = MESSAGES[code ?? ''] ?? detail
  const body =
    code === undefined
      ? { detail, error: detail }
      : {
          status,
          type: TYPES[status] ?? (status === 500 ? 'Exception' : 'ApplicationException'),
          message,
          debug: status === 500 ? 'Contact admin for further info' : 'Application error occurred',
          extra: { trace_id: traceOf(c) },
          error: status === 500 ? 'Internal server error' : message,
        }
  return c.json({ ...body, status_code: status, path: c.req.path } as object, status, headers)
}
