import type { Plan } from '@crux/core'
import { useMemo } from 'react'
import { idOf, type HookOptions, type Pending, type Ref } from './hook-types.ts'
import { absent, type Source } from './source.ts'
import { useSource } from './use-source.ts'

/**
 * A plan, by id or handle, or what `select` picks of it. `undefined` while loading or skipped, `null` if there is no
 * such plan (RCT-1). A discarded plan is given with its `discardedAt`.
 */
export function usePlan<Target extends Ref | null | undefined, S = Plan, Suspense extends boolean = false>(
  plan: Target,
  options?: HookOptions<Plan, S, Suspense>,
): S | null | Pending<Target, Suspense>
export function usePlan<S>(
  plan: Ref | null | undefined,
  options?: HookOptions<Plan, S>,
): S | null | undefined {
  const id = idOf(plan)
  return useSource(
    useMemo(() => (id === undefined ? undefined : planSource(id)), [id]),
    options,
  )
}

const planSource = (id: string): Source<Plan> => ({
  name: `plan ${id}`,
  read: (view) => view.getPlan(id) ?? absent(view),
})
