export { deepFreeze } from './deep-freeze.ts'
export { encodeJson } from './encode-json.ts'
export type { JsonObject, JsonValue } from './json-value.ts'
export { utf8Length } from './utf8-length.ts'
