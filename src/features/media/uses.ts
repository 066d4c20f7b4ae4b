import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import type { MediaOwner } from './kinds.ts'
import { imageUses } from './table.ts'

/**
 * The statements that keep which of our pictures stand in a text, where `condition` holds; `keys`
 * are all that stand in it now.
 */
export const keepImageUses = (
  ctx: Context,
  type: MediaOwner,
  id: SQL,
  keys: string[],
  condition: SQL = sql`true`,
) =>
  [
    ctx.db
      .delete(imageUses)
      .where(
        sql`${imageUses.entityType} = ${type} and ${imageUses.entityId} = ${id} and ${condition}`,
      ),
    ctx.db
      .insert(imageUses)
      .select(
        sql`select id, ${type}, ${id} from images
          where key in (select value from json_each(${JSON.stringify(keys)})) and ${condition}`,
      )
      .onConflictDoNothing(),
  ] as const
