import type { Context } from '../../context.ts'
import { renderAnew } from '../../core/content.ts'
import { RENDER_VERSION } from '../../core/markdown.ts'
import { auditEntry } from '../audit/service.ts'
import { listDue } from './repo.ts'
import { keysOf } from './write.ts'
import { keepHtml, listOutdated, publishDue } from './write-repo.ts'

const CHUNK = 50

/** Writes down that scheduled posts whose time has come are published; they were visible already. */
export async function publishDuePosts(ctx: Context): Promise<void> {
  const now = Date.now()
  for (const post of await listDue(ctx.db, now, CHUNK)) {
    await ctx.db.batch([
      publishDue(ctx.db, post.id, now),
      auditEntry(ctx, 'post.publish', { entity: 'post', id: String(post.id) }),
    ])
    await ctx.cache.forget(keysOf(post))
  }
}

/** Renders what was rendered by older rules, some at a time. */
export async function renderPostsAnew(ctx: Context): Promise<void> {
  for (const { id, content, rowVersion } of await listOutdated(ctx.db, RENDER_VERSION, CHUNK)) {
    const html = await renderAnew(ctx, content)
    await keepHtml(ctx.db, id, rowVersion, html, RENDER_VERSION)
  }
}
