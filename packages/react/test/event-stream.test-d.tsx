import type { ConnectionStatus, SseClientError } from '@crux/core/client'
import { useEventStream, type EventStreamHook, type StreamEvent } from '@crux/react'
import { expectTypeOf } from 'vitest'

interface Price {
  readonly symbol: string
  readonly cents: number
}

declare const toPrice: (text: string) => Price

export function useTypes() {
  // What the server sends is not known, unless the application says it, or parses.
  expectTypeOf(useEventStream('/a')).toEqualTypeOf<EventStreamHook<unknown>>()
  expectTypeOf(useEventStream<Price>('/a').data).toEqualTypeOf<Price | undefined>()
  expectTypeOf(useEventStream<Price>('/a').events).toEqualTypeOf<readonly StreamEvent<Price>[]>()
  expectTypeOf(useEventStream('/a', { parse: toPrice }).data).toEqualTypeOf<Price | undefined>()
  expectTypeOf(useEventStream('/a', { parse: (text) => text }).data).toEqualTypeOf<string | undefined>()
  expectTypeOf(
    useEventStream('/a', { parse: (text, { event, id }) => ({ text, event, id }) }).data,
  ).toEqualTypeOf<{ text: string; event: string; id: string } | undefined>()
  useEventStream('/a', {
    parse: toPrice,
    onEvent: (event) => expectTypeOf(event).toEqualTypeOf<StreamEvent<Price>>(),
  })
  useEventStream<Price>('/a', {
    onEvent: ({ data }) => expectTypeOf(data).toEqualTypeOf<Price>(),
  })
  useEventStream('/a', {
    onEvent: ({ data }) => expectTypeOf(data).toEqualTypeOf<unknown>(),
  })

  const { status, readyState, error, close, reset } = useEventStream('/a')
  expectTypeOf(status).toEqualTypeOf<ConnectionStatus>()
  expectTypeOf(readyState).toEqualTypeOf<0 | 1 | 2>()
  expectTypeOf(error).toEqualTypeOf<SseClientError | null>()
  expectTypeOf([close, reset]).toEqualTypeOf<(() => void)[]>()

  // A URL, nothing yet, and bodies of all kinds.
  useEventStream(new URL('https://example.test/'))
  useEventStream(null)
  useEventStream('/a', { body: { prompt: 'x' }, query: { a: 1, b: null, c: undefined, d: true } })
  useEventStream('/a', { body: [1, 2], query: new URLSearchParams('a=1') })
  useEventStream('/a', { body: 'text', headers: async () => ({ authorization: 'Bearer t' }) })
  useEventStream('/a', { body: new FormData(), idleTimeoutMs: () => 5_000, lastEventIdIn: 'query' })
}

export function useWrongly() {
  // @ts-expect-error a number is no URL
  useEventStream(5)
  // @ts-expect-error a number is no body
  useEventStream('/a', { body: 5 })
  // @ts-expect-error the parser must give what was asked for
  useEventStream<Price>('/a', { parse: (text) => text })
  // @ts-expect-error an object is no parameter
  useEventStream('/a', { query: { a: { b: 1 } } })
  // @ts-expect-error a name is not a list of names
  useEventStream('/a', { events: 'row' })
}
