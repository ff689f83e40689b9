import { isStepCount } from 'ai'
import type { Cue } from './script.ts'

/** What every conversation with the model has in common: how long it may get, and the scripted model's cue. */
export function conversation(scene: Cue['scene'], topic: string) {
  return {
    stopWhen: isStepCount(20),
    // Only the scripted model reads this; real providers do not know the name.
    providerOptions: { scripted: { topic, scene } },
  }
}
