import { describe, it } from 'vitest'
import { openAssets } from '../../../src/platform/assets.ts'

const TEMPLATE = { html: '<p>{{name}}</p>', text: '{{name}}' }
const FILES: Record<string, string> = {
  '/words/common-passwords.txt': 'password\niloveyou',
  '/mails/test.json': JSON.stringify(TEMPLATE),
  '/documents/openapi.json': '{"paths":{}}',
}

/** Assets of these files, and which were asked for. */
function assetsOf(files: Record<string, string>) {
  const asked: string[] = []
  const fetch = async (url: string) => {
    const { pathname } = new URL(url)
    asked.push(pathname)
    const text = files[pathname]
    return new Response(text ?? '', { status: text === undefined ? 404 : 200 })
  }
  return { asked, assets: openAssets({ fetch } as unknown as Fetcher) }
}

describe('what is read from behind the Worker', () => {
  it('is given as it is used', async ({ expect }) => {
    const { assets } = assetsOf(FILES)
    expect(await assets.commonPasswords()).toEqual(new Set(['password', 'iloveyou']))
    expect(await assets.mailTemplate('test')).toEqual(TEMPLATE)
    expect(await assets.document('openapi')).toBe('{"paths":{}}')
  })

  it('is kept, but for documents, which are long and seldom asked for', async ({ expect }) => {
    const { assets, asked } = assetsOf(FILES)
    for (let i = 0; i < 3; i++) {
      await assets.commonPasswords()
      await assets.mailTemplate('test')
      await assets.document('openapi')
    }
    const count = (path: string) => asked.filter((one) => one === path).length
    expect(Object.keys(FILES).map(count)).toEqual([1, 1, 3])
  })

  it('is unavailable while it is missing, and there when it comes', async ({ expect }) => {
    const files: Record<string, string> = {}
    const { assets } = assetsOf(files)
    const unavailable = { code: 'unavailable', retryAfter: 60 }
    await expect(assets.mailTemplate('test')).rejects.toMatchObject(unavailable)
    await expect(assets.document('openapi')).rejects.toMatchObject(unavailable)
    Object.assign(files, FILES)
    expect(await assets.mailTemplate('test')).toEqual(TEMPLATE)
  })

  it('is unavailable where it cannot be asked for', async ({ expect }) => {
    const fetch = () => Promise.reject(new Error('Network connection lost.'))
    const assets = openAssets({ fetch } as unknown as Fetcher)
    await expect(assets.commonPasswords()).rejects.toMatchObject({ code: 'unavailable' })
  })
})
