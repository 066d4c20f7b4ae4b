import { posix } from 'node:path'

/** One import or export-from, its target resolved to a path in the repository or a package name. */
type Import = { target: string; isLocal: boolean; isTypeOnly: boolean; clause: string }

type Place = { kind: string; feature: string | null; path: string }

/** Left may not import right; those in one group do not know each other. */
const ORDER = [
  ['limits', 'idempotency', 'slugs'],
  ['audit'],
  ['mail', 'search'],
  ['users'],
  ['media'],
  ['auth', 'profiles', 'items'],
  ['subscribers', 'contact'],
  ['projects', 'posts', 'catalog'],
  ['things', 'discounts'],
  ['comments', 'reactions'],
  ['orders'],
  ['checkout'],
  ['analytics', 'account', 'system'],
]
const rankOf = (feature: string | null) =>
  ORDER.findIndex((group) => feature !== null && group.includes(feature))

const ENTRY = ['index', 'app', 'queue', 'cron', 'warm-up']
const SERVICE = ['service', 'kinds']

/**
 * A feature's files that are not rules, by their last word: `repo.ts` and `session-repo.ts` are both
 * repositories. Every other name is a part of its service.
 */
const FEATURE_KINDS: Record<string, string> = {
  routes: 'routes',
  pages: 'routes',
  schemas: 'schemas',
  repo: 'repo',
  table: 'table',
  kinds: 'kinds',
}

type Rule = (from: Place, to: Place, isTypeOnly: boolean) => boolean

const own = (from: Place, to: Place) => from.feature === to.feature
const among =
  (...kinds: string[]) =>
  (to: Place) =>
    kinds.includes(to.kind)

const MAY_IMPORT: Record<string, Rule> = {
  entry: (_, to) => to.kind !== 'repo',
  routes: (from, to) =>
    among('http', 'core')(to) || (own(from, to) && among('routes', 'schemas', ...SERVICE)(to)),
  service: (from, to, isTypeOnly) =>
    among('context', 'core', 'db', 'platform', 'manifest')(to) ||
    (to.kind === 'env' && isTypeOnly) ||
    (own(from, to) && among('repo', 'schemas', 'table', ...SERVICE)(to)) ||
    (among(...SERVICE)(to) && rankOf(to.feature) < rankOf(from.feature)),
  // Lists of names and shapes, which schemas and tables are made of: so they know nothing else.
  kinds: (_, to) => among('core', 'schemas')(to),
  repo: (from, to, isTypeOnly) =>
    among('table', 'db', 'core')(to) ||
    (own(from, to) && to.kind === 'repo') ||
    (own(from, to) && isTypeOnly && among('schemas', 'kinds')(to)),
  schemas: (from, to) => among('schemas', 'core')(to) || (own(from, to) && to.kind === 'kinds'),
  table: (from, to, isTypeOnly) =>
    to.kind === 'table' || (own(from, to) && isTypeOnly && among('schemas', 'kinds')(to)),
  context: (_, to) => among('platform', 'db', 'core', 'env')(to),
  http: (_, to) =>
    among('http', 'context', 'core', 'env')(to) ||
    ['src/platform/telemetry.ts', 'src/db/errors.ts'].includes(to.path),
  platform: (_, to) => among('platform', 'core', 'env')(to),
  db: (from, to) =>
    among('db', 'core', 'env')(to) || (from.path === 'src/db/schema.ts' && to.kind === 'table'),
  core: (_, to) => to.kind === 'core',
  env: (_, to) => to.kind === 'core',
  dialects: (_, to) =>
    among('dialects', 'schemas', 'http', 'core', 'db', 'context', ...SERVICE)(to),
  dev: (_, to) =>
    among('dev', 'schemas', 'http', 'core', 'db', 'context', 'platform', ...SERVICE)(to),
  cli: (_, to) =>
    among('cli', 'entry', 'dialects', 'schemas', 'http', 'core', 'db', ...SERVICE)(to),
}

const IN_APP_ONLY = ['dev', 'dialects']

/** Which kinds may use a package; `auth` is the feature, and a path is that file. Packages that are not named here are free. */
const PACKAGES: [name: RegExp, kinds: string[]][] = [
  [/^(hono|@hono)(\/|$)/, ['entry', 'http', 'routes', 'dialects', 'dev']],
  [/^drizzle-orm(\/|$)/, ['repo', 'table', 'db', 'service']],
  [/^(stripe|jose|otpauth)(\/|$)/, ['platform', 'auth']],
  // They are a good part of a start; src/core/node.ts gets them when they are needed.
  [/^node:/, ['cli', 'src/core/node.ts']],
]

