import * as z from 'zod'
import { instant, line, pageOf, pageQuery, queryFlag, searchTerm, uid } from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
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
      order_id: uid().nullable(),
      actor: z
        .string()
        .max(60)
        .meta({ description: 'The id of a user, the name of a job, empty for a visitor.' }),
      note: z.string().max(500).nullable(),
      created_at: instant(),
    })
    .meta({ id: 'StockMovement' }),
)
export type MovementView = Made<typeof MovementView>

export const MovementPage = lazily(() => pageOf(MovementView()).meta({ id: 'StockMovementPage' }))

export const StockChangeView = lazily(() =>
  MovementView()
    .extend({
      on_hand: z.int(),
      reserved: z.int(),
      available: z.int(),
    })
    .meta({ id: 'StockChange', description: 'The row of the ledger, and what is there now.' }),
)
export type StockChangeView = Made<typeof StockChangeView>

export const ListMovements = lazily(() =>
  z.strictObject({ ...pageQuery(), count: queryFlag().optional() }),
)
export type ListMovements = Made<typeof ListMovements>

export const ChangeStock = lazily(() =>
  z
    .strictObject({
      change: z
        .int()
        .min(-MOST_STOCK)
        .max(MOST_STOCK)
        .refine((change) => change !== 0, { message: 'This changes nothing.' })
        .meta({ description: 'What came, or with a minus what went.' }),
      reason: z.enum(STOCK_REASONS),
      note: line(0, 500).optional(),
    })
    .meta({ id: 'ChangeStock', example: { change: 5, reason: 'received' } }),
)
export type ChangeStock = Made<typeof ChangeStock>

export const InventoryView = lazily(() =>
  z
    .object({
      variant_id: z.int(),
      product_id: z.int(),
      product_name: z.string().max(200),
      product_status: z.enum(PRODUCT_STATUSES),
      sku: z.string().max(64),
      title: z.string().max(200),
      status: z.enum(VARIANT_STATUSES),
      on_hand: z.int(),
      reserved: z.int(),
      available: z.int(),
      low_stock_at: z.int().nullable(),
      is_low: z.boolean(),
    })
    .meta({ id: 'InventoryRow' }),
)
export type InventoryView = Made<typeof InventoryView>

export const InventoryPage = lazily(() => pageOf(InventoryView()).meta({ id: 'InventoryPage' }))

export const ListInventory = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    low: queryFlag().optional().meta({ description: 'Active variants below their threshold.' }),
    q: searchTerm()
      .optional()
      .meta({ description: 'Looks through product names, skus and titles.' }),
    count: queryFlag().optional(),
  }),
)
export type ListInventory = Made<typeof ListInventory>
