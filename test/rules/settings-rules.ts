/** The parts of a resolved wrangler configuration that the rules look at. */
export type Deployment = {
  vars?: Record<string, unknown> | undefined
  define?: Record<string, string> | undefined
  triggers?: { crons?: string[] | undefined } | undefined
  queues?: {
    producers?: { binding: string; queue: string }[] | undefined
    consumers?: { queue: string; max_retries?: number; dead_letter_queue?: string }[] | undefined
  }
  assets?: { binding?: string; run_worker_first?: boolean | string[] } | undefined
  d1_databases?: { binding: string; database_name?: string }[]
  kv_namespaces?: { binding: string; id?: string }[]
  r2_buckets?: { binding: string; bucket_name?: string }[]
  ratelimits?: { name: string; namespace_id: string; simple: { limit: number; period: number } }[]
}

type Code = { settings: string[]; crons: string[]; retries: number }

/** Where one deployment says something else than the code. */
export function mismatches(config: Deployment, code: Code): string[] {
  const unknown = Object.keys(config.vars ?? {}).filter((name) => !code.settings.includes(name))
  const crons = config.triggers?.crons ?? []
  const work = (config.queues?.consumers ?? []).filter((one) => one.dead_letter_queue !== undefined)
  const dead = work.map((one) => one.dead_letter_queue ?? '')
  const consumed = (config.queues?.consumers ?? []).map((one) => one.queue)
  return [
    ...unknown.map((name) => `[vars] ${name} is no setting`),
    ...crons.filter((cron) => !code.crons.includes(cron)).map((cron) => `${cron} runs nothing`),
    ...code.crons.filter((cron) => !crons.includes(cron)).map((cron) => `${cron} never fires`),
    ...(work.length === 0 ? ['no queue has dead letters'] : []),
    ...work
      .filter((one) => one.max_retries !== code.retries)
      .map((one) => `${one.queue} is retried ${one.max_retries} times, not ${code.retries}`),
    ...dead.filter((one) => !consumed.includes(one)).map((one) => `nobody consumes ${one}`),
    // queue.ts knows dead letters by the end of the queue's name.
    ...dead.filter((one) => !one.endsWith('-dead')).map((one) => `${one} does not end in -dead`),
    ...(config.queues?.producers ?? [])
      .filter((one) => !consumed.includes(one.queue))
      .map((one) => `nobody consumes ${one.queue}`),
    ...(config.define?.__DEV__ === 'false' ? [] : ['__DEV__ is not "false"']),
  ]
}

/** What one environment binds and another does not. wrangler inherits none of it. */
export function missingIn(other: Deployment, production: Deployment): string[] {
  const had = namesOf(other)
  return namesOf(production).filter((name) => !had.includes(name))
}

/** Stores of production that another environment would write to as well. */
export function sharedStores(other: Deployment, production: Deployment): string[] {
  const had = storesOf(other)
  return storesOf(production).filter((name) => had.includes(name))
}

function namesOf(config: Deployment): string[] {
  const bound = (list: { binding: string }[] | undefined) => (list ?? []).map((one) => one.binding)
  return [
    ...Object.keys(config.vars ?? {}),
    ...bound(config.d1_databases),
    ...bound(config.kv_namespaces),
    ...bound(config.r2_buckets),
    ...bound(config.queues?.producers),
    ...(config.ratelimits ?? []).map(
      ({ name, simple }) => `${name} ${simple.limit}/${simple.period}`,
    ),
    ...(config.assets ? [`${config.assets.binding} first=${config.assets.run_worker_first}`] : []),
    ...(config.queues?.consumers ?? []).map((one) => `consumer retries=${one.max_retries ?? 0}`),
  ]
}

function storesOf(config: Deployment): string[] {
  return [
    ...(config.d1_databases ?? []).map((one) => one.database_name ?? ''),
    ...(config.kv_namespaces ?? []).map((one) => one.id ?? ''),
    ...(config.r2_buckets ?? []).map((one) => one.bucket_name ?? ''),
    ...(config.queues?.producers ?? []).map((one) => one.queue),
    ...(config.queues?.consumers ?? []).map((one) => one.queue),
    ...(config.ratelimits ?? []).map((one) => one.namespace_id),
  ].filter((name) => name !== '')
}

/** The settings in the tables under the heading `Configuration` or `Settings`, as `NAME` in each first cell. */
export function namesInTable(markdown: string): string[] {
  const [, section = ''] =
    /^#+[^\n]*\b(?:configuration|settings)\b[^\n]*\n(.*?)(?=^#|(?![\s\S]))/ims.exec(markdown) ?? []
  return Array.from(section.matchAll(/^\|\s*`([A-Z][A-Z0-9_]*)`/gm), ([, name = '']) => name)
}

/** The names that a file of NAME=value lines sets. */
export function namesInVars(text: string): string[] {
  return Array.from(text.matchAll(/^\s*(\w+)\s*=/gm), ([, name = '']) => name)
}
