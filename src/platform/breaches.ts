import { toUtf8 } from '../core/utf8.ts'

const TIMEOUT_MS = 1000

/**
 * True when a password is in the Pwned Passwords collection. Only the first five digits of its
 * SHA-1 leave the Worker (https://haveibeenpwned.com/API/v3#PwnedPasswords). False when the service
 * does not answer within a second: nobody is kept out by its troubles.
 */
export async function isBreached(password: string): Promise<boolean> {
  const bytes = await crypto.subtle.digest('SHA-1', toUtf8(password))
  const digest = Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase()
  try {
    const response = await fetch(`https://api.pwnedpasswords.com/range/${digest.slice(0, 5)}`, {
      headers: { 'add-padding': 'true' },
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (!response.ok) return false
    const rest = digest.slice(5)
    return (await response.text())
      .split('\n')
      .some((line) => line.startsWith(`${rest}:`) && !line.trim().endsWith(':0'))
  } catch {
    return false
  }
}
