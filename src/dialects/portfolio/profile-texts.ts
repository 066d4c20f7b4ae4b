import type * as z from 'zod/mini'
import {
  type ProfileTexts,
  type ProfileView,
  SaveProfile,
} from '../../features/profiles/schemas.ts'

// The front end keeps lists as JSON in texts, with more in them than our profile holds: icons, colours,
// periods in words. A text is given back as it came; what our profile can hold of it is taken over.

type Lists = Pick<
  ProfileView,
  'skills' | 'experience' | 'education' | 'certifications' | 'achievements'
>
type Entry = Record<string, unknown>

/** What a text holds: a list of JSON, one in an object as skills have it, or words between commas. */
function readEntries(text: string): Entry[] {
  const given = readJson(text)
  const list = Array.isArray(given) ? given : Object(given).skills
  if (!Array.isArray(list)) return []
  return list.map((one) => (one instanceof Object ? one : { name: one }))
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text.split(',').map((one) => one.trim())
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value.trim() : '')
const given = (value: unknown): string | undefined => textOf(value) || undefined

/** `2019 - 2021`, `2019-04 – today`: the months or years in it. */
function readPeriod(period: unknown) {
  const dates = textOf(period).match(/\b[0-9]{4}(?:-(?:0[1-9]|1[0-2]))?\b/g) ?? []
  const [start_date, end_date] = dates
  return { ...(start_date && { start_date }), ...(end_date && { end_date }) }
}

/** Those of the entries that our profile takes, as many as it takes. */
function fitting<T>(list: z.ZodMiniType<T[] | undefined>, entries: unknown[], most: number): T[] {
  return entries.flatMap((one) => list.safeParse([one]).data ?? []).slice(0, most)
}

const without = (fields: Entry): Entry =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

const lists = () => SaveProfile().shape

const READ: { [Name in keyof Lists]: (entries: Entry[]) => Lists[Name] } = {
  skills: (entries) =>
    fitting(
      lists().skills,
      entries.map(({ name }) => textOf(name)),
      50,
    ),
  experience: (entries) =>
    fitting(
      lists().experience,
      entries.map(({ role, title, company, period, description }) =>
        without({
          title: given(role) ?? given(title),
          company: given(company),
          description: given(description),
          ...readPeriod(period),
        }),
      ),
      30,
    ),
  education: (entries) =>
    fitting(
      lists().education,
      entries.map(({ institution, degree, period, description }) =>
        without({
          institution: given(institution),
          degree: given(degree),
          description: given(description),
          ...readPeriod(period),
        }),
      ),
      30,
    ),
  certifications: (entries) =>
    fitting(
      lists().certifications,
      entries.map(({ name, issuer, year, url }) =>
        without({
          name: given(name),
          issuer: given(issuer),
          date: readPeriod(year).start_date,
          url: given(url),
        }),
      ),
      30,
    ),
  achievements: (entries) =>
    fitting(
      lists().achievements,
      entries.map(({ title, name, description }) =>
        [title ?? name, description].map(textOf).filter(Boolean).join(': '),
      ),
      50,
    ),
}

const NAMES = Object.keys(READ) as (keyof Lists)[]
const NONE: ProfileTexts = {
  skills: null,
  experience: null,
  education: null,
  certifications: null,
  achievements: null,
}

export type GivenTexts = { [Name in keyof ProfileTexts]?: string | null | undefined }

/** The texts that are given, beside those that there are, and what our profile makes of them. */
export function readTexts(
  given: GivenTexts,
  present: ProfileTexts | null,
): Partial<Lists> & { texts?: ProfileTexts } {
  const named = NAMES.filter((name) => given[name] !== undefined)
  const texts = { ...NONE, ...present }
  const lists: Partial<Lists> = {}
  for (const name of named) {
    const text = given[name] ?? null
    texts[name] = text
    Object.assign(lists, { [name]: READ[name](text === null ? [] : readEntries(text)) })
  }
  return named.length === 0 ? {} : { ...lists, texts }
}

type Period = { start_date?: string | undefined; end_date?: string | undefined }

const periodOf = ({ start_date, end_date }: Period): string =>
  [start_date, end_date].filter(Boolean).join(' - ')

const WRITE: { [Name in keyof Lists]: (list: Lists[Name]) => unknown } = {
  skills: (list) => ({ skills: list.map((name) => ({ name })) }),
  experience: (list) =>
    list.map(({ title, company, description = '', ...period }) => ({
      role: title,
      company,
      period: periodOf(period),
      description,
    })),
  education: (list) =>
    list.map(({ institution, degree = '', description = '', ...period }) => ({
      institution,
      degree,
      period: periodOf(period),
      description,
    })),
  certifications: (list) =>
    list.map(({ name, issuer = '', date = '', url = '' }) => ({ name, issuer, year: date, url })),
  achievements: (list) => list.map((title) => ({ title, description: '', date: '' })),
}

/** The texts of a profile; those that nobody gave are made from what our profile holds. */
export function toTexts(profile: Lists & { texts: ProfileTexts | null }): ProfileTexts {
  const made = <Name extends keyof Lists>(name: Name): string | null =>
    profile[name].length === 0 ? null : JSON.stringify(WRITE[name](profile[name]))
  const texts = { ...NONE, ...profile.texts }
  for (const name of NAMES) texts[name] ??= made(name)
  return texts
}
