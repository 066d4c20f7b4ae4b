import * as z from 'zod'
import { idOrSlug, line, pageOf, pageQuery, paragraphs, rowId } from '../../core/fields.ts'
import { fold } from '../../core/text.ts'
import { slugField } from '../slugs/schemas.ts'

export const CategoryView = z
  .object({
    id: z.int(),
    slug: z.string().max(80),
    name: z.string().max(100),
    description: z.string().max(2000),
    product_count: z.int().meta({ description: 'Of active products.' }),
  })
  .meta({ id: 'Category' })
export type CategoryView = z.infer<typeof CategoryView>

export const CategoryPage = pageOf(CategoryView).meta({ id: 'CategoryPage' })
export const CategoryId = z.object({ id: rowId() })
export const CategoryName = z.object({ id: idOrSlug() })

export const ListCategories = z.strictObject(pageQuery)
export type ListCategories = z.output<typeof ListCategories>

const categoryName = () =>
  line(1, 100).refine((name) => fold(name) !== '', { message: 'Nothing is left of it.' })

const written = {
  slug: slugField().optional().meta({ description: 'Made from the name when it is not given.' }),
  description: paragraphs(0, 2000).optional(),
}

export const CreateCategory = z
  .strictObject({ name: categoryName(), ...written })
  .meta({ id: 'CreateCategory' })
export type CreateCategory = z.output<typeof CreateCategory>

export const UpdateCategory = z
  .strictObject({ name: categoryName().optional(), ...written })
  .meta({ id: 'UpdateCategory' })
export type UpdateCategory = z.output<typeof UpdateCategory>
