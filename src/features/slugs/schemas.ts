import * as z from 'zod'
import { MOST_SLUG, RESERVED_SLUGS } from './kinds.ts'

/** A slug that was written by hand: words of a-z and 0-9, a letter among them, none that is reserved. */
export const slugField = () =>
  z
    .string()
    .max(MOST_SLUG)
    .regex(/^(?=[0-9-]*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*$/)
    .refine((slug) => !RESERVED_SLUGS.includes(slug), { message: 'This word is reserved.' })
