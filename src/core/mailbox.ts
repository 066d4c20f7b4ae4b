/**
 * One mailbox has many spellings: letter case, what stands behind a plus, and dots at Gmail. For
 * limits only; mail goes to the address as it was typed.
 */
export function mailboxOf(address: string): string {
  const at = address.lastIndexOf('@')
  const domain = address.slice(at).toLowerCase()
  const local = address.slice(0, at).replace(/\+.*$/, '').toLowerCase()
  return (DOTLESS.has(domain) ? local.replaceAll('.', '') : local) + domain
}

const DOTLESS = new Set(['@gmail.com', '@googlemail.com'])
