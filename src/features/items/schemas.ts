import * as z from 'zod'
import { instant, line, pageOf, pageQuery, paragraphs, queryFlag, uid } from '../../core/fields.ts'

export const ItemView = z
  .object({
    id: uid(),
    title: z.string().max(255),
    description: z.string().max(2000).nullable(),
    owner_id: uid(),
    created_at: instant(),
    updated_at: instant(),
  })
  .meta({ id: 'Item' })
export type ItemView = z.infer<typeof ItemView>

export const ItemPage = pageOf(ItemView).meta({ id: 'ItemPage' })
export const ItemId = z.object({ id: uid() })

export const ListItems = z.strictObject({
  ...pageQuery,
  owner: uid().optional().meta({ description: 'For admins: the items of one account.' }),
  count: queryFlag().optional(),
})
export type ListItems = z.output<typeof ListItems>

export const CreateItem = z
  .strictObject({ title: line(1, 255), description: paragraphs(0, 2000).nullable().optional() })
  .meta({ id: 'CreateItem' })
export type CreateItem = z.output<typeof CreateItem>

export const UpdateItem = z
  .strictObject({
    title: line(1, 255).optional(),
    description: paragraphs(0, 2000).nullable().optional(),
  })
  .meta({ id: 'UpdateItem' })
export type UpdateItem = z.output<typeof UpdateItem>
