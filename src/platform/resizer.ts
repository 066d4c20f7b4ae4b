import type { ImageType } from '../core/image/types.ts'

/** Makes pictures smaller, in their own format and never larger. Throws when it cannot. */
export type Resizer = (body: ReadableStream, type: ImageType, width: number) => Promise<Uint8Array>

/** Cloudflare Images; null where it is not bound. Each call is billed as one transformation. */
export function openResizer(images: ImagesBinding | undefined): Resizer | null {
  if (!images) return null
  return async (body, type, width) => {
    const result = await images
      .input(body)
      .transform({ width, fit: 'scale-down' })
      .output({ format: type })
    return new Uint8Array(await new Response(result.image()).arrayBuffer())
  }
}