/** What the sources import against the rules of the house, one sentence each. Paths start at the root. */
export function violations(files: Map<string, string>): string[] {
  return [...files].flatMap(([path, source]) => {
    const from = placeOf(path)
    return readImports(path, source).flatMap((one) => faultsOf(from, one))
  })
}

function faultsOf(from: Place, one: Import): string[] {
  const fault = (reason: string) => [`${from.path} imports ${one.target}: ${reason}`]
  if (!one.isLocal) return packageFaults(from, one).flatMap(fault)
  const to = placeOf(one.target)
  if (from.kind === 'nowhere') return fault(`${from.path} has no place in the house`)
  if (to.kind === 'nowhere') return fault('nothing of the house stands there')
  if (from.feature !== null && rankOf(from.feature) < 0)
    return fault(`${from.feature} has no place in the order of features`)
  const isWritten = from.path === 'src/cli/write-documents.ts' && to.kind === 'dialects'
  const isApp = from.path === 'src/app.ts' || from.kind === to.kind || isWritten
  if (IN_APP_ONLY.includes(to.kind) && !isApp) return fault(`only app.ts imports ${to.kind}`)
  if (to.kind === 'cli' && from.kind !== 'cli') return fault('only package scripts run cli')
  const rule = MAY_IMPORT[from.kind]
  return rule?.(from, to, one.isTypeOnly) ? [] : fault(`${from.kind} may not import it`)
}

function packageFaults(from: Place, { target, clause }: Import): string[] {
  const kinds = PACKAGES.find(([pattern]) => pattern.test(target))?.[1]
  const places = [from.kind, from.feature ?? '', from.path]
  const isAllowed = !kinds || places.some((place) => kinds.includes(place))
  return [
    ...(isAllowed ? [] : [`the package is not for ${from.kind}`]),
    ...(/^zod(?:$|\/)/.test(target) && !isZod(target, clause)
      ? ["zod comes as import * as z from 'zod/mini'"]
      : []),
  ]
}

const isZod = (target: string, clause: string): boolean =>
  target === 'zod/mini' && /^(type )?\* as z$/.test(clause)

function placeOf(path: string): Place {
  const [root, top = '', second = '', third = ''] = path.split('/')
  const place = (kind: string, feature: string | null = null): Place => ({ kind, feature, path })
  if (path === 'package.json') return place('manifest')
  if (root !== 'src') return place('nowhere')
  if (top === 'features' && third !== '') {
    return place(FEATURE_KINDS[/(\w+)\.ts$/.exec(third)?.[1] ?? ''] ?? 'service', second)
  }
  if (second === '') {
    const name = top.replace(/\.ts$/, '')
    if (ENTRY.includes(name)) return place('entry')
    return place(name === 'context' || name === 'env' ? name : 'nowhere')
  }
  const isKnown = top in MAY_IMPORT && top !== 'entry' && top !== 'context' && top !== 'env'
  return place(isKnown ? top : 'nowhere')
}

// A clause holds names, braces, commas and stars only, so code between two statements never matches.
const STATEMENT = /^[ \t]*(?:import|export)\s+([\w$*{},\s]+?)\s+from\s*['"]([^'"]+)['"]/gm
const BARE = /^[ \t]*import\s*['"]([^'"]+)['"]/gm
const DYNAMIC = /\bimport\(\s*['"]([^'"]+)['"]/g
const COMMENTS = /^[ \t]*(?:\/\/.*|\/\*[\s\S]*?\*\/)/gm

function readImports(path: string, source: string): Import[] {
  const code = source.replace(COMMENTS, '')
  const found = [
    ...Array.from(code.matchAll(STATEMENT), ([, clause = '', name = '']) => ({
      clause: clause
        .replace(/\s+from$/, '')
        .replace(/\s+/g, ' ')
        .trim(),
      name,
    })),
    ...[...code.matchAll(BARE), ...code.matchAll(DYNAMIC)].map(([, name = '']) => ({
      clause: '',
      name,
    })),
  ]
  return found.map(({ clause, name }) => {
    const isLocal = name.startsWith('.')
    const target = isLocal ? posix.join(posix.dirname(path), name) : name
    return { target, isLocal, isTypeOnly: isTypeOnly(clause), clause }
  })
}

/** True for `type { A }` and for `{ type A, type B }`. */
function isTypeOnly(clause: string): boolean {
  if (/^type [{*\w]/.test(clause)) return true
  const names = /^\{(.*)\}$/
    .exec(clause)?.[1]
    ?.split(',')
    .map((name) => name.trim())
  return names?.filter((name) => name !== '').every((name) => name.startsWith('type ')) ?? false
}
