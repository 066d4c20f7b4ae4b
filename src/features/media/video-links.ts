import { invalid } from '../../core/errors.ts'
import type { VideoSource } from './kinds.ts'

/** What a link to a video names. `url` is the provider's own spelling, or the file as it was given. */
export type VideoLink = { source: VideoSource; url: string; externalId: string | null }

const YOUTUBE = /^(?:www\.|m\.|music\.)?(?:youtube\.com|youtube-nocookie\.com)$/
const YOUTUBE_ID = /^[\w-]{11}$/
const YOUTUBE_PATH = /^\/(?:embed|shorts|live|v)\/([^/]+)\/?$/
const VIMEO = /^(?:www\.)?vimeo\.com$/
const VIMEO_PATH =
  /^\/(?:(?:channels|groups)\/[\w-]{1,60}\/(?:videos\/)?)?(\d{1,12})(?:\/([0-9a-f]{6,20}))?\/?$/
const VIMEO_PLAYER_PATH = /^\/video\/(\d{1,12})\/?$/
const FILE = /\.(?:mp4|webm|m4v|mov|ogv)$/i

/** The video that an https link leads to. Nothing is fetched. Throws `validation`. */
export function readVideoLink(text: string): VideoLink {
  const url = new URL(text)
  const link = readYoutube(url) ?? readVimeo(url)
  if (link) return link
  if (FILE.test(url.pathname)) return { source: 'file', url: url.href, externalId: null }
  throw invalid([
    {
      path: 'url',
      code: 'no_video',
      message: 'Not a video of YouTube or Vimeo, nor a file such as .mp4 or .webm.',
    },
  ])
}

function readYoutube(url: URL): VideoLink | null {
  const host = url.hostname
  const id =
    host === 'youtu.be'
      ? url.pathname.slice(1).replace(/\/$/, '')
      : !YOUTUBE.test(host)
        ? undefined
        : url.pathname === '/watch'
          ? url.searchParams.get('v')
          : YOUTUBE_PATH.exec(url.pathname)?.[1]
  if (!id || !YOUTUBE_ID.test(id)) return null
  return { source: 'youtube', url: `https://www.youtube.com/watch?v=${id}`, externalId: id }
}

/** An unlisted video has a second number, without which nobody may see it. */
function readVimeo(url: URL): VideoLink | null {
  const isPlayer = url.hostname === 'player.vimeo.com'
  if (!isPlayer && !VIMEO.test(url.hostname)) return null
  const [, id, inPath] = (isPlayer ? VIMEO_PLAYER_PATH : VIMEO_PATH).exec(url.pathname) ?? []
  if (!id) return null
  const given = url.searchParams.get('h') ?? ''
  const hash = inPath ?? (/^[0-9a-f]{6,20}$/.test(given) ? given : undefined)
  return {
    source: 'vimeo',
    url: `https://vimeo.com/${id}${hash ? `/${hash}` : ''}`,
    externalId: hash ? `${id}?h=${hash}` : id,
  }
}
