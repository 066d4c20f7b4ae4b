import { type Context, createContext } from '../../src/context.ts'
import { ANONYMOUS } from '../../src/core/actor.ts'
import { type Finished, viewIn } from '../../src/core/etag.ts'
import type { Bindings } from '../../src/env.ts'
import { isolateOf } from '../../src/platform/cache.ts'
import { World } from './world.ts'

/** A bookmark as D1 writes them. */
export const BOOKMARK = '00000085-0000024c-00004c6d-8e61117bf38d7adb71b934ebbf891683'

/** An isolate of the Worker with a memory of its own, over the D1 and KV of the whole test. */
export class Isolate {
  readonly world: World
  #later: Promise<void>[] = []

  constructor(world = new World()) {
    this.world = world
  }

  get bindings(): Bindings {
    return this.world.env as unknown as Bindings
  }

  /** What a request has. */
  context(bookmark?: string): Context {
    return createContext(this.bindings, ANONYMOUS, {
      bookmark,
      waitUntil: (work) => void this.#later.push(work),
    })
  }

  /** Waits for what requests have left behind their answers. */
  async idle(): Promise<void> {
    while (this.#later.length > 0) await Promise.all(this.#later.splice(0))
  }

  get memory() {
    return isolateOf(this.bindings.CACHE).memory
  }
}

/** Something to read and change, which counts how often it is read. */
export class Thing {
  title: string
  loads = 0

  constructor(title = 'old') {
    this.title = title
  }

  load = async (): Promise<object> => {
    this.loads++
    return { title: this.title }
  }
}

export const titleIn = (cached: Finished | null): string =>
  cached ? viewIn<{ title: string }>(cached).title : ''

/** Reads as a request does, and tells the title that it is given. */
export async function titleFrom(
  isolate: Isolate,
  thing: Thing,
  key = 'v1:post:1',
  bookmark?: string,
): Promise<string> {
  const cached = await isolate.context(bookmark).cache.remember(key, thing.load)
  await isolate.idle()
  return titleIn(cached)
}
