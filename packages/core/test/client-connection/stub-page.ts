import { vi } from 'vitest'

/** A window and a document that count their listeners; `vi.unstubAllGlobals()` takes them away. */
export function stubPage() {
  let listeners = 0
  class Counted extends EventTarget {
    override addEventListener(...args: Parameters<EventTarget['addEventListener']>) {
      listeners++
      super.addEventListener(...args)
    }
    override removeEventListener(...args: Parameters<EventTarget['removeEventListener']>) {
      listeners--
      super.removeEventListener(...args)
    }
  }
  const window = new Counted()
  const document = Object.assign(new Counted(), { visibilityState: 'hidden' })
  vi.stubGlobal('addEventListener', window.addEventListener.bind(window))
  vi.stubGlobal('removeEventListener', window.removeEventListener.bind(window))
  vi.stubGlobal('document', document)
  return {
    online: () => window.dispatchEvent(new Event('online')),
    see(visibilityState: string) {
      document.visibilityState = visibilityState
      document.dispatchEvent(new Event('visibilitychange'))
    },
    listeners: () => listeners,
  }
}
