import type { Plan } from '@crux/core'
import { useMemo } from 'react'
import type { HookOptions, Pending } from './hook-types.ts'
import { isComplete, type Source } from './source.ts'
import { useSource } from './use-source.ts'

/** Which plans `usePlans` gives. */
export interface PlansFilter {
  /** Default false. */
  readonly includeDiscarded?: boolean
}

/**
 * The plans the client may see, newest first. `undefined` while loading; never `null`: no plans are an empty array.
 */
export function usePlans<S = readonly Plan[], Suspense extends boolean = false>(
  filter?: PlansFilter & HookOptions<readonly Plan[], S, Suspense>,
): S | Pending<string, Suspense>
export function usePlans<S>({
  includeDiscarded = false,
  ...options
}: PlansFilter & HookOptions<readonly Plan[], S> = {}): S | null | undefined {
  return useSource(
    useMemo(() => plansSource(includeDiscarded), [includeDiscarded]),
    options,
  )
}

const plansSource = (includeDiscarded: boolean): Source<readonly Plan[]> => ({
  name: includeDiscarded ? 'all plans' : 'plans',
  read: (view) => {
    const plans = view.getPlans({ includeDiscarded })
    return plans.length > 0 || isComplete(view) ? plans : undefined
  },
})
