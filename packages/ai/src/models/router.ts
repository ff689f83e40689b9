import type { LanguageModel } from 'ai'
import { isRecord } from '../is-record.ts'
import { misuse, shown } from '../misuse.ts'
import { isCascade, type Cascade } from './cascade.ts'
import { isLanguageModel, modelIdOf } from './language-model.ts'

/** What can be asked for an answer: a model, string id or `fallback()`, a `router()` or a `cascade()`. */
export type ModelSource = LanguageModel | Router | Cascade

interface Plan {
  // A method, because the types of input and hints are the caller's business.
  classify(input: unknown, hints: unknown): unknown
  readonly routes: ReadonlyMap<string, ModelSource>
  readonly fallbackRoute: ModelSource
  readonly selected?: string
  readonly hints?: unknown
}

const brand: unique symbol = Symbol('crux.router')

/** Chooses a model by the input of a call. Made by `router()`. */
export interface Router {
  readonly [brand]: Plan
}

/** A router that knows the keys of its routes. */
export interface KeyedRouter<Key extends string = string> extends Router {
  /** A router that takes this route, without asking `classify`. */
  readonly select: (key: Key) => KeyedRouter<Key>
}

/** A router whose `classify` takes hints. */
export interface HintedRouter<Hints, Key extends string = string> extends Router {
  /** A router that takes this route, without asking `classify`. */
  readonly select: (key: Key) => HintedRouter<Hints, Key>
  /** A router that hands these to `classify`: what the program knows and the input does not say. */
  readonly with: (hints: Hints) => HintedRouter<Hints, Key>
}

/** What a router did, for `_meta.router`. */
export interface RouterMeta {
  /** What `classify` gave, or the key that was selected. */
  readonly classifiedAs: string
  /** Id of the model that the call goes to, or `cascade`. */
  readonly selectedModel: string
  readonly availableRoutes: readonly string[]
  readonly hints: unknown
  /** True behind `select`. */
  readonly overridden: boolean
}

type RouterOf<Hints, Key extends string> = [Hints] extends [never]
  ? KeyedRouter<Key>
  : HintedRouter<Hints, Key>

interface RouterOptions<Input, Hints, Routes> {
  /**
   * Gives the key of a route, for the validated input. Any other value takes `default`. What it throws ends the call.
   * Without `.with`, there are no hints.
   */
  readonly classify: (input: Input, hints?: Hints) => string | Promise<string>
  /** A model each; `default` is required. Any of them may be a `fallback()`, `cascade()` or another router. */
  readonly routes: Routes
}

/**
 * A model that is chosen anew for each call (AI-43): short questions to the small one, code to the one that knows it.
 * It is asked once a call, behind validation of the input and input guardrails, and may itself ask a model.
 *
 * Only own keys of `routes` count: an unknown or inherited key takes `default`. The router is frozen; `.select(key)` and
 * `.with(hints)` give new ones. `.with` is there for a `classify` with a second parameter.
 *
 * Throws `CruxAIError` code `usage` if `default` is missing or a route is no model.
 *
 * @example
 * const model = router({
 *   classify: (input: { question: string }, hints?: { premium: boolean }) =>
 *     hints?.premium || input.question.length > 500 ? 'large' : 'default',
 *   routes: { default: small, large },
 * })
 * await generate(answer, { model: model.with({ premium: true }), input })
 */
export function router<
  Input,
  Routes extends { readonly default: ModelSource; readonly [key: string]: ModelSource },
  Hints = never,
>(options: RouterOptions<Input, Hints, Routes>): RouterOf<Hints, keyof Routes & string>
export function router({ classify, routes }: RouterOptions<unknown, unknown, unknown>): KeyedRouter {
  if (typeof classify !== 'function') {
    throw misuse('router', `classify must be a function, got ${shown(classify)}`)
  }
  if (typeof routes !== 'object' || routes === null || !Object.hasOwn(routes, 'default')) {
    throw misuse('router', 'routes.default is missing')
  }
  const known = new Map(Object.entries(routes).map(([key, route]) => [key, checkRoute(key, route)]))
  const fallbackRoute = known.get('default') ?? checkRoute('default', undefined)
  return routerOf({ classify, routes: known, fallbackRoute })
}

function routerOf(plan: Plan): HintedRouter<unknown> {
  return Object.freeze({
    [brand]: plan,
    select: (key: string) => routerOf({ ...plan, selected: key }),
    with: (hints: unknown) => routerOf({ ...plan, hints }),
  })
}

function checkRoute(key: string, route: unknown): ModelSource {
  if (isModelSource(route)) return route
  throw misuse(
    'router',
    `routes.${key} must be a LanguageModel, fallback(), router() or cascade(), got ${shown(route)}`,
  )
}

/** True for what `router()` made. */
export function isRouter(value: unknown): value is Router {
  return isRecord(value) && brand in value
}

/** True for everything that `model` of a call may be. */
export function isModelSource(value: unknown): value is ModelSource {
  return isLanguageModel(value) || isRouter(value) || isCascade(value)
}

/**
 * Follows routers down to the model or cascade that runs. `meta` is that of the outermost router; without one there is
 * none. Rejects with what a `classify` throws.
 */
export async function route(
  source: ModelSource,
  input: unknown,
): Promise<{ readonly target: LanguageModel | Cascade; readonly meta?: RouterMeta }> {
  if (!isRouter(source)) return { target: source }
  const plan = source[brand]
  const answer = plan.selected ?? (await plan.classify(input, plan.hints))
  const classifiedAs = typeof answer === 'string' ? answer : 'default'
  const { target } = await route(plan.routes.get(classifiedAs) ?? plan.fallbackRoute, input)
  return {
    target,
    meta: {
      classifiedAs,
      selectedModel: isCascade(target) ? 'cascade' : modelIdOf(target),
      availableRoutes: [...plan.routes.keys()],
      hints: plan.hints,
      overridden: plan.selected !== undefined,
    },
  }
}
