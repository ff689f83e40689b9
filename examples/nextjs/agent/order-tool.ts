import { approvalMiddleware } from '@crux/ai'
import type { TaskListHandle } from '@crux/core'
import { tool } from 'ai'
import { z } from 'zod'

/** What somebody has to agree to before it is done: it costs money. */
export const purchases = approvalMiddleware({ id: 'purchases', match: ['orderSource'] })

// On globalThis, because each route is a bundle of its own, and no two orders may have one number.
const shared: { cruxExampleOrders?: number } & typeof globalThis = globalThis

/** Orders a source from a shop that is made up, and notes the order at the task: what was ordered twice is there twice. */
export function orderTool(list: TaskListHandle, taskId: string) {
  return tool({
    description: 'Orders a source that costs money. A person is asked first, and may decline.',
    inputSchema: z.object({
      title: z.string().max(200),
      from: z.string().max(100).describe('Who sells it'),
      price: z.string().max(20).describe('With the currency, such as "€18"'),
    }),
    execute: async ({ title }) => {
      const number = (shared.cruxExampleOrders ??= 1000) + 1
      shared.cruxExampleOrders = number
      await list.updateTask(taskId, { metadata: { [`order-${number}`]: title } })
      return { order: number, title, says: 'Delivered. It disagrees, with good reasons and better data.' }
    },
  })
}
