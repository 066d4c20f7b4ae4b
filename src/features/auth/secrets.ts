import type { SQL } from 'drizzle-orm'
import * as z from 'zod/mini'
import type { Context } from '../../context.ts'
import { toBase64Url } from '../../core/crypto.ts'
import { AppError } from '../../core/errors.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { DAY, HOUR, MINUTE } from '../../core/time.ts'
import type { Statement } from '../../db/client.ts'
import { type Audience, digestFor, OWN } from './audience.ts'
import { replaceSecret, type SecretKind } from './repo.ts'

const LIFETIME: Record<SecretKind, number> = {
  verify: DAY,
  reset: 30 * MINUTE,
  email_change: HOUR,
  invite: 7 * DAY,
  unlock: 30 * MINUTE,
}

/** Where the front end takes a mailed secret; it travels in the fragment, which no server logs. */
const PAGES: Record<SecretKind, string> = {
  verify: '/verify-email',
  reset: '/reset-password',
  email_change: '/confirm-email',
  invite: '/accept-invite',
  unlock: '/unlock',
}

/** A secret to mail, and the statement that keeps its digest in place of any older one. */
export type MailedSecret = { link: string; keep: (condition: SQL) => Statement }

/** The names that came with a registration: whoever opens its link gets them, and nobody else. */
export const Wish = lazily(() =>
  z.object({
    username: z.optional(z.string()),
    full_name: z.optional(z.string()),
  }),
)
export type Wish = Made<typeof Wish>

/** 256 random bits, base64url. */
export const newToken = (): string => toBase64Url(crypto.getRandomValues(new Uint8Array(32)))

/** Where the link leads that carries a secret, for how long it works, and in which API. */
export type Mailing = {
  audience: Pick<Audience, 'name'>
  linkTo: (token: string) => string
  lifetimeMs: number
}

const ownMailing = (ctx: Context, kind: SecretKind): Mailing => ({
  audience: OWN,
  linkTo: (token) => `${ctx.settings.SITE_ORIGIN}${PAGES[kind]}#token=${token}`,
  lifetimeMs: LIFETIME[kind],
})

/** `owner` is the account's id, or a query that gives it. */
export function newMailedSecret(
  ctx: Context,
  kind: SecretKind,
  owner: SQL | number,
  { email, wish, mailing }: { email?: string; wish?: Wish; mailing?: Mailing } = {},
): MailedSecret {
  const { audience, linkTo, lifetimeMs } = mailing ?? ownMailing(ctx, kind)
  const token = newToken()
  const now = Date.now()
  const row = {
    kind,
    hash: digestFor(audience, token),
    email: email ?? null,
    wish: wish ? JSON.stringify(wish) : null,
    createdAt: now,
    expiresAt: now + lifetimeMs,
  }
  return {
    link: linkTo(token),
    keep: (condition) => replaceSecret(ctx.db, owner, row, condition),
  }
}

/** The same words for a secret that is wrong, used, too old or for something else. */
export const badSecret = () =>
  new AppError('invalid_secret', 'This link is not valid any more. Ask for a new one.')
