import type { SQL } from 'drizzle-orm'
import { type AppError, notFound } from '../../core/errors.ts'
import { capitalised, type ThingName } from '../../core/things.ts'
import type { Db } from '../../db/client.ts'
import { findThing, isVisible } from './repo.ts'

/** Title, address and counters of a thing that everybody may see, as a statement for a batch. */
export const thingStatement = (db: Db, thing: ThingName) => findThing(db, thing, Date.now())

/** True while everybody may see it, for the condition of a change. */
export const isShown = (thing: ThingName): SQL => isVisible(thing, Date.now())

/** The same for what is hidden and what was never there. */
export const noSuchThing = ({ type }: ThingName): AppError => notFound(capitalised(type))
