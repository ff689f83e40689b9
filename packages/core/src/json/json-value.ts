/** A value that JSON can carry. `undefined` is allowed as an object's value and is left out. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject

/** An object that JSON can carry. */
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined
}
