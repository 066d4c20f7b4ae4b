/**
 * The address that a request came from, as limits count it. CF-Connecting-IP is the only header
 * that is read: Cloudflare sets it, and nothing that a client sends gets through. An IPv6 customer
 * holds a /64 at least, so its hosts count as one.
 */
export function sourceOf(headers: Headers): string {
  const address = headers.get('cf-connecting-ip')?.trim().toLowerCase() ?? ''
  return address.includes(':') ? firstHextets(address, 4) : address
}

function firstHextets(address: string, count: number): string {
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail ? tail.split(':') : []
  // ::ffff:192.0.2.1 is an IPv4 address in disguise.
  const last = right.at(-1) ?? left.at(-1) ?? ''
  if (last.includes('.')) return last
  const missing = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length)
  const all = [...left, ...Array<string>(missing).fill('0'), ...right]
  return all
    .slice(0, count)
    .map((part) => part.replace(/^0+(?=.)/, ''))
    .join(':')
}
