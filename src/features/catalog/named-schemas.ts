import * as z from 'zod/mini'
import { line } from '../../core/fields.ts'
import { meta, shownAs } from '../../core/meta.ts'
import { fold } from '../../core/text.ts'

const LONGEST_NAME = 40

/** Up to `most` values by name, such as `{ "Size": "large" }`; each name once, whatever its case. */
export const namedValues = <Value extends z.ZodMiniType>(value: Value, most: number) =>
  z
    .record(line(1, LONGEST_NAME), value)
    .check(({ value: given, issues }) => {
      const names = Object.keys(given)
      if (names.length > most) {
        issues.push({
          code: 'too_big',
          origin: 'object',
          maximum: most,
          inclusive: true,
          input: given,
        })
      }
      const same = names[sameIndex(names.map(fold))]
      if (same !== undefined) {
        issues.push({ code: 'custom', path: [same], message: 'Twice here.', input: given })
      }
    })
    .apply(meta, shownAs({ maxProperties: most }))

/** Where something stands for the second time; -1 where each stands once. */
export const sameIndex = (texts: string[]): number =>
  texts.findIndex((text, index) => texts.indexOf(text) !== index)
