import { oneLine } from '../commands/agent-context.ts'
import type { Plan } from '../entities/plan.ts'

/** A plan as text for a model (PLAN-7). */
export function renderPlan({ title, version, content }: Plan, form: 'full' | 'reference'): string {
  const heading = `## Plan: ${oneLine(title)} (version ${version})`
  const body = form === 'full' ? content.trim() : 'Call getPlan to read it.'
  return body === '' ? heading : `${heading}\n\n${body}`
}
