/** Where the front end shows what there is; `{slug}` stands for the slug, `{id}` for the number. */
export type SitePages = {
  SITE_ORIGIN: string
  SITE_POST_PATH: string
  SITE_PROJECT_PATH: string
}

type Shown = { type: 'post' | 'project'; id: number; slug: string }

/** The address of a post or project at the site. */
export const sitePage = (site: SitePages, { type, id, slug }: Shown): string =>
  site.SITE_ORIGIN +
  (type === 'post' ? site.SITE_POST_PATH : site.SITE_PROJECT_PATH)
    .replace('{slug}', slug)
    .replace('{id}', String(id))
