import type { Context } from '../../context.ts'
import type { Actor } from '../../core/actor.ts'
import { sameSecret } from '../../core/crypto.ts'
import { AppError } from '../../core/errors.ts'

const BEARER = /^bearer +([\x21-\x7e]{1,4096})$/i

/** Who the Authorization header names. Throws `unauthorized` for nobody, with the same words for all reasons. */
export async function resolveActor(
  ctx: Context,
  authorization: string | undefined,
): Promise<Actor> {
  const token = BEARER.exec(authorization ?? '')?.[1]
  if (token && sameSecret(token, ctx.settings.ADMIN_TOKEN)) return { type: 'admin' }
  throw new AppError('unauthorized', 'This needs a valid bearer token.', {
    headers: { 'www-authenticate': 'Bearer realm="atelier"' },
  })
}
