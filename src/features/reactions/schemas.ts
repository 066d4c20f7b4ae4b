import * as z from 'zod'
import { rowId } from '../../core/fields.ts'
import { REACTIONS } from '../../core/reactions.ts'

export { ReactionSummary } from '../../core/reactions.ts'

export const ThingId = z.object({ id: rowId() })

export const React = z
  .strictObject({ type: z.enum(REACTIONS) })
  .meta({ id: 'React', example: { type: 'love' } })
export type React = z.output<typeof React>
