import type { Context } from '../../context.ts'
import { bucketsOf, planOf } from './blocks.ts'
import { CONTENT_FIGURES, RANKED } from './kinds.ts'
import { periodOf, toTaken } from './period.ts'
import { sumContent, topPosts, topProjects } from './repo.ts'
import type { ContentQuery, ContentView } from './schemas.ts'

/** What visitors read, liked and said in a period, and what they like most of all that is new. */
export async function readContent(ctx: Context, query: ContentQuery): Promise<ContentView> {
  const now = Date.now()
  const period = periodOf(query, now)
  const plan = planOf([period.from, period.to])
  const top = { ...query, among: RANKED }
  const [found, posts, projects] = await ctx.db.batch([
    sumContent(ctx.db, CONTENT_FIGURES, plan),
    topPosts(ctx.db, now, top),
    topProjects(ctx.db, top),
  ])
  const [sums] = bucketsOf(plan, CONTENT_FIGURES, found)
  if (!sums) throw new Error('A period has one bucket at least')
  return { ...toTaken(period), sort: query.sort, ...sums, posts, projects }
}
