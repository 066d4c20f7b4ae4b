import { connect, type Socket } from 'node:net'

/** A request as it goes over the wire. */
export type Ask = {
  method?: string
  path: string
  headers?: Record<string, string>
  body?: unknown
}

export type Answer = { status: number; head: string; body: Buffer }

export type Load = { requests: number; seconds: number; times: number[] }

const END_OF_HEAD = Buffer.from('\r\n\r\n')
const END_OF_CHUNKS = Buffer.from('0\r\n\r\n')

export function wire({ method = 'GET', path, headers = {}, body }: Ask): string {
  const text = body === undefined ? '' : JSON.stringify(body)
  const lines = Object.entries({
    host: 'api.linden.test',
    ...headers,
    ...(body !== undefined && {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(text)),
    }),
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${text}`
}

/**
 * One connection that asks one thing after the other. A plain socket costs a tenth of what fetch()
 * does, which would otherwise take the processor from what is measured.
 */
class Connection {
  #socket: Socket
  #received: Buffer = Buffer.alloc(0)
  #settle: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1')
    this.#socket.setNoDelay(true)
    this.#socket.on('data', (part) => {
      this.#received = this.#received.length === 0 ? part : Buffer.concat([this.#received, part])
      this.#read()
    })
    const fail = () => this.#settle?.reject(new Error('The connection broke'))
    this.#socket.on('error', fail).on('close', fail)
  }

  ask(text: string): Promise<Answer> {
    this.#socket.write(text)
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
  }

  close(): void {
    this.#settle = undefined
    this.#socket.destroy()
  }

  #read(): void {
    const endOfHead = this.#received.indexOf(END_OF_HEAD)
    if (endOfHead < 0) return
    const start = endOfHead + END_OF_HEAD.length
    const head = this.#received.toString('latin1', 0, endOfHead)
    const status = Number(head.slice(9, 12))
    const end = this.#endOf(head, status, start)
    if (end === undefined) return
    const body = this.#received.subarray(start, end)
    this.#received = this.#received.subarray(end)
    this.#settle?.resolve({ status, head, body })
  }

  #endOf(head: string, status: number, start: number): number | undefined {
    if (status === 304 || status === 204) return start
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
    if (length !== undefined) {
      const end = start + Number(length)
      return this.#received.length >= end ? end : undefined
    }
    const end = this.#received.indexOf(END_OF_CHUNKS, start)
    return end < 0 ? undefined : end + END_OF_CHUNKS.length
  }
}

export async function askOnce(port: number, ask: Ask): Promise<Answer> {
  const connection = new Connection(port)
  try {
    return await connection.ask(wire(ask))
  } finally {
    connection.close()
  }
}

/** Asks over so many connections for so long. Throws when an answer has another status. */
export async function load(
  port: number,
  next: () => string,
  { ms, connections, status }: { ms: number; connections: number; status: number },
): Promise<Load> {
  const open = Array.from({ length: connections }, () => new Connection(port))
  const times: number[] = []
  const start = performance.now()
  const end = start + ms
  try {
    await Promise.all(
      open.map(async (connection) => {
        for (let now = performance.now(); now < end; ) {
          const answer = await connection.ask(next())
          if (answer.status !== status) {
            throw new Error(
              `${answer.status} and not ${status}: ${answer.body.toString().slice(0, 300)}`,
            )
          }
          const then = performance.now()
          times.push(then - now)
          now = then
        }
      }),
    )
  } finally {
    for (const connection of open) connection.close()
  }
  return { requests: times.length, seconds: (performance.now() - start) / 1000, times }
}
