import * as z from 'zod/mini'
import {
  instant,
  line,
  pageOf,
  pageQuery,
  paragraphs,
  queryFlag,
  uid,
  upTo,
} from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { meta } from '../../core/meta.ts'

export const ItemView = lazily(() =>
  z
    .object({
      id: uid(),
      title: upTo(255),
      description: z.nullable(upTo(2000)),
      owner_id: uid(),
      created_at: instant(),
      updated_at: instant(),
    })
    .apply(meta, { id: 'Item' }),
)
export type ItemView = Made<typeof ItemView>

export const ItemPage = lazily(() => pageOf(ItemView()).apply(meta, { id: 'ItemPage' }))
export const ItemId = lazily(() => z.object({ id: uid() }))

export const ListItems = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    owner: z.optional(uid()).apply(meta, { description: 'For admins: the items of one account.' }),
    count: z.optional(queryFlag()),
  }),
)
export type ListItems = Made<typeof ListItems>

export const CreateItem = lazily(() =>
  z
    .strictObject({ title: line(1, 255), description: z.optional(z.nullable(paragraphs(0, 2000))) })
    .apply(meta, { id: 'CreateItem' }),
)
export type CreateItem = Made<typeof CreateItem>

export const UpdateItem = lazily(() =>
  z
    .strictObject({
      title: z.optional(line(1, 255)),
      description: z.optional(z.nullable(paragraphs(0, 2000))),
    })
    .apply(meta, { id: 'UpdateItem' }),
)
export type UpdateItem = Made<typeof UpdateItem>
