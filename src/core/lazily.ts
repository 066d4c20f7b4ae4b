import type * as z from 'zod'

/** A schema before it is made. */
export type Lazy<Schema> = () => Schema

/** What a schema makes of its input. */
export type Made<Schema extends Lazy<z.ZodType>> = z.output<ReturnType<Schema>>

/** What is made when it is first asked for. To make all schemas would be most of a cold start. */
export function lazily<Schema>(make: () => Schema): Lazy<Schema> {
  let made: Schema | undefined
  return () => {
    made ??= make()
    return made
  }
}
