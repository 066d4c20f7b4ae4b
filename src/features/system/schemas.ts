import * as z from 'zod/mini'
import { ERROR_CODES } from '../../core/errors.ts'
import { listOf, upTo } from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { meta } from '../../core/meta.ts'
import { THINGS, type Thing } from '../../core/things.ts'

/** `part` of a sitemap, as its index names it; other parameters are passed over. */
export const SitemapQuery = lazily(() =>
  z.object({
    part: z
      .optional(
        z.pipe(
          z.string().check(z.regex(PART)),
          z.transform((text) => {
            const [type, number] = text.split('-')
            return { type: type as Thing, number: Number(number) }
          }),
        ),
      )
      .apply(meta, { description: 'One file of a big sitemap, as its index names it.' }),
  }),
)
export type SitemapQuery = Made<typeof SitemapQuery>

const PART = new RegExp(`^(?:${THINGS.join('|')})-[1-9][0-9]{0,5}$`)

export const HealthView = lazily(() =>
  z
    .object({
      status: z.literal('healthy'),
      app: upTo(60),
      version: upTo(20),
      message: upTo(200),
    })
    .apply(meta, { id: 'Health' }),
)
export type HealthView = Made<typeof HealthView>

const Check = lazily(() => z.object({ ok: z.boolean(), ms: z.int().check(z.gte(0)) }))

export const ReadinessView = lazily(() =>
  z
    .object({
      status: z.enum(['ready', 'not_ready']),
      checks: z.object({ d1: Check(), kv: Check(), r2: Check(), queue: Check() }),
      warnings: listOf(upTo(200), 10).apply(meta, {
        description: 'Settings that weaken a promise.',
      }),
    })
    .apply(meta, { id: 'Readiness' }),
)
export type ReadinessView = Made<typeof ReadinessView>

export const ProblemCode = lazily(() => z.object({ code: z.enum(ERROR_CODES) }))

export const ProblemTypeView = lazily(() =>
  z
    .object({
      code: z.enum(ERROR_CODES),
      status: z.int(),
      title: upTo(100),
    })
    .apply(meta, {
      id: 'ProblemType',
      description: 'What the `type` address of a problem leads to.',
    }),
)
export type ProblemTypeView = Made<typeof ProblemTypeView>
