import type { Context } from '../../context.ts'
import { fromBase64Url, toBase64Url } from '../../core/crypto.ts'
import { type FieldError, invalid } from '../../core/errors.ts'
import { nodeCrypto } from '../../core/node.ts'
import { codePoints } from '../../core/text.ts'
import type { Settings } from '../../env.ts'
import { isBreached } from '../../platform/breaches.ts'
import { OWN } from './audience.ts'
import { Password } from './schemas.ts'

/** OWASP's equal of argon2id with 19 MiB; see the password storage cheat sheet. */
const STRONG = { ln: 14, r: 8, p: 5 }
/** For tests only: env.ts refuses it elsewhere. */
const CHEAP = { ln: 4, r: 1, p: 1 }
type Cost = typeof STRONG

const KEY_BYTES = 32
const SALT_BYTES = 16

/** How often a hash was run in this isolate; tests count it. */
export const hashRuns = { count: 0 }

const costOf = (settings: Settings): Cost => (settings.PASSWORD_COST === 'cheap' ? CHEAP : STRONG)

/** A PHC string with its parameters: `$scrypt$ln=14,r=8,p=5$<salt>$<key>`. */
export function hashPassword(settings: Settings, password: string): string {
  const cost = costOf(settings)
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES))
  const key = derive(password, salt, cost)
  return `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p}$${toBase64Url(salt)}$${toBase64Url(key)}`
}

/**
 * Compares a password with a stored hash, or with none at all in the same time: without a hash one
 * is run all the same, and the answer is no.
 */
export function verifyPassword(
  settings: Settings,
  password: string,
  stored: string | null,
): boolean {
  const parsed = parseHash(stored)
  const { cost, salt, key } = parsed ?? { cost: costOf(settings), salt: DUMMY_SALT, key: DUMMY_KEY }
  const derived = derive(password, salt, cost)
  return nodeCrypto().timingSafeEqual(derived, key) && parsed !== null
}

/** True when the hash was made with other parameters than today's. */
export function isOutdated(settings: Settings, stored: string): boolean {
  const { ln, r, p } = costOf(settings)
  return !stored.startsWith(`$scrypt$ln=${ln},r=${r},p=${p}$`)
}

const DUMMY_SALT = new Uint8Array(SALT_BYTES)
const DUMMY_KEY = new Uint8Array(KEY_BYTES)

function parseHash(stored: string | null) {
  const match = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([\w-]+)\$([\w-]+)$/.exec(stored ?? '')
  if (!match) return null
  const [, ln, r, p, salt = '', key = ''] = match
  return {
    cost: { ln: Number(ln), r: Number(r), p: Number(p) },
    salt: fromBase64Url(salt),
    key: fromBase64Url(key),
  }
}

// Native scrypt runs on the isolate's one thread: never two at once, so its 16 MiB never add up.
function derive(password: string, salt: Uint8Array, cost: Cost): Uint8Array {
  hashRuns.count++
  const options = { N: 2 ** cost.ln, r: cost.r, p: cost.p, maxmem: 64 * 1024 * 1024 }
  return nodeCrypto().scryptSync(password, salt, KEY_BYTES, options)
}

type Owner = {
  email?: string | null
  username?: string | null
  role: 'user' | 'admin'
  totpEnabledAt?: number | null
}

type Rules = {
  /** Names the field in the refusal. */
  path?: string
  adminPassword?: number
}

/** Refuses a password that others would guess: short, common, breached, or a word from around it. */
export async function checkPassword(
  ctx: Context,
  password: string,
  owner: Owner,
  { path = 'password', adminPassword = OWN.adminPassword }: Rules = {},
): Promise<void> {
  const problem = await findProblem(ctx, password, owner, adminPassword)
  if (problem) throw invalid([{ path, ...problem } satisfies FieldError])
}

async function findProblem(ctx: Context, password: string, owner: Owner, adminPassword: number) {
  // Front ends of other APIs are told so together with all else that is wrong with a password.
  if (!Password().safeParse(password).success) {
    return { code: 'length', message: 'Must have 8 to 128 characters.' }
  }
  const isAlone = owner.role === 'admin' && !owner.totpEnabledAt
  if (isAlone && codePoints(password) < adminPassword) {
    const message = `At least ${adminPassword} characters for an admin without an authenticator app.`
    return { code: 'too_small', message }
  }
  const lower = password.toLowerCase()
  const words = [owner.email, owner.email?.split('@')[0], owner.username, ctx.settings.STUDIO_NAME]
  if (words.some((word) => word?.toLowerCase() === lower)) {
    return {
      code: 'context_word',
      message: 'Must not be your address, your name or the name of this site.',
    }
  }
  if ((await ctx.assets.commonPasswords()).has(lower)) {
    return { code: 'common', message: 'One of the most common passwords. Choose another.' }
  }
  if (ctx.settings.BREACH_CHECK === 'on' && (await isBreached(password))) {
    return { code: 'breached', message: 'Known from a data breach. Choose another.' }
  }
  return null
}
