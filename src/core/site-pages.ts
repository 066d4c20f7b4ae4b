/** Where the front end shows what there is; `{slug}` stands for the slug, `{id}` for the number. */
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

type Shown = { type: SitePage; id: number; slug: string }

/** The address of a thing at the site. */
export const sitePage = (site: SitePages, { type, id, slug }: Shown): string =>
  site.SITE_ORIGIN + site[PATHS[type]].replace('{slug}', slug).replace('{id}', String(id))
