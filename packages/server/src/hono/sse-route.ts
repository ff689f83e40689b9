import type { Env, Hono, Input, MiddlewareHandler } from 'hono'
import type { SseStart } from './sse-start.ts'

/** What middleware without a type of its own knows is `any`, and must not make everything else `any`. */
type Known<T> = 0 extends 1 & T ? {} : T

type All<T extends readonly unknown[]> = T extends readonly [infer Head, ...infer Rest]
  ? Known<Head> & All<Rest>
  : {}

// oxlint-disable typescript/no-explicit-any -- `any` stands for what is inferred, or not asked for.
type EnvOf<M> = M extends MiddlewareHandler<infer E, any, any> ? E : {}
type InputOf<M> = M extends MiddlewareHandler<any, any, infer I> ? I : {}
type EnvsOf<M extends readonly unknown[]> = { readonly [K in keyof M]: EnvOf<M[K]> }
type InputsOf<M extends readonly unknown[]> = { readonly [K in keyof M]: InputOf<M[K]> }

/**
 * Adds a route of events to its router, and gives the router. `c` knows the parameters of the path, the variables of
 * each middleware before it and what validators have let through. Middleware that is written in place knows of those
 * before it where there are at most four.
 */
export interface SseRoute<E extends Env> {
  <P extends string>(path: P, start: SseStart<E, P>): SseRouter<E>
  <P extends string, E1 extends Env = E, I1 extends Input = {}>(
    path: P,
    first: MiddlewareHandler<E1, NoInfer<P>, I1>,
    start: SseStart<All<[E, E1]>, NoInfer<P>, I1>,
  ): SseRouter<E>
  <
    P extends string,
    E1 extends Env = E,
    I1 extends Input = {},
    E2 extends Env = All<[E, E1]>,
    I2 extends Input = I1,
  >(
    path: P,
    first: MiddlewareHandler<E1, NoInfer<P>, I1>,
    second: MiddlewareHandler<E2, NoInfer<P>, I2>,
    start: SseStart<All<[E, E1, E2]>, NoInfer<P>, All<[I1, I2]>>,
  ): SseRouter<E>
  <
    P extends string,
    E1 extends Env = E,
    I1 extends Input = {},
    E2 extends Env = All<[E, E1]>,
    I2 extends Input = I1,
    E3 extends Env = All<[E, E1, E2]>,
    I3 extends Input = All<[I1, I2]>,
  >(
    path: P,
    first: MiddlewareHandler<E1, NoInfer<P>, I1>,
    second: MiddlewareHandler<E2, NoInfer<P>, I2>,
    third: MiddlewareHandler<E3, NoInfer<P>, I3>,
    start: SseStart<All<[E, E1, E2, E3]>, NoInfer<P>, All<[I1, I2, I3]>>,
  ): SseRouter<E>
  <
    P extends string,
    E1 extends Env = E,
    I1 extends Input = {},
    E2 extends Env = All<[E, E1]>,
    I2 extends Input = I1,
    E3 extends Env = All<[E, E1, E2]>,
    I3 extends Input = All<[I1, I2]>,
    E4 extends Env = All<[E, E1, E2, E3]>,
    I4 extends Input = All<[I1, I2, I3]>,
  >(
    path: P,
    first: MiddlewareHandler<E1, NoInfer<P>, I1>,
    second: MiddlewareHandler<E2, NoInfer<P>, I2>,
    third: MiddlewareHandler<E3, NoInfer<P>, I3>,
    fourth: MiddlewareHandler<E4, NoInfer<P>, I4>,
    start: SseStart<All<[E, E1, E2, E3, E4]>, NoInfer<P>, All<[I1, I2, I3, I4]>>,
  ): SseRouter<E>
  <P extends string, M extends MiddlewareHandler<any, NoInfer<P>, any>[]>(
    path: P,
    ...handlers: [...middleware: M, start: SseStart<E & All<EnvsOf<M>>, P, All<InputsOf<M>>>]
  ): SseRouter<E>
}

/** A `Hono` that has routes of events beside its others. */
export type SseRouter<E extends Env> = Hono<E> & { readonly sse: SseRoute<E> }
