import * as z from 'zod/mini'

/**
 * The same schema with more words for the document: `field.apply(meta, { description })`. The one that
 * is given stays without them, since others may hold it.
 */
export const meta = <Schema extends z.ZodMiniType>(
  schema: Schema,
  words: z.core.GlobalMeta,
): Schema => {
  const own = schema.clone()
  z.globalRegistry.add(own, words)
  return own
}

/** For meta(): the document shows the field like this, whatever it is made of. */
export const shownAs = (json: object): z.core.GlobalMeta => ({
  override: ({ jsonSchema }) => void Object.assign(jsonSchema, json),
})
