import type { Context } from '../../context.ts'
import { loadCatalog } from './catalog.ts'
import { loadComments, loadReactions } from './comments.ts'
import { loadContact } from './contact.ts'
import { loadDiscounts } from './discounts.ts'
import { loadOrders } from './orders.ts'
import { loadPeople } from './people.ts'
import { loadPictures } from './pictures.ts'
import { loadPosts } from './posts.ts'
import { loadProjects } from './projects.ts'
import { loadSales } from './sales.ts'
import { loadSubscribers } from './subscribers.ts'

/**
 * In this order: posts have an author, pictures and comments belong to something, and what is published
 * before there are subscribers is no news.
 */
const PARTS: Record<string, (ctx: Context) => Promise<void>> = {
  contact: loadContact,
  people: loadPeople,
  projects: loadProjects,
  posts: loadPosts,
  pictures: loadPictures,
  catalog: loadCatalog,
  discounts: loadDiscounts,
  comments: loadComments,
  reactions: loadReactions,
  subscribers: loadSubscribers,
  orders: loadOrders,
  sales: loadSales,
}

/** Loads each part of the demo data once in the life of a local database; what was deleted stays so. */
export async function loadDemo(ctx: Context, cache: KVNamespace): Promise<void> {
  for (const [name, load] of Object.entries(PARTS)) {
    const marker = `dev/demo/${name}`
    if (await cache.get(marker)) continue
    await load(ctx)
    await cache.put(marker, 'loaded')
  }
}
