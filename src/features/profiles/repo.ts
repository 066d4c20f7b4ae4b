import { and, asc, desc, eq, lt, type SQL, sql } from 'drizzle-orm'
import type { Db } from '../../db/client.ts'
import { imagesOf } from '../media/table.ts'
import { users } from '../users/table.ts'
import { profiles } from './table.ts'

const profile = {
  id: profiles.id,
  userId: profiles.userId,
  username: users.username,
  name: profiles.name,
  lastName: profiles.lastName,
  displayName: profiles.displayName,
  title: profiles.title,
  bio: profiles.bio,
  bioHtml: profiles.bioHtml,
  publicEmail: sql<string | null>`${profiles.email}`.as('public_email'),
  resumeUrl: profiles.resumeUrl,
  links: profiles.links,
  skills: profiles.skills,
  experience: profiles.experience,
  education: profiles.education,
  certifications: profiles.certifications,
  achievements: profiles.achievements,
  version: sql<number>`${profiles.version}`.as('profile_version'),
  images: imagesOf('profile', sql`profiles.id`).as('images'),
  texts: profiles.texts,
  profileMadeAt: sql<number>`${profiles.createdAt}`.as('profile_made_at'),
  profileChangedAt: sql<number>`${profiles.updatedAt}`.as('profile_changed_at'),
}

/** The account can be named and is not banned. */
const isVisible = and(eq(users.isActive, true), sql`users.username_key is not null`)

// With the plus SQLite looks from profiles to accounts, of which there are many more.
const isOwner = sql`${users.id} = +${profiles.userId}`

export function listProfiles(db: Db, before: number | undefined, limit: number) {
  return db
    .select(profile)
    .from(profiles)
    .innerJoin(users, isOwner)
    .where(and(isVisible, before === undefined ? undefined : lt(profiles.id, before)))
    .orderBy(desc(profiles.id))
    .limit(limit + 1)
}

export function findProfile(db: Db, usernameKey: string, onlyVisible = false) {
  return db
    .select(profile)
    .from(users)
    .innerJoin(profiles, eq(profiles.userId, users.id))
    .where(and(eq(users.usernameKey, usernameKey), onlyVisible ? isVisible : undefined))
}

export function findProfileOf(db: Db, userId: number | SQL) {
  return db
    .select(profile)
    .from(users)
    .innerJoin(profiles, eq(profiles.userId, users.id))
    .where(sql`${users.id} = ${userId}`)
}

const whole = { ...profile, ownerUid: sql<string>`${users.uid}`.as('owner_uid'), role: users.role }

/** The one of that number, or the oldest whose account is not banned; also of an account without a name. */
export function findWhole(db: Db, which: number | 'oldest') {
  return db
    .select(whole)
    .from(profiles)
    .innerJoin(users, isOwner)
    .where(which === 'oldest' ? eq(users.isActive, true) : eq(profiles.id, which))
    .orderBy(asc(profiles.id))
    .limit(1)
}

export const accountNamed = (uid: string): SQL => sql`(select id from users where uid = ${uid})`

/** The account of that name. */
export function findOwner(db: Db, usernameKey: string) {
  return db
    .select({ id: users.id, uid: users.uid, role: users.role })
    .from(users)
    .where(eq(users.usernameKey, usernameKey))
}

export function insertProfile(db: Db, row: typeof profiles.$inferInsert) {
  return db.insert(profiles).values(row)
}

type Change = Partial<Omit<typeof profiles.$inferInsert, 'id' | 'userId' | 'version'>>

export function updateProfile(db: Db, id: number, version: number, change: Change) {
  return db
    .update(profiles)
    .set({ ...change, version: sql`version + 1` })
    .where(and(eq(profiles.id, id), eq(profiles.version, version)))
    .returning({ id: profiles.id })
}

/** True while the row is at that version; stands in all statements of a change. */
export const isAt = (id: number, version: number): SQL =>
  sql`exists (select 1 from profiles where id = ${id} and version = ${version})`

export const profileOf = (userId: number): SQL =>
  sql`(select id from profiles where user_id = ${userId})`

export function deleteProfile(db: Db, usernameKey: string, versions?: number[]) {
  return db
    .delete(profiles)
    .where(
      and(
        sql`user_id = (select id from users where username_key = ${usernameKey})`,
        versions && sql`version in (select value from json_each(${JSON.stringify(versions)}))`,
      ),
    )
    .returning({ id: profiles.id })
}

export function listOutdated(db: Db, version: number, limit: number) {
  return db
    .select({
      id: profiles.id,
      bio: profiles.bio,
      rowVersion: sql<number>`${profiles.version}`.as('row_version'),
      role: users.role,
    })
    .from(profiles)
    .innerJoin(users, isOwner)
    .where(lt(profiles.renderVersion, version))
    .limit(limit)
}

/** What it shows has not changed, so the row keeps its version. */
export function keepHtml(
  db: Db,
  id: number,
  version: number,
  bioHtml: string | null,
  renderVersion: number,
) {
  return db
    .update(profiles)
    .set({ bioHtml, renderVersion })
    .where(and(eq(profiles.id, id), eq(profiles.version, version)))
}
