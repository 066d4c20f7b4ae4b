/** Part of a file: so many bytes from an offset, or its last ones. */
export type Part = { offset: number; length: number } | { suffix: number }

export type FileInfo = {
  size: number
  /** Strong, quoted: the bytes of a key never change. */
  etag: string
  /** What was said of it when it was put. */
  notes: Record<string, string>
}
export type StoredFile = FileInfo & { body: ReadableStream }
export type FilePage = { keys: string[]; hasMore: boolean }

/** Where files are kept. Names are made by us and never by a caller. */
export type Files = {
  put(key: string, bytes: Uint8Array, type: string, notes?: Record<string, string>): Promise<void>
  get(key: string, part?: Part): Promise<StoredFile | null>
  head(key: string): Promise<FileInfo | null>
  /** At most 1,000 at once; those that are not there count as deleted. */
  delete(keys: string[]): Promise<void>
  /** Keys in their order, behind `after`. */
  list(prefix: string, after: string | undefined, limit: number): Promise<FilePage>
}

export const openFiles = (bucket: R2Bucket): Files => ({
  async put(key, bytes, type, notes = {}) {
    await bucket.put(key, bytes, { httpMetadata: { contentType: type }, customMetadata: notes })
  },
  async get(key, part) {
    const object = await bucket.get(key, part ? { range: part } : {})
    return object && { ...toInfo(object), body: object.body }
  },
  async head(key) {
    const object = await bucket.head(key)
    return object && toInfo(object)
  },
  async delete(keys) {
    if (keys.length > 0) await bucket.delete(keys)
  },
  async list(prefix, after, limit) {
    const page = await bucket.list({ prefix, limit, ...(after && { startAfter: after }) })
    return { keys: page.objects.map(({ key }) => key), hasMore: page.truncated }
  },
})

const toInfo = (object: R2Object): FileInfo => ({
  size: object.size,
  etag: object.httpEtag,
  notes: object.customMetadata ?? {},
})
