import * as z from 'zod/mini'
import { upTo } from '../../core/fields.ts'
import { lazily } from '../../core/lazily.ts'
import { meta, shownAs } from '../../core/meta.ts'
import { whyNoUuid } from './uuid.ts'

// What Pydantic reads more freely than zod does: each takes what Python would and says what is wrong
// in its words. A key that is not there is told as missing, unless `z.optional()` or
// `z._default()` is around it.

type Trouble = { type: string; msg: string; ctx?: object }

type Shown = { type: 'boolean' | 'integer' | 'number' | 'string'; format?: string }

/** A value that `read` understands; what it does not, it says. `shown` stands for it in documents. */
const lax = <T>(shown: Shown, read: (value: unknown) => T | Trouble) =>
  z
    .pipe(
      z.unknown(),
      z.transform((input, { issues }): T => {
        if (input === undefined) {
          issues.push({ code: 'invalid_type', expected: 'unknown', input })
          return z.NEVER
        }
        const value = read(input)
        if (!isTrouble(value)) return value
        const { type, msg, ctx } = value
        issues.push({
          code: 'custom',
          message: msg,
          params: { type, ctx: ctx ?? undefined },
          input,
        })
        return z.NEVER
      }),
    )
    .apply(meta, shownAs(shown))

const isTrouble = <T>(value: T | Trouble): value is Trouble =>
  typeof value === 'object' && value !== null && 'type' in value && 'msg' in value

const TRUE = ['1', 't', 'true', 'y', 'yes', 'on']
const FALSE = ['0', 'f', 'false', 'n', 'no', 'off']

/** `true`, `"yes"`, `1`, and so on. */
export const flag = () =>
  lax<boolean>({ type: 'boolean' }, (value) => {
    if (typeof value === 'boolean') return value
    if (typeof value !== 'string' && typeof value !== 'number') {
      return { type: 'bool_type', msg: 'Input should be a valid boolean' }
    }
    const text = String(value).toLowerCase()
    if (TRUE.includes(text)) return true
    if (FALSE.includes(text)) return false
    return {
      type: 'bool_parsing',
      msg: 'Input should be a valid boolean, unable to interpret input',
    }
  })

type Bounds = { min?: number; max?: number }

/** A whole number, or its digits. Without bounds it may be any that JavaScript holds exactly. */
export const int = (bounds: Bounds = {}) =>
  lax<number>({ type: 'integer' }, (value) => within(bounds, readInt(value)))

/** A number, or its digits. */
export const float = (bounds: Bounds = {}) =>
  lax<number>({ type: 'number' }, (value) => within(bounds, readFloat(value)))

/**
 * A number, or its digits, of at most `places` decimals: as the decimal text that was sent, so that nothing is
 * rounded. A number of JSON is the shortest text that means it.
 */
export const decimal = (places: number, bounds: Bounds = {}) =>
  lax<string>({ type: 'number' }, (value) => {
    const read = within(bounds, readFloat(value))
    if (typeof read !== 'number') return read
    const text = typeof value === 'string' ? value.trim() : String(read)
    if (new RegExp(`^\\+?[0-9]+(\\.[0-9]{0,${places}}0*)?$`).test(text))
      return text.replace('+', '')
    const msg = `Decimal input should have no more than ${places} decimal places`
    return { type: 'decimal_max_places', msg, ctx: { decimal_places: places } }
  })

function within({ min = -Infinity, max = Infinity }: Bounds, read: number | Trouble) {
  if (typeof read !== 'number') return read
  if (read < min) return beyond('greater_than_equal', 'greater than or equal to', { ge: min })
  return read > max ? beyond('less_than_equal', 'less than or equal to', { le: max }) : read
}

const beyond = (type: string, words: string, ctx: Record<string, number>): Trouble => ({
  type,
  msg: `Input should be ${words} ${Object.values(ctx)[0]}`,
  ctx,
})

function readInt(value: unknown): number | Trouble {
  if (typeof value === 'boolean') return Number(value)
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return value
    return {
      type: 'int_from_float',
      msg: 'Input should be a valid integer, got a number with a fractional part',
    }
  }
  if (typeof value !== 'string') return { type: 'int_type', msg: 'Input should be a valid integer' }
  const read = Number(value)
  if (/^\s*[+-]?[0-9]+(?:\.0+)?\s*$/.test(value) && Number.isSafeInteger(read)) return read
  return {
    type: 'int_parsing',
    msg: 'Input should be a valid integer, unable to parse string as an integer',
  }
}

function readFloat(value: unknown): number | Trouble {
  if (typeof value === 'boolean' || typeof value === 'number') return Number(value)
  if (typeof value !== 'string')
    return { type: 'float_type', msg: 'Input should be a valid number' }
  const read = Number(value)
  if (value.trim() !== '' && Number.isFinite(read)) return read
  return {
    type: 'float_parsing',
    msg: 'Input should be a valid number, unable to parse string as a number',
  }
}

/** A UUID in any of its spellings; read as lower case with dashes. */
export const uuid = () =>
  lax<string>({ type: 'string', format: 'uuid' }, (value) => {
    if (typeof value !== 'string') {
      return { type: 'uuid_type', msg: 'UUID input should be a string, bytes or UUID object' }
    }
    const error = whyNoUuid(value)
    if (error !== null) {
      return { type: 'uuid_parsing', msg: `Input should be a valid UUID, ${error}`, ctx: { error } }
    }
    const digits = value.toLowerCase().replace(/^urn:uuid:|[{}-]/g, '')
    return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  })

/** Text that the original neither bounds nor looks into; bounded here all the same. */
export const plain = (max = 10_000) => upTo(max)

/** FastAPI's OAuth2PasswordRequestForm, which every login by form sends. */
export const LoginForm = lazily(() =>
  z.object({
    grant_type: z.optional(z.string().check(z.regex(/^password$/))),
    username: plain(),
    password: plain(),
  }),
)

/** A file of a multipart form. */
export const file = () =>
  z.pipe(
    z.unknown(),
    z.transform((input, { issues }): File => {
      if (input instanceof File) return input
      if (input === undefined) issues.push({ code: 'invalid_type', expected: 'file', input })
      else {
        const message = "Value error, Expected UploadFile, received: <class 'str'>"
        issues.push({
          code: 'custom',
          message,
          params: { type: 'value_error', ctx: { error: {} } },
          input,
        })
      }
      return z.NEVER
    }),
  )

/** What an optional or nullable field is where it is there. */
export const inside = <Inner extends z.core.$ZodType>(field: {
  _zod: { def: { innerType: Inner } }
}): Inner => field._zod.def.innerType
