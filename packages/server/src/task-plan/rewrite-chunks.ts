import type { TaskPlanChunk } from '@crux/core'
import { createHeldItems } from './held-items.ts'
import { createPlanSession } from './plan-session.ts'
import type { StreamRewriter } from './stream-rewriter.ts'
import type { TaskPlanOptions } from './task-plan-options.ts'
import type { TaskPlanStep } from './task-plan-step.ts'

/** Adds a plan to a stream of chunk objects. Throws for wrong options. */
export function rewriteChunks<C>(options: TaskPlanOptions): StreamRewriter<C, C | TaskPlanChunk> {
  const session = createPlanSession(options)
  const held = createHeldItems<C>()

  function putOut({ held: fate, before }: TaskPlanStep, out: (chunk: C | TaskPlanChunk) => void): void {
    if (fate) held.release(fate, out)
    before.forEach(out)
  }

  return {
    push(chunk, out) {
      const step = session.reduce(chunk)
      putOut(step, out)
      if (step.original === 'forward') out(chunk)
      else if (step.original === 'hold') held.hold(chunk, isStepChunk(chunk))
      step.after.forEach(out)
    },
    end: (out) => putOut(session.settle('closed'), out),
    fail: (out) => putOut(session.settle('failed'), out),
    cancel: () => {
      session.settle('cancelled')
      void session.finish()
    },
    flushed: session.finish,
  }
}

function isStepChunk(chunk: unknown): boolean {
  return typeof chunk === 'object' && chunk !== null && 'type' in chunk && chunk.type === 'finish-step'
}
