import { TASK_PLAN_TOOL_KEY } from './tool-name.ts'

/**
 * Text for the system prompt of an agent that has the plan tool (INJ-92). Nothing adds it by itself. `maxSteps` is how
 * many steps the agent is asked to announce at most, 5 by default.
 *
 * @example
 * const system = [prompt, taskPlanInstructions()].join('\n\n')
 */
export function taskPlanInstructions({ maxSteps = 5 }: { readonly maxSteps?: number } = {}): string {
  return [
    `Before you use tools, announce 2 to ${maxSteps} steps with ${TASK_PLAN_TOOL_KEY}, so that the user sees what you do.`,
    'Name the tool of a step in toolName when you know it.',
    'Call it again with all steps when the plan changes, and when a step without a tool is finished, with its state.',
    'Labels say what is done, never how you think. Make no step of the final answer.',
    'Announce nothing for questions that need no tool.',
  ].join('\n')
}
