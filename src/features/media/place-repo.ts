import { eq, type SQL, sql } from 'drizzle-orm'
import type { Db } from '../../db/client.ts'
import { products, variants } from '../catalog/table.ts'
import { posts } from '../posts/table.ts'
import { profiles } from '../profiles/table.ts'
import { projects } from '../projects/table.ts'
import type { MediaOwner, Place } from './kinds.ts'
import { type images, mostAt, type videos } from './table.ts'

const TARGETS = {
  profile: profiles,
  project: projects,
  post: posts,
  product: products,
  variant: variants,
} satisfies Record<MediaOwner, unknown>

/** The thing itself, whose it is (profiles only), and what hangs on it in `of`. */
export function findTarget(
  db: Db,
  { entityType, entityId }: Place,
  of: typeof images | typeof videos,
) {
  const target = TARGETS[entityType]
  const own = sql`from ${of} where entity_type = ${entityType} and entity_id = ${entityId}`
  return db
    .select({
      id: target.id,
      ownerId: sql<number | null>`${entityType === 'profile' ? profiles.userId : null}`.as(
        'owner_id',
      ),
      held: sql<number>`(select count(*) ${own})`.as('held'),
      last: sql<number | null>`(select max(position) ${own})`.as('last'),
    })
    .from(target)
    .where(eq(target.id, entityId))
}

const SLUG = sql<string | null>`slug`
/** By what words things are addressed; a variant stands at the address of its product. */
const NAMES: Record<MediaOwner, SQL<string | null>> = {
  profile: sql`(select username from users where users.id = profiles.user_id)`,
  project: SLUG,
  post: SLUG,
  product: SLUG,
  variant: sql`(select slug from products where products.id = variants.product_id)`,
}

/** Number and name of the thing that shows what belongs to the place. */
export function findAddress(db: Db, { entityType, entityId }: Place) {
  const target = TARGETS[entityType]
  const id = sql<number>`${entityType === 'variant' ? variants.productId : target.id}`
  return db
    .select({ id: id.as('shown_id'), name: NAMES[entityType].as('name') })
    .from(target)
    .where(eq(target.id, entityId))
}

export function findProfileOf(db: Db, userId: number) {
  return db.select({ id: profiles.id }).from(profiles).where(eq(profiles.userId, userId))
}

/** A place at a thing that perhaps only the batch knows. */
export type MadePlace = Omit<Place, 'entityId'> & { entityId: number | SQL }

/** True while the thing is there and has room for one more in `of`, or for one in place of `instead`. */
export function hasPlace(
  place: MadePlace | null,
  of: typeof images | typeof videos,
  instead?: number,
): SQL {
  if (!place) return sql`true`
  const { entityType, entityId } = place
  const others = instead === undefined ? sql`` : sql` and id <> ${instead}`
  const held = sql`select count(*) from ${of} where entity_type = ${entityType} and entity_id = ${entityId}${others}`
  return sql`(${isThere(place)} and (${held}) < ${mostAt(entityType)})`
}

export const isThere = ({ entityType, entityId }: MadePlace): SQL =>
  sql`exists (select 1 from ${TARGETS[entityType]} where id = ${entityId})`
