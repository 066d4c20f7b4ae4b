import * as z from 'zod/mini'
import {
  instant,
  line,
  pageOf,
  pageQuery,
  queryFlag,
  searchTerm,
  uid,
  upTo,
} from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { meta } from '../../core/meta.ts'
import {
  MOST_STOCK,
  MOVEMENT_REASONS,
  PRODUCT_STATUSES,
  STOCK_REASONS,
  VARIANT_STATUSES,
} from './kinds.ts'

export const MovementView = lazily(() =>
  z
    .object({
      id: z.int(),
      variant_id: z.int(),
      reason: z.enum(MOVEMENT_REASONS),
      on_hand_change: z.int(),
      reserved_change: z.int(),
      order_id: z.nullable(uid()),
      actor: upTo(60).apply(meta, {
        description: 'The id of a user, the name of a job, empty for a visitor.',
      }),
      note: z.nullable(upTo(500)),
      created_at: instant(),
    })
    .apply(meta, { id: 'StockMovement' }),
)
export type MovementView = Made<typeof MovementView>

export const MovementPage = lazily(() =>
  pageOf(MovementView()).apply(meta, { id: 'StockMovementPage' }),
)

export const StockChangeView = lazily(() =>
  z
    .extend(MovementView(), {
      on_hand: z.int(),
      reserved: z.int(),
      available: z.int(),
    })
    .apply(meta, {
      id: 'StockChange',
      description: 'The row of the ledger, and what is there now.',
    }),
)
export type StockChangeView = Made<typeof StockChangeView>

export const ListMovements = lazily(() =>
  z.strictObject({ ...pageQuery(), count: z.optional(queryFlag()) }),
)
export type ListMovements = Made<typeof ListMovements>

export const ChangeStock = lazily(() =>
  z
    .strictObject({
      change: z
        .int()
        .check(
          z.gte(-MOST_STOCK),
          z.lte(MOST_STOCK),
          z.refine((change) => change !== 0, { message: 'This changes nothing.' }),
        )
        .apply(meta, { description: 'What came, or with a minus what went.' }),
      reason: z.enum(STOCK_REASONS),
      note: z.optional(line(0, 500)),
    })
    .apply(meta, { id: 'ChangeStock', example: { change: 5, reason: 'received' } }),
)
export type ChangeStock = Made<typeof ChangeStock>

export const InventoryView = lazily(() =>
  z
    .object({
      variant_id: z.int(),
      product_id: z.int(),
      product_name: upTo(200),
      product_status: z.enum(PRODUCT_STATUSES),
      sku: upTo(64),
      title: upTo(200),
      status: z.enum(VARIANT_STATUSES),
      on_hand: z.int(),
      reserved: z.int(),
      available: z.int(),
      low_stock_at: z.nullable(z.int()),
      is_low: z.boolean(),
    })
    .apply(meta, { id: 'InventoryRow' }),
)
export type InventoryView = Made<typeof InventoryView>

export const InventoryPage = lazily(() =>
  pageOf(InventoryView()).apply(meta, { id: 'InventoryPage' }),
)

export const ListInventory = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    low: z
      .optional(queryFlag())
      .apply(meta, { description: 'Active variants below their threshold.' }),
    q: z
      .optional(searchTerm())
      .apply(meta, { description: 'Looks through product names, skus and titles.' }),
    count: z.optional(queryFlag()),
  }),
)
export type ListInventory = Made<typeof ListInventory>
