import type { Context } from '../../context.ts'
import { mac, sameSecret } from '../../core/crypto.ts'
import type { Settings } from '../../env.ts'

/** What mails that go to a subscriber are about: this and the id. */
export const ABOUT = 'subscriber:'

/** Opens nothing but the way out, so it is kept nowhere and lasts. */
export const unsubscribeToken = (ctx: Context, id: number): string =>
  `${id}.${signatureOf(ctx.settings.SECRET_KEY, id)}`

/** Whom a token unsubscribes; null for one that we did not sign, now or before the last rotation. */
export function readUnsubscribeToken({ keys }: Settings, token: string): number | null {
  const [, digits = '', signature = ''] = /^([1-9][0-9]{0,14})\.([\w-]{43})$/.exec(token) ?? []
  const id = Number(digits)
  const secrets = [keys.current, ...(keys.previous ? [keys.previous] : [])]
  return secrets.some((secret) => sameSecret(signature, signatureOf(secret, id))) ? id : null
}

const signatureOf = (secret: string, id: number): string => mac(secret, 'unsubscribe', String(id))

/** Headers by which mail programs offer a button (RFC 2369, RFC 8058). */
export const unsubscribeHeaders = ({ settings }: Context, token: string) => ({
  'List-Unsubscribe': `<${settings.API_ORIGIN}/api/v1/subscribers/unsubscribe?token=${token}>`,
  'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
})

export const confirmPage = ({ settings }: Context, token: string): string =>
  `${settings.SITE_ORIGIN}/newsletter/confirm#token=${token}`

export const unsubscribePage = ({ settings }: Context, token: string): string =>
  `${settings.SITE_ORIGIN}${settings.SITE_UNSUBSCRIBE_PATH}#token=${token}`

/** Leads a browser there; the token comes from an address, which may be anything. */
export function wayToLeave(ctx: Context, token: string): string {
  const page = unsubscribePage(ctx, token.replace(/[^\w.-]/g, '').slice(0, 80))
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Unsubscribe</title><meta http-equiv="refresh" content="0; url=${page}"></head>
<body><p><a href="${page}">Unsubscribe</a></p></body>
</html>`
}
