import type { Context } from 'hono'
import { capitalised, PLACES, THINGS } from '../../core/things.ts'
import { readVisitorCookie, setVisitorCookie } from '../../http/cookies.ts'
import { describe } from '../../http/describe.ts'
import { allow, identify } from '../../http/guards.ts'
import type { AppEnv } from '../../http/router.ts'
import { createRoutes } from '../../http/routes.ts'
import { validate } from '../../http/validate.ts'
import { NEW_VISITORS, REACTIONS_PER_MINUTE } from './limits.ts'
import { React, ReactionSummary, ThingId } from './schemas.ts'
import * as reactions from './service.ts'

const tag = 'reactions'

/** The account, or the visitor of the cookie. */
const callerOf = (c: Context<AppEnv>) =>
  reactions.personOf(c.get('ctx')) ?? reactions.visitorNamed(readVisitorCookie(c))

export const reactionRoutes = createRoutes()

for (const type of THINGS) {
  const place = `/${PLACES[type]}/:id` as const

  reactionRoutes.get(
    `${place}/reactions`,
    describe({
      id: `read${capitalised(type)}Reactions`,
      tag,
      summary: `How often a ${type} was reacted to`,
      description: '`mine` is there for whoever is signed in or has reacted before.',
      returns: { 200: ReactionSummary },
      refuses: [401],
    }),
    allow('anyone'),
    identify,
    validate('param', ThingId),
    async (c) => {
      const thing = { type, id: c.req.valid('param').id }
      return c.json(await reactions.readReactions(c.get('ctx'), thing, callerOf(c)), 200)
    },
  )

  reactionRoutes.put(
    `${place}/reaction`,
    describe({
      id: `reactTo${capitalised(type)}`,
      tag,
      summary: `React to a ${type}, or change your reaction`,
      description:
        'Each person has one. Visitors without an account are known by a cookie that this sets.',
      returns: { 200: ReactionSummary },
      refuses: [401, 403],
      limits: [REACTIONS_PER_MINUTE, NEW_VISITORS],
    }),
    allow('anyone'),
    identify,
    validate('param', ThingId),
    validate('json', React),
    async (c) => {
      const ctx = c.get('ctx')
      const thing = { type, id: c.req.valid('param').id }
      const wish = c.req.valid('json').type
      const account = reactions.personOf(ctx)
      if (account) return c.json(await reactions.react(ctx, thing, account, wish), 200)
      const known = readVisitorCookie(c)
      const visitor = known ?? reactions.newVisitor()
      const isNew = known === undefined
      const summary = await reactions.react(ctx, thing, `visitor:${visitor}`, wish, { isNew })
      setVisitorCookie(c, visitor)
      return c.json(summary, 200)
    },
  )

  reactionRoutes.delete(
    `${place}/reaction`,
    describe({
      id: `takeBack${capitalised(type)}Reaction`,
      tag,
      summary: 'Take your reaction back',
      returns: { 204: null },
      refuses: [401, 403],
      limits: [REACTIONS_PER_MINUTE],
    }),
    allow('anyone'),
    identify,
    validate('param', ThingId),
    async (c) => {
      const thing = { type, id: c.req.valid('param').id }
      await reactions.unreact(c.get('ctx'), thing, callerOf(c))
      return c.body(null, 204)
    },
  )
}
