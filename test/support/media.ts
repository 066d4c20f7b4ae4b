import { env } from 'cloudflare:workers'
import { png } from './pictures.ts'
import type { Caller, World } from './world.ts'

export const IMAGES = '/api/v1/images'
export const VIDEOS = '/api/v1/videos'

export type Image = {
  id: number
  url: string
  width: number
  height: number
  content_type: string
  byte_size: number
  alt_text: string
  position: number
}

type Fields = Record<string, string | number>

/** A form as a browser sends it. What the file is called and said to be is anybody's guess. */
export function form(
  file: Uint8Array,
  fields: Fields = {},
  name = 'picture.png',
  type = 'image/png',
): FormData {
  const sent = new FormData()
  for (const [key, value] of Object.entries(fields)) sent.set(key, String(value))
  sent.set('file', new File([Uint8Array.from(file)], name, { type }))
  return sent
}

export const upload = (
  world: World,
  who: Caller = 'admin',
  fields: Fields = {},
  file: Uint8Array = png(),
  headers: Record<string, string> = {},
) => world.as(who).post(IMAGES, { raw: form(file, fields), headers })

/** An uploaded picture; throws when it is refused. */
export async function picture(
  world: World,
  fields: Fields = {},
  file: Uint8Array = png(),
): Promise<Image> {
  const response = await upload(world, 'admin', fields, file)
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`)
  return response.json<Image>()
}

export const keyOf = ({ url }: Pick<Image, 'url'>): string => url.split('/').at(-1) ?? ''
export const pathOf = (image: Pick<Image, 'url'>): string => `/media/${keyOf(image)}`

/** Names of all files of pictures. */
export const filesOf = async (): Promise<string[]> =>
  (await env.FILES.list({ prefix: 'images/' })).objects.map(({ key }) => key)

/** What an upload may leave behind: nothing of it may stay after a refusal. */
export const mediaState = async (world: World) => ({
  images: await world.rows('images'),
  videos: await world.rows('videos'),
  deleted: await world.rows('deleted_files'),
  answers: await world.rows('idempotency_keys'),
  audit: (await world.rows('audit_log')).length,
  files: await filesOf(),
})

/** A row of its own kind, put into D1 as bare as it may be. */
export async function thing(
  world: World,
  type: 'profile' | 'project' | 'post',
  owner?: string,
): Promise<number> {
  const response =
    type === 'profile'
      ? await world
          .as('admin')
          .put(`/api/v1/profiles/${owner ?? 'admin'}`, { body: { name: 'Ann' } })
      : await world.as('admin').post(`/api/v1/${type}s`, {
          body: {
            title: `A ${type}`,
            content: 'Words.',
            ...(type === 'project' && { summary: 'S' }),
          },
        })
  if (response.status > 201) throw new Error(`${response.status} ${await response.text()}`)
  const rows = await world.rows(`${type}s`)
  return Number(rows.at(-1)?.id)
}

/** Lets `action` decide when a file reaches R2 in this world. */
export function aroundPut(
  world: World,
  action: (put: () => Promise<unknown>) => Promise<void>,
): void {
  const { faults } = world
  const plain = faults.around.bind(faults)
  faults.around = async (name, run) => {
    if (name !== 'R2.put') return plain(name, run)
    let result: Awaited<ReturnType<typeof run>> | undefined
    await action(async () => {
      result = await plain(name, run)
    })
    return result as Awaited<ReturnType<typeof run>>
  }
}
