import * as z from 'zod/mini'
import { MOST_SLUG, RESERVED_SLUGS } from './kinds.ts'

/** A slug that was written by hand: words of a-z and 0-9, a letter among them, none that is reserved. */
export const slugField = () =>
  z.string().check(
    z.maxLength(MOST_SLUG),
    z.regex(/^(?=[0-9-]*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*$/),
    z.refine((slug) => !RESERVED_SLUGS.includes(slug), { message: 'This word is reserved.' }),
  )
