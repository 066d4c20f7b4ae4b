import * as z from 'zod'
import { instant, line, pageOf, pageQuery, paragraphs, queryFlag, uid } from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'

export const ItemView = lazily(() =>
  z
    .object({
      id: uid(),
      title: z.string().max(255),
      description: z.string().max(2000).nullable(),
      owner_id: uid(),
      created_at: instant(),
      updated_at: instant(),
    })
    .meta({ id: 'Item' }),
)
export type ItemView = Made<typeof ItemView>

export const ItemPage = lazily(() => pageOf(ItemView()).meta({ id: 'ItemPage' }))
export const ItemId = lazily(() => z.object({ id: uid() }))

export const ListItems = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    owner: uid().optional().meta({ description: 'For admins: the items of one account.' }),
    count: queryFlag().optional(),
  }),
)
export type ListItems = Made<typeof ListItems>

export const CreateItem = lazily(() =>
  z
    .strictObject({ title: line(1, 255), description: paragraphs(0, 2000).nullable().optional() })
    .meta({ id: 'CreateItem' }),
)
export type CreateItem = Made<typeof CreateItem>

export const UpdateItem = lazily(() =>
  z
    .strictObject({
      title: line(1, 255).optional(),
      description: paragraphs(0, 2000).nullable().optional(),
    })
    .meta({ id: 'UpdateItem' }),
)
export type UpdateItem = Made<typeof UpdateItem>
