import { type Money, toDecimal } from '../../core/money.ts'
import type { CategoryView } from '../../features/catalog/category-schemas.ts'
import type { ProductView } from '../../features/catalog/schemas.ts'
import type { VariantView } from '../../features/catalog/variant-schemas.ts'
import type { ImageView } from '../../features/media/schemas.ts'
import { keyOf } from './images.ts'

/** What this shop calls what we keep under names that a studio chooses. */
export const INGREDIENTS = 'Ingredients'
export const SIZE = 'Size'
export const SHAPE = 'Shape'

/** The value under a name, in whatever case it was written. */
export function named<Value>(values: Record<string, Value>, name: string): Value | undefined {
  const key = Object.keys(values).find((one) => one.toLowerCase() === name.toLowerCase())
  return key === undefined ? undefined : values[key]
}

const pictureOf = ([first]: ImageView[]) => ({
  key: first ? keyOf(first) : null,
  url: first?.url ?? null,
})

/** The number that stands for the decimal text, as JSON writes it. */
const toFloat = (money: Money): number => Number(toDecimal(money))

export function toVariant(variant: VariantView) {
  const { options, title, images } = variant
  const picture = pictureOf(images)
  return {
    size: named(options, SIZE) ?? title,
    shape: named(options, SHAPE) ?? null,
    img_key: picture.key,
    price: toFloat(variant.price),
    stock_quantity: variant.available,
    id: variant.id,
    product_id: variant.product_id,
    image_url: picture.url,
  }
}

export const toCategory = ({ name, description, id }: CategoryView) => ({ name, description, id })

export function toProduct(product: ProductView) {
  const { id, name, description, categories, images } = product
  const picture = pictureOf(images)
  return {
    name,
    description,
    ingredients: ingredientsOf(product),
    img_key: picture.key,
    id,
    variants: activeOf(product).map(toVariant),
    categories: categories.map(toCategory),
    image_url: picture.url,
  }
}

/** A product as it stands in a category. */
export function toSummary(product: ProductView) {
  const { categories: _, id, ...rest } = toProduct(product)
  return { id, ...rest }
}

export const activeOf = ({ variants }: ProductView): VariantView[] =>
  variants.filter(({ status }) => status === 'active')

const ingredientsOf = ({ attributes }: ProductView): string[] =>
  [named(attributes, INGREDIENTS) ?? []].flat()
