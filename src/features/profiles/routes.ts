import { describe } from '../../http/describe.ts'
import { ifMatch, sendTagged } from '../../http/etag.ts'
import { allow } from '../../http/guards.ts'
import { createRoutes } from '../../http/routes.ts'
import { sendFound, sendListed } from '../../http/send.ts'
import { validate } from '../../http/validate.ts'
import { ListProfiles, ProfileName, ProfilePage, ProfileView, SaveProfile } from './schemas.ts'
import * as profiles from './service.ts'

const tag = 'profiles'

export const profileRoutes = createRoutes()

profileRoutes.get(
  '/',
  describe({
    id: 'listProfiles',
    tag,
    summary: 'The people of the studio, newest first',
    returns: { 200: ProfilePage, 304: null },
  }),
  allow('anyone'),
  validate('query', ListProfiles),
  async (c) => sendListed(c, await profiles.listPublicProfiles(c.get('ctx'), c.req.valid('query'))),
)

profileRoutes.get(
  '/:username',
  describe({
    id: 'readProfile',
    tag,
    summary: 'One profile',
    returns: { 200: ProfileView, 304: null },
  }),
  allow('anyone'),
  validate('param', ProfileName),
  async (c) =>
    sendFound(c, await profiles.readProfile(c.get('ctx'), c.req.valid('param').username)),
)

profileRoutes.put(
  '/:username',
  describe({
    id: 'saveProfile',
    tag,
    summary: 'Make or replace a profile',
    description: 'Your own account’s; for an admin anybody’s. What is not given is empty.',
    returns: { 200: ProfileView, 201: ProfileView },
    refuses: [403, 412],
  }),
  allow('owner'),
  validate('param', ProfileName),
  validate('json', SaveProfile),
  async (c) => {
    const { username } = c.req.valid('param')
    const saved = await profiles.saveProfile(
      c.get('ctx'),
      username,
      c.req.valid('json'),
      ifMatch(c),
    )
    if (!saved.isNew) return sendTagged(c, saved)
    const location = profiles.profilePath(saved.view.username)
    return c.json(saved.view, 201, { location, etag: `"${saved.tag}"` })
  },
)

profileRoutes.delete(
  '/:username',
  describe({
    id: 'deleteProfile',
    tag,
    summary: 'Delete a profile with its pictures',
    returns: { 204: null },
    refuses: [403, 412],
  }),
  allow('owner'),
  validate('param', ProfileName),
  async (c) => {
    await profiles.removeProfile(c.get('ctx'), c.req.valid('param').username, ifMatch(c))
    return c.body(null, 204)
  },
)
