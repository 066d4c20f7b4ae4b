import * as z from 'zod/mini'
import { lazily } from '../../core/lazily.ts'
import {
  changeProfile,
  createOwnProfile,
  readFirstProfile,
  readProfileNumbered,
} from '../../features/profiles/whole.ts'
import { MAX_TEXT_BYTES } from '../../http/body.ts'
import { createRoutes } from '../../http/routes.ts'
import { int } from '../fastapi/fields.ts'
import { Refusal, unless } from '../fastapi/refusal.ts'
import { takes } from '../fastapi/takes.ts'
import { guard } from './audience.ts'
import { ProfileCreate, ProfileUpdate, toChange, toProfile } from './profile-shapes.ts'
import { lost } from './words.ts'

/** Whom the site is about. */
export const profileRoutes = createRoutes()

const long = { maxBytes: MAX_TEXT_BYTES }
const ProfileId = lazily(() => z.object({ profile_id: int() }))
const nobody = () => new Refusal(404, 'Profile not found')
const there = () => new Refusal(400, 'Profile already exists. Use PUT to update.')

profileRoutes.get('/profiles/', guard('anyone'), async (c) => {
  const profile = await readFirstProfile(c.get('ctx'))
  if (!profile) throw nobody()
  return c.json(toProfile(profile))
})

profileRoutes.post(
  '/profiles/',
  guard('admin'),
  takes({ json: ProfileCreate }, long),
  async (c) => {
    const ctx = c.get('ctx')
    const input = c.req.valid('json')
    if (await readFirstProfile(ctx)) throw there()
    const profile = await createOwnProfile(ctx, {
      ...toChange(input, null),
      name: input.name,
    }).catch(unless({ conflict: there }))
    return c.json(toProfile(profile), 201)
  },
)

profileRoutes.put(
  '/profiles/:profile_id',
  guard('admin'),
  takes({ param: ProfileId, json: ProfileUpdate }, long),
  async (c) => {
    const ctx = c.get('ctx')
    const { profile_id: id } = c.req.valid('param')
    const present = await readProfileNumbered(ctx, id).catch(lost('Profile not found'))
    const change = toChange(c.req.valid('json'), present)
    return c.json(toProfile(await changeProfile(ctx, id, change).catch(lost('Profile not found'))))
  },
)
