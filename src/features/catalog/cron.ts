import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { renderAnew } from '../../core/content.ts'
import { RENDER_VERSION } from '../../core/markdown.ts'
import { mailStatement, prepareMail, wakeMailer } from '../mail/service.ts'
import { listUntold, markTold } from './stock-repo.ts'
import { keepHtml, listOutdated } from './write-repo.ts'

const CHUNK = 50

/** Renders what was rendered by older rules, some at a time. */
export async function renderProductsAnew(ctx: Context): Promise<void> {
  for (const row of await listOutdated(ctx.db, RENDER_VERSION, CHUNK)) {
    const html = await renderAnew(ctx, row.description)
    await keepHtml(ctx.db, row.id, row.rowVersion, html, RENDER_VERSION)
  }
}

/** Mails the owner once of each variant that has fallen below its threshold, some at a time. */
export async function tellLowStock(ctx: Context): Promise<void> {
  const untold = await listUntold(ctx.db, CHUNK)
  if (untold.length === 0) return
  const told = await Promise.all(untold.map((row) => tellingOf(ctx, row)))
  const [first, ...others] = told.flatMap(({ statements }) => statements)
  if (first) await ctx.db.batch([first, ...others])
  await wakeMailer(
    ctx,
    told.map(({ uid }) => uid),
  )
}

type Untold = Awaited<ReturnType<typeof listUntold>>[number]

/** The mail stands behind the note that it is written, and is not written without it. */
async function tellingOf(ctx: Context, { id, left, lowStockAt, ...row }: Untold) {
  const mail = await prepareMail(ctx, 'stock.low', {
    to: ctx.settings.OWNER_EMAIL,
    about: `variant:${id}`,
    model: {
      product: row.product,
      ...(row.title && { variant: row.title }),
      sku: row.sku,
      left: String(left),
      threshold: String(lowStockAt),
    },
  })
  const statements = [
    markTold(ctx.db, id, left),
    mailStatement(ctx, mail, sql`changes() > 0`),
  ] as const
  return { uid: mail.uid, statements }
}
