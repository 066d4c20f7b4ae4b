import { invalid } from '../../core/errors.ts'
import type { VideoSource } from './kinds.ts'

/** What a link to a video names. `url` is the provider's own spelling, or the file as it was given. */
export type VideoLink = { source: VideoSource; url: string; externalId: string | null }

const CONTROLS = /[\p{Cc}\s\\]/u
const YOUTUBE = /^(?:www\.|m\.|music\.)?(?:youtube\.com|youtube-nocookie\.com)$/
const YOUTUBE_ID = /^[\w-]{11}$/
const YOUTUBE_PATH = /^\/(?:embed|shorts|live|v)\/([^/]+)\/?$/
const VIMEO = /^(?:www\.)?vimeo\.com$/
const VIMEO_PATH =
  /^\/(?:(?:channels|groups)\/[\w-]{1,60}\/(?:videos\/)?)?(\d{1,12})(?:\/([0-9a-f]{6,20}))?\/?$/
const VIMEO_PLAYER_PATH = /^\/video\/(\d{1,12})\/?$/
const FILE = /\.(?:mp4|webm|m4v|mov|ogv)$/i
const HOST = /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/
const PRIVATE = /\.(?:local|localhost|internal|lan|home|corp|intranet|invalid|onion)$/

/** The video that a link leads to. Nothing is fetched. Throws `validation`. */
export function readVideoLink(text: string): VideoLink {
  const url = toWebUrl('url', text)
  const link = readYoutube(url) ?? readVimeo(url)
  if (link) return link
  if (FILE.test(url.pathname)) return { source: 'file', url: url.href, externalId: null }
  throw refused('url', 'Not a video of YouTube or Vimeo, nor a file such as .mp4 or .webm.')
}

/** A picture that stands for the video until it plays. */
export const readThumbnail = (text: string | null | undefined): string | null =>
  text === null || text === undefined ? null : toWebUrl('thumbnail_url', text).href

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

/**
 * An https address of a public name, as the URL standard reads it. Addresses by number, ports, users
 * and names in other scripts are refused: nobody can see where they lead.
 */
function toWebUrl(path: string, text: string): URL {
  const isClean = !CONTROLS.test(text) && /^https:\/\/[^/]/i.test(text)
  if (!isClean || !URL.canParse(text)) throw refused(path, 'Not a web address with https.')
  const url = new URL(text)
  const isPublic =
    HOST.test(url.hostname) && !PRIVATE.test(url.hostname) && !/(?:^|\.)xn--/.test(url.hostname)
  const hasMore = url.username !== '' || url.password !== '' || url.port !== ''
  if (!isPublic || hasMore) throw refused(path, 'Not the address of a public site.')
  if (url.href.length > 2000) throw refused(path, 'Longer than 2000 characters.')
  return url
}

const refused = (path: string, message: string) => invalid([{ path, code: 'invalid_url', message }])
