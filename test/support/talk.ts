import { env } from 'cloudflare:workers'
import { POSTS } from './content.ts'
import type { Caller, World } from './world.ts'

export const COMMENTS = '/api/v1/comments'
export const GUEST = { name: 'Ann', email: 'ann@example.org' }

export type Comment = {
  id: number
  name: string
  content: string
  parent_id: number | null
  replies: Comment[]
  created_at: string
}
export type Queued = Comment & {
  email: string | null
  status: string
  entity_type: string
  entity_id: number
  source: string | null
}
export type Summary = Record<
  'total' | 'like' | 'love' | 'congratulations' | 'insightful',
  number
> & {
  mine?: string | null
}

type Options = { path?: string; from?: string; headers?: Record<string, string> }

/** Comments as a guest, or as who is given. */
export const comment = (
  world: World,
  id: number,
  body: Record<string, unknown> = {},
  caller: Caller = 'anonymous',
  { path = POSTS, ...options }: Options = {},
) =>
  world.as(caller).post(`${path}/${id}/comments`, {
    body: { content: 'A fine pot.', ...(caller === 'anonymous' && GUEST), ...body },
    ...options,
  })

/** Comments as the admin, who is always let through. */
export async function said(
  world: World,
  id: number,
  content: string,
  parent_id?: number,
  path = POSTS,
): Promise<Comment> {
  const body = { content, ...(parent_id !== undefined && { parent_id }) }
  const response = await comment(world, id, body, 'admin', { path })
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`)
  return await response.json<Comment>()
}

export const shownOn = async (world: World, id: number, path = POSTS): Promise<Comment[]> =>
  (await (await world.as('anonymous').get(`${path}/${id}/comments`)).json<{ data: Comment[] }>())
    .data

export const queue = async (world: World, query = ''): Promise<Queued[]> =>
  (await (await world.as('admin').get(`${COMMENTS}${query}`)).json<{ data: Queued[] }>()).data

/** Counters that are not what the rows say, one sentence each. */
export async function miscounted(): Promise<string[]> {
  const kinds = ['like', 'love', 'congratulations', 'insightful']
  const found: string[] = []
  for (const [type, table] of [
    ['post', 'posts'],
    ['project', 'projects'],
  ]) {
    const { results } = await env.DB.prepare(
      `select t.id, t.comment_count as comment_count,
        (select count(*) from comments c left join comments p on p.id = c.parent_id
          where c.entity_type = '${type}' and c.entity_id = t.id and c.status = 'approved'
            and (c.parent_id is null or p.status = 'approved')) as comments,
        ${kinds
          .map(
            (kind) => `t.${kind}_count as ${kind}_count, (select count(*) from reactions
              where entity_type = '${type}' and entity_id = t.id and type = '${kind}') as ${kind}`,
          )
          .join(', ')}
       from ${table} t`,
    ).all<Record<string, number>>()
    for (const row of results) {
      for (const [counter, counted] of [
        ['comment_count', 'comments'],
        ...kinds.map((kind) => [`${kind}_count`, kind]),
      ] as [string, string][]) {
        if (row[counter] !== row[counted]) {
          found.push(`${type} ${row.id}: ${counter} ${row[counter]}, rows ${row[counted]}`)
        }
      }
    }
  }
  const orphans = await env.DB.prepare(
    `select count(*) as count from (
      select entity_type, entity_id from comments union all select entity_type, entity_id from reactions) r
     where not exists (select 1 from posts where r.entity_type = 'post' and id = r.entity_id)
       and not exists (select 1 from projects where r.entity_type = 'project' and id = r.entity_id)`,
  ).first<{ count: number }>()
  if (orphans?.count) found.push(`${orphans.count} rows of what is gone`)
  return found
}
