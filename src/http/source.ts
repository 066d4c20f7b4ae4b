/**
 * The address that a request came from, as limits count it. CF-Connecting-IP is the only header
 * that is read: Cloudflare sets it, and nothing that a client sends gets through. An IPv6 customer
 * holds a /64 at least, so its hosts count as one.
 */
export function sourceOf(headers: Headers): string {
  const address = headers.get('cf-connecting-ip')?.trim().toLowerCase() ?? ''
  return address.includes(':') ? sourceOfIpv6(address) : address
}

/** The same address shortened to /24 or /48: enough for its owner to recognise, too little for others. */
export function networkOf(headers: Headers): string {
  const source = sourceOf(headers)
  if (source === '') return ''
  if (source.includes(':')) return `${source.split(':').slice(0, 3).join(':')}::/48`
  return `${source.split('.').slice(0, 3).join('.')}.0/24`
}

function sourceOfIpv6(address: string): string {
  const spelled = `http://[${address}]/`
  if (!URL.canParse(spelled)) return address
  // The URL parser writes every spelling of an address in the one of RFC 5952.
  const [left = [], right = []] = new URL(spelled).hostname
    .slice(1, -1)
    .split('::')
    .map((half) => half.split(':').filter(Boolean))
  const zeros = Array<string>(8 - left.length - right.length).fill('0')
  const hextets = [...left, ...zeros, ...right]
  const isMapped = hextets.slice(0, 6).join(':') === '0:0:0:0:0:ffff'
  return isMapped ? toIpv4(hextets.slice(6)) : hextets.slice(0, 4).join(':')
}

/** The IPv4 address in the last two hextets of ::ffff:0:0/96 (RFC 4291, 2.5.5.2). */
const toIpv4 = (hextets: string[]): string =>
  hextets
    .map((hextet) => Number.parseInt(hextet, 16))
    .flatMap((value) => [value >> 8, value & 255])
    .join('.')
