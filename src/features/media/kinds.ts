/** What images and videos may belong to. */
export const MEDIA_OWNERS = ['profile', 'project', 'post', 'product', 'variant'] as const
export type MediaOwner = (typeof MEDIA_OWNERS)[number]

export const VIDEO_SOURCES = ['youtube', 'vimeo', 'file'] as const
export type VideoSource = (typeof VIDEO_SOURCES)[number]

/** Of those, what shows videos. */
export const VIDEO_OWNERS = ['profile', 'project', 'post', 'product'] as const

/** The thing that a picture or a video belongs to. */
export type Place = { entityType: MediaOwner; entityId: number }

/** Pixels in width that `?w=` may ask for. */
export const WIDTHS = [320, 640, 1280, 1920] as const
export type Width = (typeof WIDTHS)[number]
