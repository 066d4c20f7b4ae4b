import { eq, type Placeholder, type SQL, sql } from 'drizzle-orm'
import { built } from '../../db/built.ts'
import type { Db } from '../../db/client.ts'
import { insertIf } from '../../db/record.ts'
import { isActive, terms } from './repo.ts'
import { discounts, discountUses } from './table.ts'

/** By what a buyer is known: the account, the address in small letters, and its keyed hash. */
export type Customer = { userId: number | null; email: string | null; emailKey: string | null }

/** The same, or what stands for it in a statement that is built once. */
type Named = { [Name in keyof Customer]: Customer[Name] | Placeholder }

const used = sql`select order_id from discount_uses
  where discount_id = discounts.id and state <> 'returned'`

/**
 * How often the customer has used a discount: by account, by address, or by the account that has the
 * address. What was given back does not count.
 */
const usesBy = ({ userId, email, emailKey }: Named): SQL<number> => sql<number>`(
  select count(*) from (
    ${used} and user_id = ${userId}
    union ${used} and email_key = ${emailKey}
    union ${used} and user_id = (select id from users where users.email_key = ${email})))`

/** A discount by its code, with which of the variants it is for: JSON of numbers. */
export const findForCart = (
  db: Db,
  codeKey: string,
  variantIds: number[],
  { userId, email, emailKey }: Customer,
) => forCart(db, { codeKey, variantIds: JSON.stringify(variantIds), userId, email, emailKey })

const forCart = built(
  'discounts.for a cart',
  ['codeKey', 'variantIds', 'userId', 'email', 'emailKey'],
  (db, { codeKey, variantIds, ...customer }) =>
    db
      .select({
        ...terms,
        inScope: sql<string>`(
          select json_group_array(v.id) from json_each(${variantIds}) given
          join variants v on v.id = given.value
          where discounts.scope = 'everything'
            or exists (select 1 from discount_products dp
              where dp.discount_id = discounts.id and dp.product_id = v.product_id)
            or exists (select 1 from product_categories pc
              join discount_categories dc on dc.category_id = pc.category_id
              where pc.product_id = v.product_id and dc.discount_id = discounts.id))`.as(
          'in_scope',
        ),
        usesByCustomer: usesBy(customer).as('uses_by_customer'),
      })
      .from(discounts)
      .where(eq(discounts.codeKey, codeKey)),
)

/** True while the discount stands as it was priced and has a use left for this customer. */
export const hasUseLeft = (
  { id, version }: { id: number; version: number },
  customer: Customer,
  now: number,
): SQL =>
  sql`exists (select 1 from discounts where discounts.id = ${id} and discounts.version = ${version}
    and ${isActive(now)} and (discounts.max_uses_per_customer is null
      or ${usesBy(customer)} < discounts.max_uses_per_customer))`

/** The use of a discount by the order that the batch has placed; none where it has placed none. */
export function insertUse(
  db: Db,
  orderUid: string,
  discountId: number,
  { userId, emailKey }: Customer,
  now: number,
) {
  const order = sql`(select id from orders where uid = ${orderUid})`
  return insertIf(
    db,
    discountUses,
    { orderId: order, discountId, userId, emailKey, state: 'held', createdAt: now },
    sql`${order} is not null`,
  )
}
