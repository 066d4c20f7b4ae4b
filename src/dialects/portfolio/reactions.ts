import * as z from 'zod/mini'
import { email, line } from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import type { Reaction, ReactionSummary } from '../../core/reactions.ts'
import type { ThingName } from '../../core/things.ts'
import {
  personOfEmail,
  putReactionOf,
  type ReactionView,
  readReactions,
  sliceOfThing,
  takeBack,
} from '../../features/reactions/service.ts'
import { createRoutes } from '../../http/routes.ts'
import { int, plain } from '../fastapi/fields.ts'
import { Refusal } from '../fastapi/refusal.ts'
import { takes } from '../fastapi/takes.ts'
import { toPythonTime } from '../fastapi/time.ts'
import { guard } from './audience.ts'
import { lost } from './words.ts'

/** A person is named by an address here, of which only a pseudonym is kept. */
export const reactionRoutes = createRoutes()

const TYPES = ['like', 'love', 'congratulations'] as const
const Thing = lazily(() => z.object({ entity_type: plain(100), entity_id: int() }))
type Thing = Made<typeof Thing>

const Reacted = lazily(() =>
  z.object({
    email: email(),
    name: line(1, 255),
    reaction_type: z.enum(TYPES),
  }),
)

const OURS: Record<string, ThingName['type']> = { project: 'project', blog_post: 'post' }

/** `blog_post` is `Blog Post` there. */
const titleOf = (type: string): string =>
  type
    .replaceAll('_', ' ')
    .toLowerCase()
    .replace(/(?<![a-z])[a-z]/g, (letter) => letter.toUpperCase())

const nowhere = ({ entity_type }: Thing): string => `${titleOf(entity_type)} not found`

function toThing(given: Thing): ThingName {
  const type = Object.hasOwn(OURS, given.entity_type) ? OURS[given.entity_type] : undefined
  if (!type) throw new Refusal(404, nowhere(given))
  return { type, id: given.entity_id }
}

const noThing = (given: Thing) => lost(nowhere(given))

const isKnown = (type: Reaction | null | undefined): type is (typeof TYPES)[number] =>
  TYPES.some((one) => one === type)

/** Nobody is shown who else has reacted. */
const toReaction = (reaction: ReactionView, thing: Thing, who = { email: '', name: '' }) => {
  const at = toPythonTime(reaction.created_at)
  return {
    email: who.email,
    name: who.name,
    reaction_type: reaction.type,
    id: Date.parse(reaction.created_at),
    entity_id: thing.entity_id,
    entity_type: thing.entity_type,
    ip_address: null,
    created_at: at,
    updated_at: at,
  }
}

/** Of the kinds that the front end knows. */
const toSummary = ({ like, love, congratulations, mine }: ReactionSummary) => ({
  total_reactions: like + love + congratulations,
  like_count: like,
  love_count: love,
  congratulations_count: congratulations,
  user_reaction: isKnown(mine) ? mine : null,
})

const AT = '/reactions/:entity_type/:entity_id'

reactionRoutes.post(AT, guard('anyone'), takes({ param: Thing, json: Reacted }), async (c) => {
  const ctx = c.get('ctx')
  const given = c.req.valid('param')
  const { reaction_type, ...who } = c.req.valid('json')
  const person = personOfEmail(ctx, who.email)
  const { reaction, isNew } = await putReactionOf(ctx, toThing(given), person, reaction_type).catch(
    noThing(given),
  )
  return c.json({
    reaction: toReaction(reaction, given, who),
    action: isNew ? 'created' : 'updated',
    message: `Your reaction has been ${isNew ? 'added' : 'updated'} successfully!`,
  })
})

const Reader = lazily(() => z.object({ user_email: z.optional(plain(254)) }))

reactionRoutes.get(
  `${AT}/summary`,
  guard('anyone'),
  takes({ param: Thing, query: Reader }),
  async (c) => {
    const ctx = c.get('ctx')
    const given = c.req.valid('param')
    const { user_email } = c.req.valid('query')
    const person = user_email ? personOfEmail(ctx, user_email) : undefined
    const summary = await readReactions(ctx, toThing(given), person).catch(noThing(given))
    return c.json(toSummary(summary))
  },
)

const Listing = lazily(() =>
  z.object({
    skip: z._default(int({ min: 0 }), 0),
    limit: z._default(int({ min: 1, max: 500 }), 100),
  }),
)

reactionRoutes.get(AT, guard('anyone'), takes({ param: Thing, query: Listing }), async (c) => {
  const given = c.req.valid('param')
  const slice = c.req.valid('query')
  const reactions = await sliceOfThing(c.get('ctx'), toThing(given), slice).catch(noThing(given))
  return c.json(reactions.map((reaction) => toReaction(reaction, given)))
})

const Owner = lazily(() => z.object({ email: plain(254) }))
const NONE = 'Reaction not found or already deleted'

reactionRoutes.delete(AT, guard('anyone'), takes({ param: Thing, query: Owner }), async (c) => {
  const ctx = c.get('ctx')
  const given = c.req.valid('param')
  if (!Object.hasOwn(OURS, given.entity_type)) throw new Refusal(404, NONE)
  const person = personOfEmail(ctx, c.req.valid('query').email)
  const wasThere = await takeBack(ctx, toThing(given), person).catch(lost(NONE))
  if (!wasThere) throw new Refusal(404, NONE)
  return c.json({ message: 'Your reaction has been removed successfully', deleted: true })
})
