import * as z from 'zod/mini'
import { idOrSlug, label, pageOf, pageQuery, paragraphs, rowId, upTo } from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { meta } from '../../core/meta.ts'
import { slugField } from '../slugs/schemas.ts'

export const CategoryView = lazily(() =>
  z
    .object({
      id: z.int(),
      slug: upTo(80),
      name: upTo(100),
      description: upTo(2000),
      product_count: z.int().apply(meta, { description: 'Of active products.' }),
    })
    .apply(meta, { id: 'Category' }),
)
export type CategoryView = Made<typeof CategoryView>

export const CategoryPage = lazily(() => pageOf(CategoryView()).apply(meta, { id: 'CategoryPage' }))
export const CategoryId = lazily(() => z.object({ id: rowId() }))
export const CategoryName = lazily(() => z.object({ id: idOrSlug() }))

export const ListCategories = lazily(() => z.strictObject(pageQuery()))
export type ListCategories = Made<typeof ListCategories>

const categoryName = () => label(100)

const written = lazily(() => ({
  slug: z
    .optional(slugField())
    .apply(meta, { description: 'Made from the name when it is not given.' }),
  description: z.optional(paragraphs(0, 2000)),
}))

export const CreateCategory = lazily(() =>
  z.strictObject({ name: categoryName(), ...written() }).apply(meta, { id: 'CreateCategory' }),
)
export type CreateCategory = Made<typeof CreateCategory>

export const UpdateCategory = lazily(() =>
  z
    .strictObject({ name: z.optional(categoryName()), ...written() })
    .apply(meta, { id: 'UpdateCategory' }),
)
export type UpdateCategory = Made<typeof UpdateCategory>
