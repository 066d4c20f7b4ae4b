import type { World } from './world.ts'

export const POSTS = '/api/v1/posts'
export const PROJECTS = '/api/v1/projects'
export const PROFILES = '/api/v1/profiles'
export const TAGS = '/api/v1/tags'

type Link = { slug: string; title: string } | null
export type Post = {
  id: number
  slug: string
  title: string
  content: string
  content_html: string
  excerpt: string
  status: string
  views: number
  tags: string[]
  published_at: string | null
  previous: Link
  next: Link
}
export type List<View> = { data: View[]; next_cursor: string | null; count?: number }

/** Writes a post or a project as the admin; throws when it is refused. */
export async function write<View = Post>(
  world: World,
  body: Record<string, unknown> = {},
  path = POSTS,
): Promise<View> {
  const given = { title: 'A post', content: 'Words.', status: 'published', ...body }
  const response = await world.as('admin').post(path, { body: given })
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`)
  return await response.json<View>()
}

/** What a visitor gets, or the status that refuses it. */
export async function detailOf<View = Post>(
  world: World,
  path: string,
  name: string | number,
): Promise<View | number> {
  const response = await world.as('anonymous').get(`${path}/${name}`)
  return response.status === 200 ? await response.json<View>() : response.status
}

export const listOf = async <View>(world: World, path: string, query = ''): Promise<List<View>> =>
  (await world.as('anonymous').get(path + query)).json<List<View>>()

/** Every row of a list, page by page. */
export async function walk<View>(world: World, path: string, query: string): Promise<View[]> {
  const seen: View[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const at: string = cursor === '' ? '' : `&cursor=${cursor}`
    const page: List<View> = await listOf<View>(world, path, `?${query}${at}`)
    seen.push(...page.data)
    cursor = page.next_cursor
  }
  return seen
}
