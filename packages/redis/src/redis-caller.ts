import type { OpenConnection, RedisConnection } from './redis-connection.ts'
import { callFailed, needsEpoch, notConnected, wasNotSent } from './redis-errors.ts'
import type { Script } from './script.ts'

/** Where calls go, and how long things may take, in milliseconds. */
export interface RedisCallerOptions {
  readonly open: OpenConnection
  /** How long a call waits for the connection before it fails, unsent. */
  readonly connectMs: number
  /** A connection that owes an answer, or cannot be used, for that long is replaced. */
  readonly silenceMs: number
}

/** Makes calls over one connection, which is opened with the first of them. */
export interface RedisCaller {
  /** `key` says which node of a cluster is asked. */
  readonly command: (key: string, command: string, args: readonly string[]) => Promise<unknown>
  /** `args` are what follows the epoch. */
  readonly run: (script: Script, keys: readonly string[], args: readonly string[]) => Promise<unknown>
  readonly close: () => void
}

/** A connection and what is known of it. */
interface Attached {
  readonly connection: RedisConnection
  /** A script has looked, over this connection, which server it is that answers. */
  isChecked: boolean
  /** When it last answered, or began to owe an answer, or was opened. */
  aliveAt: number
  owedAnswers: number
  alarm: ReturnType<typeof setTimeout> | undefined
}

/** How often a connection that is not there is looked at. */
const retryMs = 50

/**
 * Sends what can be sent at once and keeps nothing for later: a call waits a short time for the connection and then
 * fails with `outcome: 'none'` (STO-34). TCP takes many minutes to notice that its peer is gone, so a connection that
 * owes an answer for too long is given up and another one is opened.
 */
export function createRedisCaller({ open, connectMs, silenceMs }: RedisCallerOptions): RedisCaller {
  const waiting = new Set<() => void>()
  let current: Attached | undefined
  let lastError: unknown
  let isClosed = false

  const attach = () => {
    const connection = open({
      onReady: () => {
        mine.isChecked = false
        for (const wake of waiting) wake()
      },
      onError: (error) => {
        lastError = error
      },
      onEnd: () => detach(mine),
    })
    const mine: Attached = {
      connection,
      isChecked: false,
      aliveAt: performance.now(),
      owedAnswers: 0,
      alarm: undefined,
    }
    return mine
  }

  const detach = (mine: Attached) => {
    clearTimeout(mine.alarm)
    if (current !== mine) return
    current = undefined
    mine.connection.close()
  }

  /** One timer for many calls: one for each would cost as much as the call. */
  const watch = (mine: Attached, ms: number) => {
    mine.alarm = setTimeout(() => {
      mine.alarm = undefined
      const silentMs = performance.now() - mine.aliveAt
      if (mine.owedAnswers === 0) return
      if (silentMs >= silenceMs) detach(mine)
      else watch(mine, silenceMs - silentMs)
    }, ms)
  }

  const send = async <T>(attempt: (mine: Attached) => Promise<T>): Promise<T> => {
    const giveUpAt = performance.now() + connectMs
    while (!isClosed) {
      const mine = (current ??= attach())
      if (mine.connection.isReady()) {
        if (mine.owedAnswers++ === 0) mine.aliveAt = performance.now()
        if (mine.alarm === undefined) watch(mine, silenceMs)
        try {
          return await attempt(mine)
        } catch (error) {
          if (!wasNotSent(error)) throw callFailed(error)
        } finally {
          mine.owedAnswers--
          mine.aliveAt = performance.now()
        }
      }
      const now = performance.now()
      if (now >= giveUpAt) {
        // A cluster client may hold on to nodes that are no more.
        if (now - mine.aliveAt > silenceMs) detach(mine)
        break
      }
      await readyOrLater(Math.min(retryMs, giveUpAt - now))
    }
    throw notConnected(lastError)
  }

  const readyOrLater = (ms: number) =>
    new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer)
        waiting.delete(done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      waiting.add(done)
    })

  const runOn = async (
    mine: Attached,
    script: Script,
    keys: readonly string[],
    args: readonly string[],
  ): Promise<unknown> => {
    const [key = ''] = keys
    const sha = await script.sha()
    const tail = [String(keys.length), ...keys]
    const check = async (command: string, name: string) => {
      const answer = await mine.connection.send(key, command, [name, ...tail, crypto.randomUUID(), ...args])
      mine.isChecked = true
      return answer
    }
    try {
      if (!mine.isChecked) return await check('EVALSHA', sha)
      return await mine.connection.send(key, 'EVALSHA', [sha, ...tail, '', ...args])
    } catch (error) {
      // A server that does not know the script is perhaps another one than before.
      if (needsEpoch(error)) return await check('EVAL', script.text)
      throw error
    }
  }

  return {
    command: (key, command, args) => send((mine) => mine.connection.send(key, command, args)),
    run: (script, keys, args) => send((mine) => runOn(mine, script, keys, args)),
    close: () => {
      isClosed = true
      for (const wake of waiting) wake()
      if (current !== undefined) detach(current)
    },
  }
}
