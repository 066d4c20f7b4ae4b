import * as z from 'zod/mini'
import { line, listOf } from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { MOST_AMOUNT } from '../../core/money.ts'
import { Register } from '../../features/auth/schemas.ts'
import { CreateCategory } from '../../features/catalog/category-schemas.ts'
import { MOST_CATEGORIES, MOST_STOCK } from '../../features/catalog/kinds.ts'
import { CreateProduct } from '../../features/catalog/schemas.ts'
import { SendMessage } from '../../features/contact/schemas.ts'
import { UpdateMe } from '../../features/users/schemas.ts'
import { decimal, float, inside, int, plain } from '../fastapi/fields.ts'

const MOST_INGREDIENTS = 50
const MOST_AT_ONCE = 50
const MOST_LINES = 50
const MOST_OF_ONE = 99

const imageKey = () => z.nullable(plain(500))

export const ProductId = lazily(() => z.object({ product_id: int() }))
export const CategoryId = lazily(() => z.object({ category_id: int() }))
export const InCategory = lazily(() => z.object({ product_id: int(), category_id: int() }))
export const VariantId = lazily(() => z.object({ product_id: int(), variant_id: int() }))

export const ProductBody = lazily(() =>
  z.object({
    name: CreateProduct().shape.name,
    description: inside(CreateProduct().shape.description),
    ingredients: z.pipe(
      listOf(line(0, 200), MOST_INGREDIENTS),
      z.transform((list) => list.filter((one) => one !== '')),
    ),
    img_key: imageKey(),
  }),
)
export type ProductBody = Made<typeof ProductBody>

export const VariantBody = lazily(() =>
  z.object({
    size: line(1, 100),
    shape: z.nullish(line(0, 100)),
    img_key: z.optional(imageKey()),
    price: decimal(2, { min: 0, max: MOST_AMOUNT / 100 }),
    stock_quantity: int({ min: 0, max: MOST_STOCK }),
  }),
)
export type VariantBody = Made<typeof VariantBody>

export const CategoryBody = lazily(() =>
  z.object({
    name: CreateCategory().shape.name,
    description: inside(CreateCategory().shape.description),
  }),
)
export const CategoryBodies = lazily(() => listOf(CategoryBody(), MOST_AT_ONCE))
export const Assignment = lazily(() => z.object({ category_ids: listOf(int(), MOST_CATEGORIES) }))

/** What was bought. */
export const Bought = lazily(() => z.object({ quantity: int({ min: 0, max: MOST_STOCK }) }))
/** The original refuses a negative one in words of its own. */
export const Counted = lazily(() => z.object({ stock_quantity: int({ max: MOST_STOCK }) }))

/** What the cart says of name and price is read and goes nowhere. */
export const Cart = lazily(() =>
  z.object({
    items: z
      .array(
        z.object({
          id: int({ min: 1, max: 9_999_999_999 }),
          name: plain(1000),
          price: float(),
          quantity: int({ min: 1, max: MOST_OF_ONE }),
        }),
      )
      .check(z.minLength(1), z.maxLength(MOST_LINES)),
  }),
)

export const Credentials = lazily(() => z.object({ username: plain(300), password: plain(1000) }))
export const AdminBody = lazily(() =>
  z.object({
    username: inside(inside(UpdateMe().shape.username)),
    password: Register().shape.password,
  }),
)
export const AdminName = lazily(() => z.object({ username: plain(300) }))

export const Letter = lazily(() => {
  const { name, email, message } = SendMessage().shape
  return z.object({ name, email, message })
})

export const UploadWish = lazily(() =>
  z.object({
    fileName: plain(1000).check(z.minLength(1)),
    contentType: plain(200).check(z.minLength(1)),
  }),
)
export const KeyQuery = lazily(() =>
  z.object({
    prefix: z.optional(plain(500)),
    limit: z._default(int({ min: 1, max: 1000 }), 100),
  }),
)
