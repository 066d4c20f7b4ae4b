import { isAdmin } from '../../core/actor.ts'
import { MAX_IMAGE_BYTES } from '../../core/image/refuse.ts'
import { IMAGE_TYPES } from '../../core/image/types.ts'
import { resolveSession } from '../../features/auth/dialect-session.ts'
import {
  makeUploadLink,
  readArrivals,
  readUploadLink,
  uploadByLink,
} from '../../features/media/links.ts'
import { readAtMost } from '../../http/body.ts'
import { originOf } from '../../http/problem.ts'
import { createRoutes } from '../../http/routes.ts'
import { Refusal, unless } from '../fastapi/refusal.ts'
import { takes } from '../fastapi/takes.ts'
import { guard } from './audience.ts'
import { KeyQuery, UploadWish } from './bodies.ts'
import { cleanName, keyFor, keyOf } from './images.ts'

export const uploadRoutes = createRoutes()

const { jpg, png, webp, gif } = IMAGE_TYPES
const TYPES = [jpg, png, webp, gif]

uploadRoutes.post(
  '/upload/presigned-url',
  guard('admin'),
  takes({ json: UploadWish }),
  async (c) => {
    const ctx = c.get('ctx')
    const { fileName, contentType } = c.req.valid('json')
    const type = TYPES.find((one) => one === contentType)
    if (!type) {
      throw new Refusal(400, `Invalid contentType. Allowed types: ${TYPES.join(', ')}`)
    }
    const name = cleanName(fileName)
    const { uid, token } = await makeUploadLink(ctx, { type, altText: name })
    const uploadUrl = `${originOf(c)}/dialects/eterno/upload/${token}`
    return c.json({ uploadUrl, key: keyFor(uid, name) })
  },
)

// Behind the address that was given out: a plain PUT without a token, as to a bucket.
uploadRoutes.put('/upload/:link', guard('anyone'), async (c) => {
  const ctx = c.get('ctx')
  const link = await readUploadLink(ctx, c.req.param('link') ?? '')
  if (!link) throw closed()
  const actor = await resolveSession(ctx, link)
  if (typeof actor === 'string' || !isAdmin(actor)) throw closed()
  if (c.req.header('content-type') !== link.type) throw closed()
  ctx.actor = actor
  const file = new Uint8Array(await readAtMost(c.req.raw, MAX_IMAGE_BYTES))
  await uploadByLink(ctx, link, file).catch(unless({ conflict: closed }))
  return c.body(null, 200)
})

const closed = () =>
  new Refusal(403, 'This address takes one picture of the said format, for five minutes.')

uploadRoutes.get('/images/keys', guard('anyone'), takes({ query: KeyQuery }), async (c) => {
  const { prefix = '', limit } = c.req.valid('query')
  const keys = (await readArrivals(c.get('ctx'))).map(keyOf).filter((key) => key.startsWith(prefix))
  return c.json(keys.sort().slice(0, limit))
})
