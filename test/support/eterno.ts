import { callerOf } from './dialects.ts'
import { PASSWORD } from './people.ts'
import { newWorld, type World } from './world.ts'

/** Admins act in this dialect only where no second factor is demanded. */
export const newSoapShop = (settings: Record<string, string> = {}) =>
  newWorld({ REQUIRE_ADMIN_2FA: 'false', RATE_LIMIT_SCALE: '1000', ...settings })

export const SOAP = {
  name: 'Cactus',
  description: 'Hydrating, with honey.',
  ingredients: ['Cactus', 'Honey'],
  img_key: null as string | null,
}
export const BAR = { size: 'Small', shape: 'Round', img_key: null, price: 5.25, stock_quantity: 8 }

export type Soap = typeof SOAP & {
  id: number
  image_url: string | null
  variants: Bar[]
  categories: { name: string; description: string; id: number }[]
}
export type Bar = {
  size: string
  shape: string | null
  img_key: string | null
  price: number
  stock_quantity: number
  id: number
  product_id: number
  image_url: string | null
}

/** The API of the soap shop, and how its keeper enters and fills it. */
export function soapShop(world: () => World) {
  const call = callerOf(world, '/dialects/eterno')
  const login = (username: string, password: string = PASSWORD) =>
    call('POST', '/admins/login', { json: { username, password } })

  async function must<Body>(method: string, path: string, sent: Parameters<typeof call>[2]) {
    const { status, body } = await call(method, path, sent)
    if (status > 201) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`)
    return body as Body
  }

  return {
    call,
    login,
    must,
    /** Signs a keeper in, whom it makes first. */
    async keeper(username = 'maria'): Promise<string> {
      await world().person({ username, email: `${username}@soap.test`, role: 'admin', totp: false })
      const json = { username, password: PASSWORD }
      return (await must<{ access_token: string }>('POST', '/admins/login', { json })).access_token
    },
    soap: (token: string, json: object = {}) =>
      must<Soap>('POST', '/products', { token, json: { ...SOAP, ...json } }),
    bar: (token: string, product: number, json: object = {}) =>
      must<Bar>('POST', `/products/${product}/variants`, { token, json: { ...BAR, ...json } }),
    category: async (token: string, name: string) => {
      const json = [{ name, description: `${name}.` }]
      const [made] = await must<{ id: number }[]>('POST', '/categories', { token, json })
      return made?.id ?? 0
    },
  }
}
