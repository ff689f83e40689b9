import { anthropic } from '@ai-sdk/anthropic'
import { openai } from '@ai-sdk/openai'
import type { LanguageModel } from 'ai'
import { scriptedModel } from './scripted-model.ts'

/** A real model if the environment has a key for one, else the scripted one, which needs no network. */
export function chooseModel(): LanguageModel {
  const { OPENAI_API_KEY, OPENAI_MODEL, ANTHROPIC_API_KEY, ANTHROPIC_MODEL } = process.env
  if (OPENAI_API_KEY) return openai(OPENAI_MODEL ?? 'gpt-5.4-mini')
  if (ANTHROPIC_API_KEY) return anthropic(ANTHROPIC_MODEL ?? 'claude-haiku-4-5')
  return scriptedModel()
}
