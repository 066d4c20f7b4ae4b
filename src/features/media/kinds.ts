/** What images and videos may belong to. */
export const MEDIA_OWNERS = ['profile', 'project', 'post', 'product', 'variant'] as const
export type MediaOwner = (typeof MEDIA_OWNERS)[number]

export const VIDEO_SOURCES = ['youtube', 'vimeo', 'file'] as const
export type VideoSource = (typeof VIDEO_SOURCES)[number]
