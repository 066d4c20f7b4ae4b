import * as z from 'zod/mini'
import type { Context } from '../../context.ts'
import { signedIn } from '../../core/actor.ts'
import { arrivalsKey } from '../../core/cache-keys.ts'
import { seal, unseal } from '../../core/crypto.ts'
import { viewIn } from '../../core/etag.ts'
import { IMAGE_TYPES, type ImageType } from '../../core/image/types.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { MINUTE } from '../../core/time.ts'
import { beginIdempotent } from '../idempotency/service.ts'
import { listArrivals } from './repo.ts'
import type { ImageView, UploadImage } from './schemas.ts'
import { uploadImage, usedUp } from './upload.ts'
import { toImageView } from './views.ts'

/** So long a link takes its picture. */
const LINK_MS = 5 * MINUTE
const BOUND_TO = 'upload link'
const MAX_TOKEN = 2000
/** In one spelling only: what stands behind it would be passed over. */
const TOKEN = /^[\w-]+(?:\.[\w-]+){3}$/
/** Among so many of the newest pictures those are listed that came by a link. */
const LISTED = 1000

const UploadLink = lazily(() =>
  z.object({
    /** What the picture will be called. By chance, unlike the names of all others. */
    uid: z.uuidv4(),
    type: z.enum(Object.values(IMAGE_TYPES) as [ImageType, ...ImageType[]]),
    altText: z.string(),
    userUid: z.uuid(),
    sessionUid: z.uuid(),
    until: z.int(),
  }),
)
export type UploadLink = Made<typeof UploadLink>

/** A token by which a picture of that format may be uploaded once, soon, in the name of the caller. */
export async function makeUploadLink(
  ctx: Context,
  { type, altText }: Pick<UploadLink, 'type' | 'altText'>,
): Promise<{ uid: string; token: string }> {
  const { uid: userUid, sessionUid } = signedIn(ctx)
  const uid = crypto.randomUUID()
  const link: UploadLink = { uid, type, altText, userUid, sessionUid, until: Date.now() + LINK_MS }
  return { uid, token: await seal(ctx.settings.keys, BOUND_TO, JSON.stringify(link)) }
}

/** What a token was made for; null for one that is not ours or is over. */
export async function readUploadLink(ctx: Context, token: string): Promise<UploadLink | null> {
  if (token.length > MAX_TOKEN || !TOKEN.test(token)) return null
  try {
    const link = UploadLink().parse(JSON.parse(await unseal(ctx.settings.keys, BOUND_TO, token)))
    return link.until > Date.now() ? link : null
  } catch {
    return null
  }
}

/** Stores what came by a link, in the name of whoever had it made. Throws as uploadImage(), `conflict` at the second time. */
export async function uploadByLink(
  ctx: Context,
  { uid, type, altText }: UploadLink,
  file: UploadImage['file'],
): Promise<ImageView> {
  // What is kept under the link's name outlives the link, and the picture should it be deleted.
  if (await beginIdempotent(ctx, 'uploadByLink', uid, '')) throw usedUp()
  const view = await uploadImage(ctx, { file, alt_text: altText }, { uid, type })
  await ctx.cache.forget([arrivalsKey()])
  return view
}

/** Pictures that came by a link, the newest first. */
export async function readArrivals(ctx: Context): Promise<ImageView[]> {
  const cached = await ctx.cache.remember(arrivalsKey(), async () =>
    (await listArrivals(ctx.db, LISTED)).map((row) => toImageView(ctx, row)),
  )
  return cached ? viewIn(cached) : []
}
