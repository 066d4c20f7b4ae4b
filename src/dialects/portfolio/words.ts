import type { Context } from 'hono'
import type { AppError } from '../../core/errors.ts'
import { MAX_IMAGE_BYTES } from '../../core/image/refuse.ts'
import type { AppEnv } from '../../http/router.ts'
import { answerRefusal, Refusal, unless } from '../fastapi/refusal.ts'

/** For `.catch()`: what is not there, in the original's words. */
export const lost = (detail: string) => unless({ not_found: () => new Refusal(404, detail) })

/** The front end shows `detail` as it is, so that what our rules say has to be a sentence. */
export const asSentence = ({ errors, message }: AppError): Refusal =>
  new Refusal(400, errors?.[0]?.message ?? message)

const LARGEST = (MAX_IMAGE_BYTES / 1024 / 1024).toFixed(1)
export const tooLarge = () => new Refusal(400, `File too large. Maximum size: ${LARGEST}MB`)

const TOO_MANY = 'Too many failed login attempts. Please try again later.'

/** What is refused before a handler is reached, in the original's words. */
export function answer(c: Context<AppEnv>, refusal: Refusal): Response {
  const { status, headers } = refusal
  const isAt = (end: RegExp) => end.test(c.req.path.replace(/\/$/, ''))
  if (status === 429 && isAt(/\/auth\/login$/)) {
    return answerRefusal(c, new Refusal(429, TOO_MANY, headers))
  }
  if (status === 413 && isAt(/\/(?:upload|replace)$/)) return answerRefusal(c, tooLarge())
  if (status === 500 && isAt(/\/contact$/)) {
    return answerRefusal(c, new Refusal(500, 'Failed to save message'))
  }
  return answerRefusal(c, refusal)
}
