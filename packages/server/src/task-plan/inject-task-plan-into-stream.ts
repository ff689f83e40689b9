import { readThrough } from './read-through.ts'
import { rewriteBytes } from './rewrite-bytes.ts'
import type { TaskPlanOptions, TaskPlanSkipReason } from './task-plan-options.ts'

/** Headers that describe a body which is no longer the same. */
const bodyHeaders = [
  'content-length',
  'content-md5',
  'digest',
  'content-digest',
  'repr-digest',
  'etag',
  'accept-ranges',
]

/**
 * Adds a plan of the tool calls to a response that streams UI messages: the one-line form, for AI SDK 5, 6 and 7. What is
 * no such stream comes back as it is, the same object, and `onSkip` hears why (INJ-120). The plan is neither in the end
 * callback of the stream inside nor in its copies: to store or resume it, see `taskPlanTransform` and `consumeSseStream`.
 *
 * Throws for wrong options (`invalid-id`, `out-of-scope`, `invalid-value`), and `TypeError` for a response that was read
 * already.
 *
 * @example
 * return injectTaskPlanIntoStream(result.toUIMessageStreamResponse(), { initialMessages: messages })
 */
export function injectTaskPlanIntoStream(
  response: Response,
  planIdOrOptions: string | TaskPlanOptions = {},
): Response {
  const options = typeof planIdOrOptions === 'string' ? { planId: planIdOrOptions } : planIdOrOptions
  const rewriter = rewriteBytes(options)
  const { body } = response
  const skipped = skipReason(response)
  if (skipped || !body) {
    tell(() => options.onSkip?.(skipped ?? 'no-body'), options)
    return response
  }
  if (response.bodyUsed || body.locked) {
    throw new TypeError(
      'The body of this response was read or is locked: pass the response on before reading it.',
    )
  }

  const headers = new Headers(response.headers)
  for (const name of bodyHeaders) headers.delete(name)
  const { status, statusText } = response
  const stream = copyTo(readThrough(body, rewriter), options)
  return new Response(stream, { status, statusText, headers })
}

function skipReason({ ok, body, headers }: Response): TaskPlanSkipReason | undefined {
  if (!ok) return 'not-ok'
  if (!body) return 'no-body'
  const [mediaType = ''] = (headers.get('content-type') ?? '').split(';')
  if (mediaType.trim().toLowerCase() !== 'text/event-stream') return 'not-event-stream'
  const encoding = headers.get('content-encoding')?.trim().toLowerCase() ?? ''
  return encoding === '' || encoding === 'identity' ? undefined : 'content-encoding'
}

/** The stream, of which `consumeSseStream` gets a copy with the plan in it (INJ-123). */
function copyTo(stream: ReadableStream<Uint8Array>, options: TaskPlanOptions): ReadableStream<Uint8Array> {
  const { consumeSseStream } = options
  if (!consumeSseStream) return stream
  const [answer, copy] = stream.tee()
  // The type allows for bytes in shared memory; those of a body never are.
  const bytes = copy as ReadableStream<Uint8Array<ArrayBuffer>>
  const text = bytes.pipeThrough(new TextDecoderStream('utf-8', { ignoreBOM: true }))
  tell(() => consumeSseStream({ stream: text }), options)
  return answer
}

/** Runs user code that nobody waits for; what it throws or rejects with is reported. */
function tell(run: () => unknown, { onError }: TaskPlanOptions): void {
  void (async () => {
    try {
      await run()
    } catch (error) {
      onError?.(error)
    }
  })().catch(() => {})
}
