import * as z from 'zod/mini'
import { rowId } from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { meta } from '../../core/meta.ts'
import { REACTIONS } from '../../core/reactions.ts'

export { ReactionSummary } from '../../core/reactions.ts'

export const ThingId = lazily(() => z.object({ id: rowId() }))

export const React = lazily(() =>
  z
    .strictObject({ type: z.enum(REACTIONS) })
    .apply(meta, { id: 'React', example: { type: 'love' } }),
)
export type React = Made<typeof React>
