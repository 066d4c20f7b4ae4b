/** Where the front end shows what there is; `{slug}` stands for the slug. */
export type SitePages = {
  SITE_ORIGIN: string
  SITE_POST_PATH: string
  SITE_PROJECT_PATH: string
  SITE_PRODUCT_PATH: string
}

const PATHS = {
  post: 'SITE_POST_PATH',
  project: 'SITE_PROJECT_PATH',
  product: 'SITE_PRODUCT_PATH',
} as const
export type SitePage = keyof typeof PATHS

/** The address of a thing at the site. */
export const sitePage = (site: SitePages, type: SitePage, slug: string): string =>
  site.SITE_ORIGIN + site[PATHS[type]].replace('{slug}', slug)
