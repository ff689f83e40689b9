import type { Plan, Task, TaskList, TaskStatus } from '@crux/core'
import type { CruxClient, CruxTransport, TaskNode } from '@crux/core/client'
import type { PlanHandle } from '@crux/core/plan'
import type { TaskListHandle } from '@crux/core/tasks'
import {
  CruxProvider,
  useCruxConnection,
  usePlan,
  usePlans,
  useTask,
  useTaskIds,
  useTaskList,
  useTaskListProgress,
  useTaskLists,
  useTasks,
  type TaskListProgress,
} from '@crux/react'
import { expectTypeOf } from 'vitest'

declare const id: string
declare const maybe: string | undefined
declare const found: TaskList | null | undefined
declare const plan: PlanHandle
declare const list: TaskListHandle
declare const transport: CruxTransport
declare const client: CruxClient

export function useTypes() {
  // A value, `null` for absent, `undefined` for loading.
  expectTypeOf(usePlan(id)).toEqualTypeOf<Plan | null | undefined>()
  expectTypeOf(useTaskList(id)).toEqualTypeOf<TaskList | null | undefined>()
  expectTypeOf(useTaskList({ planId: id })).toEqualTypeOf<TaskList | null | undefined>()
  expectTypeOf(useTasks(id)).toEqualTypeOf<readonly Task[] | null | undefined>()
  expectTypeOf(useTasks(id, { tree: true })).toEqualTypeOf<readonly TaskNode[] | null | undefined>()
  expectTypeOf(useTaskIds(id)).toEqualTypeOf<readonly string[] | null | undefined>()
  expectTypeOf(useTask(id, id)).toEqualTypeOf<Task | null | undefined>()
  expectTypeOf(useTaskListProgress(id)).toEqualTypeOf<TaskListProgress | null | undefined>()

  // What may be empty is never `null`.
  expectTypeOf(usePlans()).toEqualTypeOf<readonly Plan[] | undefined>()
  expectTypeOf(usePlans({ includeDiscarded: true })).toEqualTypeOf<readonly Plan[] | undefined>()
  expectTypeOf(useTaskLists({ planId: id })).toEqualTypeOf<readonly TaskList[] | undefined>()

  // Handles, entities, and nothing yet.
  expectTypeOf(usePlan(plan)).toEqualTypeOf<Plan | null | undefined>()
  expectTypeOf(useTasks(list)).toEqualTypeOf<readonly Task[] | null | undefined>()
  expectTypeOf(useTaskList({ planId: plan })).toEqualTypeOf<TaskList | null | undefined>()
  expectTypeOf(useTask(maybe, maybe)).toEqualTypeOf<Task | null | undefined>()

  // What another hook gave, as it is.
  expectTypeOf(useTasks(found)).toEqualTypeOf<readonly Task[] | null | undefined>()
  expectTypeOf(useTasks(found, { suspense: true })).toEqualTypeOf<readonly Task[] | null | undefined>()

  // A selection takes the place of the value.
  expectTypeOf(useTask(id, id, { select: (task) => task.status })).toEqualTypeOf<
    TaskStatus | null | undefined
  >()
  expectTypeOf(usePlans({ select: (plans) => plans.length })).toEqualTypeOf<number | undefined>()
  expectTypeOf(useTasks(id, { tree: true, select: (nodes) => nodes[0]?.children.length ?? 0 })).toEqualTypeOf<
    number | null | undefined
  >()
  expectTypeOf(
    usePlan(id, { select: ({ title }) => ({ title }), isEqual: (a, b) => a.title === b.title }),
  ).toEqualTypeOf<{ title: string } | null | undefined>()

  // Suspending, it is never loading; it may still be skipped where the id may be missing.
  expectTypeOf(usePlan(id, { suspense: true })).toEqualTypeOf<Plan | null>()
  expectTypeOf(usePlan(maybe, { suspense: true })).toEqualTypeOf<Plan | null | undefined>()
  expectTypeOf(usePlan(plan, { suspense: true })).toEqualTypeOf<Plan | null>()
  expectTypeOf(usePlans({ suspense: true })).toEqualTypeOf<readonly Plan[]>()
  expectTypeOf(useTaskList({ planId: id }, { suspense: true })).toEqualTypeOf<TaskList | null>()
  expectTypeOf(useTaskList({ planId: maybe }, { suspense: true })).toEqualTypeOf<
    TaskList | null | undefined
  >()
  expectTypeOf(useTaskLists({ planId: id }, { suspense: true })).toEqualTypeOf<readonly TaskList[]>()
  expectTypeOf(useTask(id, id, { suspense: true })).toEqualTypeOf<Task | null>()
  expectTypeOf(useTask(id, maybe, { suspense: true })).toEqualTypeOf<Task | null | undefined>()
  expectTypeOf(useTasks(id, { suspense: true, tree: true })).toEqualTypeOf<readonly TaskNode[] | null>()
  expectTypeOf(useTask(id, id, { suspense: true, select: ({ label }) => label })).toEqualTypeOf<
    string | null
  >()

  expectTypeOf(useCruxConnection().retry).toEqualTypeOf<() => void>()
}

export function useWrongly() {
  // @ts-expect-error a number is no id
  usePlan(5)
  // @ts-expect-error a plan has no status
  usePlan(id, { select: (value) => value.status })
  const compareNumbers = (previous: number, next: number) => previous === next
  // @ts-expect-error isEqual compares selections
  usePlan(id, { select: ({ title }) => title, isEqual: compareNumbers })
}

// @ts-expect-error a provider needs a transport or a client
void (<CruxProvider />)
// @ts-expect-error and not both
void (<CruxProvider transport={transport} client={client} />)
// @ts-expect-error a client has its own initialState
void (<CruxProvider client={client} initialState={{ parts: [], isReady: true }} />)
