import { type SitePage, type SitePages, sitePage } from '../../core/site-pages.ts'
import { iso } from '../../core/time.ts'
import { element, xmlDocument } from '../../core/xml.ts'

export type Site = SitePages & { STUDIO_NAME: string; API_ORIGIN: string }
export type Page = {
  type: SitePage
  id: number
  slug: string
  publishedAt: number
  updatedAt: number
}
/** `html` is null where it is too long for a feed. */
export type Entry = Page & { title: string; summary: string; html: string | null }

/** RSS 2.0 (rssboard.org/rss-specification), with whole texts as content:encoded. */
export function toRss(site: Site, entries: Entry[]): string {
  const items = entries.map((entry) =>
    element(
      'item',
      {},
      element('title', {}, entry.title),
      element('link', {}, sitePage(site, entry)),
      element('guid', { isPermaLink: 'false' }, nameOf(site, entry)),
      element('pubDate', {}, new Date(entry.publishedAt).toUTCString()),
      element('description', {}, entry.summary),
      entry.html === null ? null : element('content:encoded', {}, entry.html),
    ),
  )
  const self = { href: `${site.API_ORIGIN}/feed.xml`, rel: 'self', type: 'application/rss+xml' }
  const spaces = {
    'xmlns:atom': 'http://www.w3.org/2005/Atom',
    'xmlns:content': 'http://purl.org/rss/1.0/modules/content/',
  }
  return xmlDocument(
    element(
      'rss',
      { version: '2.0', ...spaces },
      element(
        'channel',
        {},
        element('title', {}, site.STUDIO_NAME),
        element('link', {}, `${site.SITE_ORIGIN}/`),
        element('description', {}, `What ${site.STUDIO_NAME} makes and writes`),
        element('atom:link', self),
        element('lastBuildDate', {}, new Date(changedAt(entries)).toUTCString()),
        ...items,
      ),
    ),
  )
}

/** Atom (RFC 4287). */
export function toAtom(site: Site, entries: Entry[]): string {
  const home = `${site.SITE_ORIGIN}/`
  const items = entries.map((entry) =>
    element(
      'entry',
      {},
      element('id', {}, nameOf(site, entry)),
      element('title', {}, entry.title),
      element('link', {
        rel: 'alternate',
        type: 'text/html',
        href: sitePage(site, entry),
      }),
      element('published', {}, iso(entry.publishedAt)),
      element('updated', {}, iso(entry.updatedAt)),
      element('summary', {}, entry.summary),
      entry.html === null ? null : element('content', { type: 'html' }, entry.html),
    ),
  )
  const self = {
    rel: 'self',
    type: 'application/atom+xml',
    href: `${site.API_ORIGIN}/atom.xml`,
  }
  return xmlDocument(
    element(
      'feed',
      { xmlns: 'http://www.w3.org/2005/Atom', 'xml:base': home },
      element('id', {}, home),
      element('title', {}, site.STUDIO_NAME),
      element('link', { rel: 'alternate', type: 'text/html', href: home }),
      element('link', self),
      element('updated', {}, iso(changedAt(entries))),
      element('author', {}, element('name', {}, site.STUDIO_NAME)),
      ...items,
    ),
  )
}

/** JSON Feed 1.1 (jsonfeed.org). */
export const toJsonFeed = (site: Site, entries: Entry[]): object => ({
  version: 'https://jsonfeed.org/version/1.1',
  title: site.STUDIO_NAME,
  home_page_url: `${site.SITE_ORIGIN}/`,
  feed_url: `${site.API_ORIGIN}/feed.json`,
  authors: [{ name: site.STUDIO_NAME }],
  items: entries.map((entry) => ({
    id: nameOf(site, entry),
    url: sitePage(site, entry),
    title: entry.title,
    summary: entry.summary,
    ...(entry.html === null ? { content_text: entry.summary } : { content_html: entry.html }),
    date_published: iso(entry.publishedAt),
    date_modified: iso(entry.updatedAt),
  })),
})

const SITEMAP = { xmlns: 'http://www.sitemaps.org/schemas/sitemap/0.9' }

/** Sitemap (sitemaps.org/protocol.html). */
export function toSitemap(site: Site, pages: Page[]): string {
  const urls = pages.map((page) =>
    element(
      'url',
      {},
      element('loc', {}, sitePage(site, page)),
      element('lastmod', {}, iso(page.updatedAt)),
    ),
  )
  return xmlDocument(element('urlset', SITEMAP, ...urls))
}

/** Sitemap index (sitemaps.org/protocol.html#index) of files at these addresses. */
export const toSitemapIndex = (addresses: string[]): string =>
  xmlDocument(
    element(
      'sitemapindex',
      SITEMAP,
      ...addresses.map((address) => element('sitemap', {}, element('loc', {}, address))),
    ),
  )

/** A scheduled post is changed, for its readers, when it comes out. */
export function timesOf(row: { publishedAt: number | null; updatedAt: number }) {
  const publishedAt = row.publishedAt ?? row.updatedAt
  return { publishedAt, updatedAt: Math.max(publishedAt, row.updatedAt) }
}

/** A name for ever, also when the slug changes (RFC 4151). */
const nameOf = ({ SITE_ORIGIN }: Site, { type, id }: Entry): string =>
  `tag:${new URL(SITE_ORIGIN).hostname},2026:${type}:${id}`

// An empty feed was last changed at a time that stays the same, so that its ETag does.
const changedAt = (entries: Entry[]): number =>
  Math.max(0, ...entries.map(({ updatedAt }) => updatedAt))
