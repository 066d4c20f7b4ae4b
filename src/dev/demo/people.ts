import { type Context, contextWith } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { makeDemoAdmin } from '../../features/auth/demo-admin.ts'
import type { SaveProfile } from '../../features/profiles/schemas.ts'
import { readProfile, saveProfile } from '../../features/profiles/service.ts'
import { findAccount, readMe } from '../../features/users/service.ts'

const PROFILE: SaveProfile = {
  name: 'Mara',
  last_name: 'Linden',
  display_name: 'Mara Linden',
  title: 'Potter and photographer',
  bio: `I make tableware for people who cook, and I photograph what other makers do.

The studio is a former bakery by the river: two wheels, one electric kiln, a wood kiln in the yard, and a north window that does most of the work when the camera is out. **Visitors are welcome on Fridays.** If you want something made for a place rather than for a shelf, [write to me](mailto:hello@linden.test).`,
  email: 'hello@linden.test',
  links: {
    website: 'https://linden.example/',
    github: 'https://github.com/linden-studio-example',
  },
  skills: ['Wheel throwing', 'Ash glazes', 'Wood firing', 'Product photography', 'Large format'],
  experience: [
    {
      title: 'Owner',
      company: 'Linden Studio',
      location: 'By the river',
      start_date: '2016-04',
      description: 'Tableware in small series, tiles for rooms, photographs for makers.',
    },
    {
      title: 'Journeywoman',
      company: 'Brandt Pottery',
      start_date: '2012-09',
      end_date: '2016-03',
      description: 'Production throwing: four hundred mugs a week, and no two hours of boredom.',
    },
  ],
  education: [
    {
      institution: 'School of Ceramics, Höhr',
      degree: 'Master craftswoman',
      field: 'Ceramics',
      end_date: '2015',
    },
  ],
  certifications: [{ name: 'Food-safe glazes', issuer: 'Chamber of Crafts', date: '2019-11' }],
  achievements: ['Regional prize for craft, 2021', 'Solo show “Ash”, 2023'],
}

export async function loadPeople(ctx: Context): Promise<void> {
  const asMara = await actAsMara(ctx)
  const { view } = await readMe(asMara)
  // An account that was made by hand may have another name, or none.
  if (view.username === null) return
  const known = await readProfile(ctx, view.username).catch(() => null)
  if (!known) await saveProfile(asMara, view.username, PROFILE)
}

/** The same context with the administrator of the demo as the one who acts. */
export async function actAsMara(ctx: Context): Promise<Context> {
  const { id, uid, role } = await findAccount(ctx, await makeDemoAdmin(ctx))
  const session = { sessionId: 0, sessionUid: '', steppedUpAt: null, needsFactor: false }
  return contextWith(ctx, { actor: { type: 'user', id, uid, role, ...session } })
}

/** Does `make`, unless its slug shows that it was done before. */
export async function once(make: () => Promise<unknown>): Promise<void> {
  try {
    await make()
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'conflict')) throw error
  }
}
