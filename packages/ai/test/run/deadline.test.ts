import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { startDeadline } from '../../src/run/deadline.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const never = () => new Promise<never>(() => {})

describe('AI-67 the deadline of a call', () => {
  test('AI-80 leaves work that ignores the signal at its limit, and names the limit', async () => {
    const deadline = startDeadline('generate', { timeoutMs: 50 })
    const left = deadline.race(never()).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(49)
    expect(deadline.signal?.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    const error = await left
    expect(error).toBeInstanceOf(DOMException)
    expect(error).toMatchObject({ name: 'TimeoutError', message: 'generate(): not done after timeoutMs 50' })
    expect(deadline.signal?.reason).toBe(error)
    expect(vi.getTimerCount()).toBe(0)
  })

  test.each([new Error('left'), 'a text', null])(
    'rejects with the reason of the caller: %o',
    async (reason) => {
      const controller = new AbortController()
      const deadline = startDeadline('generate', { timeoutMs: 50, abortSignal: controller.signal })
      const left = deadline.race(never()).catch((error: unknown) => error)
      controller.abort(reason)
      expect(await left).toBe(reason)
      expect(deadline.signal?.reason).toBe(reason)
      expect(vi.getTimerCount()).toBe(0)
    },
  )

  test('knows of an abort from before', async () => {
    const deadline = startDeadline('stream', { abortSignal: AbortSignal.abort('early'), timeoutMs: 50 })
    await expect(deadline.race(never())).rejects.toBe('early')
    expect(vi.getTimerCount()).toBe(0)
  })

  test('passes results and errors on, and swallows those that come late', async () => {
    const deadline = startDeadline('generate', { timeoutMs: 50 })
    const error = new Error('own')
    await expect(deadline.race(Promise.resolve(1))).resolves.toBe(1)
    await expect(deadline.race(Promise.reject(error))).rejects.toBe(error)
    const late = new Promise<never>((_resolve, reject) => setTimeout(() => reject(new Error('late')), 60))
    const left = deadline.race(late).catch((reason: unknown) => reason)
    await vi.advanceTimersByTimeAsync(60)
    expect(await left).toMatchObject({ name: 'TimeoutError' })
  })

  test('cleared, it neither expires nor listens to the caller', async () => {
    const controller = new AbortController()
    const deadline = startDeadline('generate', { timeoutMs: 50, abortSignal: controller.signal })
    deadline.clear()
    deadline.clear()
    controller.abort()
    await vi.advanceTimersByTimeAsync(100)
    expect(deadline.signal?.aborted).toBe(false)
  })

  test('without limit and signal the SDK gets none', () => {
    expect(startDeadline('generate', {}).signal).toBeUndefined()
  })
})
