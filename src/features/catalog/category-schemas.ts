import * as z from 'zod'
import { idOrSlug, label, pageOf, pageQuery, paragraphs, rowId } from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { slugField } from '../slugs/schemas.ts'

export const CategoryView = lazily(() =>
  z
    .object({
      id: z.int(),
      slug: z.string().max(80),
      name: z.string().max(100),
      description: z.string().max(2000),
      product_count: z.int().meta({ description: 'Of active products.' }),
    })
    .meta({ id: 'Category' }),
)
export type CategoryView = Made<typeof CategoryView>

export const CategoryPage = lazily(() => pageOf(CategoryView()).meta({ id: 'CategoryPage' }))
export const CategoryId = lazily(() => z.object({ id: rowId() }))
export const CategoryName = lazily(() => z.object({ id: idOrSlug() }))

export const ListCategories = lazily(() => z.strictObject(pageQuery()))
export type ListCategories = Made<typeof ListCategories>

const categoryName = () => label(100)

const written = lazily(() => ({
  slug: slugField().optional().meta({ description: 'Made from the name when it is not given.' }),
  description: paragraphs(0, 2000).optional(),
}))

export const CreateCategory = lazily(() =>
  z.strictObject({ name: categoryName(), ...written() }).meta({ id: 'CreateCategory' }),
)
export type CreateCategory = Made<typeof CreateCategory>

export const UpdateCategory = lazily(() =>
  z.strictObject({ name: categoryName().optional(), ...written() }).meta({ id: 'UpdateCategory' }),
)
export type UpdateCategory = Made<typeof UpdateCategory>
