import type { Context } from '../../context.ts'
import { renderAnew } from '../../core/content.ts'
import { RENDER_VERSION } from '../../core/markdown.ts'
import { keepHtml, listOutdated } from './repo.ts'

const CHUNK = 50

/** Renders what was rendered by older rules, some at a time. */
export async function renderProjectsAnew(ctx: Context): Promise<void> {
  for (const { id, content, rowVersion } of await listOutdated(ctx.db, RENDER_VERSION, CHUNK)) {
    const html = await renderAnew(ctx, content)
    await keepHtml(ctx.db, id, rowVersion, html, RENDER_VERSION)
  }
}
