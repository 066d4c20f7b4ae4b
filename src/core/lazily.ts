import type * as z from 'zod/mini'

/** A schema, or another thing, before it is made. */
export type Lazy<Thing> = () => Thing

/** What a schema makes of its input. */
export type Made<Schema extends Lazy<z.ZodMiniType>> = z.output<ReturnType<Schema>>

/** What is made when it is first asked for. To make all schemas would be most of a cold start. */
export function lazily<Thing>(make: () => Thing): Lazy<Thing> {
  let made: Thing | undefined
  return () => {
    made ??= make()
    return made
  }
}
