import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { AppError, type ErrorCode } from '../../core/errors.ts'
import { PROBLEMS, readError } from '../../http/problem.ts'
import type { AppEnv } from '../../http/router.ts'
import type { Fault } from './faults.ts'

/** A refusal in the words of a dialect, as FastAPI's HTTPException: `{ "detail": ... }`. */
export class Refusal extends Error {
  readonly status: ContentfulStatusCode
  readonly detail: unknown
  readonly headers: Record<string, string>
  /** Of the error of ours that it stands for, which the original does not know. */
  readonly code: ErrorCode | undefined

  constructor(
    status: ContentfulStatusCode,
    detail: unknown,
    headers: Record<string, string> = {},
    code?: ErrorCode,
  ) {
    super(`Refused with ${status}`)
    this.name = 'Refusal'
    this.status = status
    this.detail = detail
    this.headers = headers
    this.code = code
  }
}

export const invalidInput = (faults: Fault[]) => new Refusal(422, faults)

/** The refusal that an error stands for: its own, or what ours of that kind is in FastAPI's form. */
export function toRefusal(error: unknown, c: Context<AppEnv>): Refusal {
  if (error instanceof Refusal) return error
  const known = readError(error, c)
  if (known.code === 'internal') return new Refusal(500, 'Internal Server Error', {}, known.code)
  const { status } = PROBLEMS[known.code]
  const headers = {
    ...known.headers,
    ...(known.retryAfter !== undefined && { 'retry-after': String(known.retryAfter) }),
  }
  return new Refusal(status, detailOf(known), headers, known.code)
}

function detailOf({ code, errors, message }: AppError): unknown {
  if (code !== 'validation' || !errors) return message
  return errors.map(
    (one): Fault => ({
      type: 'value_error',
      loc: ['body', ...one.path.split('.').filter((part) => part !== '')],
      msg: `Value error, ${one.message}`,
      input: null,
      ctx: { error: {} },
    }),
  )
}

/** Starlette answers what it did not foresee in plain text. */
export const answerRefusal = (
  c: Context<AppEnv>,
  { status, detail, headers }: Refusal,
): Response =>
  status === 500 && detail === 'Internal Server Error'
    ? c.text(detail, 500)
    : c.json({ detail } as object, status, headers)

type Instead = (error: AppError) => Refusal | AppError

/** For `.catch()`: what services refuse by one of these codes is refused in other words. */
export const unless =
  (words: Partial<Record<ErrorCode, Instead>>) =>
  (error: unknown): never => {
    const instead = error instanceof AppError ? words[error.code] : undefined
    if (!(error instanceof AppError) || !instead) throw error
    throw instead(error)
  }
