/** What visitors take part in: as rows name it, and where it stands in addresses. */
export const PLACES = { post: 'posts', project: 'projects', product: 'products' } as const
export type Thing = keyof typeof PLACES
export const THINGS = Object.keys(PLACES) as [Thing, ...Thing[]]

/** Of those, what may be commented. */
export const COMMENTED = ['post', 'project'] as const satisfies Thing[]
export type Commented = (typeof COMMENTED)[number]

/** One of them in particular. */
export type ThingName = { type: Thing; id: number }

export const thingPath = ({ type, id }: ThingName): string => `/api/v1/${PLACES[type]}/${id}`

/** For names of operations. */
export const capitalised = (type: Thing): string => type.charAt(0).toUpperCase() + type.slice(1)
