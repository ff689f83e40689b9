import type { CruxClientView } from '@crux/core/client'
import { absent, type Source } from './source.ts'

/** What is read of the tasks of a list: `null` if there is no such list, empty if it has no tasks. */
export function tasksSource<T extends readonly unknown[]>(
  listId: string,
  read: (view: CruxClientView) => T,
): Source<T> {
  return {
    name: `tasks of ${listId}`,
    read: (view) => {
      const found = read(view)
      return found.length > 0 || view.getTaskList(listId) ? found : absent(view)
    },
  }
}
