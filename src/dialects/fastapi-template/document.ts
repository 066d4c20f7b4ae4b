import * as z from 'zod/mini'
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
} from 'zod-openapi'
import { lazily } from '../../core/lazily.ts'
import { meta } from '../../core/meta.ts'
import { BLANKS } from '../../http/documents.ts'
import { type Mark, withMarks } from '../../http/operations.ts'
import type { Route } from '../../http/routes.ts'
import { LoginForm } from '../fastapi/fields.ts'
import * as shapes from './shapes.ts'

const Message = lazily(() => z.object({ message: z.string() }).apply(meta, { id: 'Message' }))
const Token = lazily(() =>
  z
    .object({ access_token: z.string(), token_type: z._default(z.string(), 'bearer') })
    .apply(meta, { id: 'Token' }),
)
const UsersPublic = lazily(() =>
  z
    .object({ data: z.array(shapes.UserPublic()), count: z.int() })
    .apply(meta, { id: 'UsersPublic' }),
)
const ItemsPublic = lazily(() =>
  z
    .object({ data: z.array(shapes.ItemPublic()), count: z.int() })
    .apply(meta, { id: 'ItemsPublic' }),
)
const ValidationError = lazily(() =>
  z
    .object({
      loc: z.array(z.union([z.string(), z.int()])),
      msg: z.string(),
      type: z.string(),
    })
    .apply(meta, { id: 'ValidationError' }),
)
const HTTPValidationError = lazily(() =>
  z.object({ detail: z.array(ValidationError()) }).apply(meta, { id: 'HTTPValidationError' }),
)

/** What is sent, by the names that the original's generated client has for it. */
const schemas = lazily(() => ({
  'Body_login-login_access_token': LoginForm(),
  ItemCreate: shapes.ItemCreate(),
  ItemUpdate: shapes.ItemUpdate(),
  NewPassword: shapes.Reset(),
  PrivateUserCreate: shapes.TestUser(),
  UpdatePassword: shapes.NewPassword(),
  UserCreate: shapes.UserCreate(),
  UserRegister: shapes.SignUp(),
  UserUpdate: shapes.UserUpdate(),
  UserUpdateMe: shapes.MyChange(),
}))

/** The operationId and the answer of each operation; its tag stands before the dash. */
const OPERATIONS = lazily(
  (): Record<string, [id: string, answer: z.ZodMiniType | 'text/html']> => ({
    'POST /login/access-token': ['login-login_access_token', Token()],
    'POST /login/test-token': ['login-test_token', shapes.UserPublic()],
    'POST /password-recovery/:email': ['login-recover_password', Message()],
    'POST /reset-password/': ['login-reset_password', Message()],
    'POST /password-recovery-html-content/:email': [
      'login-recover_password_html_content',
      'text/html',
    ],
    'GET /users/': ['users-read_users', UsersPublic()],
    'POST /users/': ['users-create_user', shapes.UserPublic()],
    'PATCH /users/me': ['users-update_user_me', shapes.UserPublic()],
    'PATCH /users/me/password': ['users-update_password_me', Message()],
    'GET /users/me': ['users-read_user_me', shapes.UserPublic()],
    'DELETE /users/me': ['users-delete_user_me', Message()],
    'POST /users/signup': ['users-register_user', shapes.UserPublic()],
    'GET /users/:user_id': ['users-read_user_by_id', shapes.UserPublic()],
    'PATCH /users/:user_id': ['users-update_user', shapes.UserPublic()],
    'DELETE /users/:user_id': ['users-delete_user', Message()],
    'POST /utils/test-email/': ['utils-test_email', Message()],
    'GET /utils/health-check/': ['utils-health_check', z.boolean()],
    'GET /items/': ['items-read_items', ItemsPublic()],
    'POST /items/': ['items-create_item', shapes.ItemPublic()],
    'GET /items/:id': ['items-read_item', shapes.ItemPublic()],
    'PUT /items/:id': ['items-update_item', shapes.ItemPublic()],
    'DELETE /items/:id': ['items-delete_item', Message()],
    'POST /private/users/': ['private-create_user', shapes.UserPublic()],
  }),
)

const SCHEME = 'OAuth2PasswordBearer'
const TOKEN_URL = '/api/v1/login/access-token'

/** The OpenAPI document from which the front end's client is generated, as JSON text; see fillIn(). */
export function writeDocument(routes: Route[]): string {
  const paths: ZodOpenApiPathsObject = {}
  for (const { method, path, notes } of withMarks(routes)) {
    const named = OPERATIONS()[`${method} ${path}`]
    if (!named) throw new Error(`${method} ${path} has no operationId`)
    const [operationId, answer] = named
    const address = `/api/v1${path.replace(/:(\w+)/g, '{$1}')}`
    const asked: NonNullable<Mark['schemas']> = Object.assign(
      {},
      ...notes.map((note) => note.schemas),
    )
    const [json, form] = [asked.json?.(), asked.form?.()]
    const [param, query] = [asObject(asked.param?.()), asObject(asked.query?.())]
    const isOpen = notes.some((note) => note.policy === 'anyone')
    const body = json
      ? { 'application/json': { schema: json } }
      : form && { 'application/x-www-form-urlencoded': { schema: form } }
    const operation: ZodOpenApiOperationObject = {
      tags: [operationId.split('-')[0] ?? ''],
      operationId,
      ...((param || query) && {
        requestParams: { ...(param && { path: param }), ...(query && { query }) },
      }),
      ...(body && { requestBody: { required: true, content: body } }),
      ...(!isOpen && { security: [{ [SCHEME]: [] }] }),
      responses: {
        [operationId === 'utils-test_email' ? '201' : '200']: {
          description: 'Successful Response',
          content:
            answer === 'text/html' ? { [answer]: {} } : { 'application/json': { schema: answer } },
        },
        ...((param || query || body) && {
          '422': {
            description: 'Validation Error',
            content: { 'application/json': { schema: HTTPValidationError() } },
          },
        }),
      },
    }
    paths[address] = { ...paths[address], [method.toLowerCase()]: operation }
  }
  const document = createDocument({
    openapi: '3.1.0',
    info: { title: BLANKS.title, version: '0.1.0' },
    paths,
    components: {
      schemas: schemas(),
      securitySchemes: {
        [SCHEME]: { type: 'oauth2', flows: { password: { scopes: {}, tokenUrl: TOKEN_URL } } },
      },
    },
  })
  return JSON.stringify(document)
}

const asObject = (schema: z.ZodMiniType | undefined): z.ZodMiniObject | undefined =>
  schema instanceof z.ZodMiniObject ? schema : undefined
