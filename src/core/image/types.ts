/** The formats that are taken, by the ending of their keys. */
export const IMAGE_TYPES = {
  jpg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  gif: 'image/gif',
  avif: 'image/avif',
} as const

export type Extension = keyof typeof IMAGE_TYPES
export type ImageType = (typeof IMAGE_TYPES)[Extension]
