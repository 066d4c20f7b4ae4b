/** Word lists that are too long for the bundle; they are assets behind the Worker. */
export type Words = { commonPasswords(): Promise<Set<string>> }

const loaded = new WeakMap<Fetcher, Set<string>>()

export const openWords = (assets: Fetcher): Words => ({
  async commonPasswords() {
    const known = loaded.get(assets)
    if (known) return known
    // The list is kept, not the promise of it: a promise dies with the request that made it.
    const list = await load(assets)
    loaded.set(assets, list)
    return list
  },
})

async function load(assets: Fetcher): Promise<Set<string>> {
  const response = await assets.fetch('http://assets/words/common-passwords.txt')
  if (!response.ok)
    throw new Error('The list of common passwords is missing; run npm run docs:build')
  return new Set((await response.text()).split('\n'))
}
