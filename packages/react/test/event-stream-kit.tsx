import {
  useEventStream,
  type EventStreamHook,
  type EventStreamHookOptions,
  type StreamEvent,
} from '@crux/react'
import { act, renderHook, type RenderHookOptions } from '@testing-library/react'
import { useLayoutEffect } from 'react'
import { afterEach, beforeEach, expect, onTestFinished, vi } from 'vitest'
import { scriptedFetch, type Attempt } from '../../core/test/client-connection/scripted-fetch.ts'

export { scriptedFetch, type Attempt }

/** A test of this file fails by what React warns of: a mismatch, an update of what is gone, one outside of `act`. */
export function failOnWarnings() {
  beforeEach(() => {
    vi.spyOn(console, 'error')
  })
  afterEach(() => {
    const warned = vi.mocked(console.error).mock.calls
    vi.restoreAllMocks()
    vi.unstubAllGlobals()
    expect(warned).toEqual([])
  })
}

export const url = 'https://example.test/events'
export const backoff = { baseMs: 1, maxMs: 5 }

export type Options = EventStreamHookOptions

interface Props {
  readonly url: string | URL | null
  readonly options: Options
}

interface Setup extends Pick<RenderHookOptions<Props>, 'wrapper'> {
  /** Default: open a stream. */
  readonly onAttempt?: (attempt: Attempt) => void
  readonly at?: string | URL
}

/** Lets what is under way arrive, and be rendered with the frame after it. */
export const settle = () =>
  act(async () => {
    for (let frame = 0; frame < 2; frame++)
      await new Promise((resolve) => void requestAnimationFrame(resolve))
  })

/** Goes on until this holds; waiting inside of `act` would hold the renders back. */
export const until = (check: () => void) =>
  vi.waitFor(
    async () => {
      await settle()
      check()
    },
    { timeout: 20_000 },
  )

/** Renders the hook against a server whose answers the test writes. */
export function follow(
  first: Options = {},
  { onAttempt = (attempt) => attempt.open(), at = url, ...rest }: Setup = {},
) {
  const script = scriptedFetch(onAttempt)
  const views: EventStreamHook[] = []
  const pages: EventStreamHook[] = []
  const initialProps: Props = { url: at, options: first }
  const rendered = renderHook(
    ({ url: to, options }: Props) => {
      const view = useEventStream(to, { fetch: script.fetch, backoff, ...options })
      views.push(view)
      useLayoutEffect(() => void pages.push(view))
      return view
    },
    { initialProps, ...rest },
  )
  onTestFinished(() => rendered.unmount())
  return {
    ...script,
    /** What was rendered, and of that what was on the page. */
    views,
    pages,
    now: () => rendered.result.current,
    unmount: rendered.unmount,
    /** Renders again with these options. */
    show: async (options: Options, to: Props['url'] = at) => {
      rendered.rerender({ url: to, options })
      await settle()
    },
    /** Sends text over the newest connection. */
    send: async (text: string) => {
      await settle()
      script.last().send(text)
      await settle()
    },
    end: async () => {
      script.last().end()
      await settle()
    },
  }
}

export const dataOf = ({ events }: { readonly events: readonly StreamEvent[] }) =>
  events.map(({ data }) => data)
