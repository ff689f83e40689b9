import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** What stands between a store and its backend, and can go wrong there. */
export interface TcpProxy extends AsyncDisposable {
  readonly host: string
  readonly port: number
  /** How many connections are open. */
  readonly connections: () => number
  /** How many connections were ever opened. */
  readonly opened: () => number
  /** Resets every open connection. */
  readonly cut: () => void
  /** Silence: nothing passes either way, also on new connections, until the undo; then all that waited does. */
  readonly pause: () => () => void
  /** Each piece of an answer is late by that many milliseconds; 0 ends it. */
  readonly delayAnswers: (ms: number) => void
  /**
   * What the target answers is thrown away until the undo; questions still reach it. The undo cuts the connections
   * that lost something, because what comes after a gap means nothing.
   */
  readonly dropAnswers: () => () => void
  /**
   * Waits for the next question that contains `text`, throws its answer away once the target gave it, runs `meanwhile`
   * and then resets that connection. Resolves after the reset, so that the question was surely executed by then.
   */
  readonly loseAnswer: (text: string, meanwhile?: () => Promise<void>) => Promise<void>
  /** New connections are refused, until the undo; open ones stay. */
  readonly refuse: () => Promise<() => Promise<void>>
}

/** One connection of a client together with the connection to the target that was made for it. */
interface Pair {
  readonly client: Socket
  readonly target: Socket
  /** Part of an answer was thrown away. */
  hasGap: boolean
}

interface LostAnswer {
  readonly text: Buffer
  readonly meanwhile: () => Promise<void>
  readonly done: () => void
  readonly failed: (error: unknown) => void
  /** The connection that the question went over. */
  pair?: Pair
}

/**
 * A TCP proxy on a free port of this machine that does to a connection what networks do.
 *
 * @example
 * await using proxy = await createTcpProxy({ target: { host: '127.0.0.1', port: 5432 } })
 * const lost = proxy.loseAnswer('commit')
 */
export async function createTcpProxy({
  target,
}: {
  readonly target: { readonly host: string; readonly port: number }
}): Promise<TcpProxy> {
  const host = '127.0.0.1'
  const pairs = new Set<Pair>()
  const lost = new Set<LostAnswer>()
  let opened = 0
  let isPaused = false
  let isDropping = false
  let delayMs = 0

  const reset = ({ client, target: upstream }: Pair) => {
    client.resetAndDestroy()
    upstream.destroy()
  }

  const onQuestion = (pair: Pair, bytes: Buffer) => {
    for (const each of lost) if (each.pair === undefined && bytes.includes(each.text)) each.pair = pair
    pair.target.write(bytes)
  }

  const onAnswer = (pair: Pair, bytes: Buffer) => {
    const losing = [...lost].find((each) => each.pair === pair)
    if (losing !== undefined) {
      lost.delete(losing)
      pair.hasGap = true
      pair.target.pause()
      void losing
        .meanwhile()
        .finally(() => reset(pair))
        .then(losing.done, losing.failed)
    } else if (isDropping || pair.hasGap) pair.hasGap = true
    else if (delayMs === 0) pair.client.write(bytes)
    else setTimeout(() => pair.client.write(bytes), delayMs)
  }

  const server = createServer((client) => {
    opened++
    const pair: Pair = { client, target: connect(target), hasGap: false }
    pairs.add(pair)
    const end = () => {
      pairs.delete(pair)
      client.destroy()
      pair.target.destroy()
    }
    // An error is followed by `close`, which is all that matters here.
    for (const socket of [client, pair.target]) {
      socket
        .setNoDelay(true)
        .on('error', () => {})
        .on('close', end)
      if (isPaused) socket.pause()
    }
    client.on('data', (bytes) => onQuestion(pair, bytes))
    pair.target.on('data', (bytes) => onAnswer(pair, bytes))
  })

  const listen = async (port: number) => {
    server.listen(port, host)
    await once(server, 'listening')
    // A server that listens on a port has an address of this form.
    return (server.address() as AddressInfo).port
  }
  const port = await listen(0)

  return {
    host,
    port,
    connections: () => pairs.size,
    opened: () => opened,
    cut: () => pairs.forEach(reset),
    pause: () => {
      isPaused = true
      for (const pair of pairs) for (const socket of [pair.client, pair.target]) socket.pause()
      return () => {
        isPaused = false
        for (const pair of pairs) for (const socket of [pair.client, pair.target]) socket.resume()
      }
    },
    delayAnswers: (ms) => {
      delayMs = ms
    },
    dropAnswers: () => {
      isDropping = true
      return () => {
        isDropping = false
        for (const pair of pairs) if (pair.hasGap) reset(pair)
      }
    },
    loseAnswer: (text, meanwhile = async () => {}) =>
      new Promise((done, failed) => {
        lost.add({ text: Buffer.from(text), meanwhile, done, failed })
      }),
    refuse: async () => {
      // Stops listening at once; its callback would wait for the open connections.
      server.close()
      return async () => {
        await listen(port)
      }
    },
    async [Symbol.asyncDispose]() {
      for (const { client, target: upstream } of pairs) {
        client.destroy()
        upstream.destroy()
      }
      if (!server.listening) return
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
