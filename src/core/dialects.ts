/** The existing back ends whose front ends are served unchanged, each under `/dialects/<name>`. */
export const DIALECTS = [
  'fastapi-template',
  'eterno',
  'portfolio',
  'rest-angular',
  'onedna',
] as const
export type Dialect = (typeof DIALECTS)[number]

export const isDialect = (name: string): name is Dialect => DIALECTS.some((one) => one === name)
