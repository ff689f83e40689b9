/** Query parameters to add to a URL; `null` and `undefined` are left out. */
export type QueryInit =
  | URLSearchParams
  | Readonly<Record<string, string | number | boolean | null | undefined>>

/**
 * The URL as text, without its fragment, with these parameters: each replaces those of its name that the URL has, and
 * the others stay. Works on relative URLs too.
 */
export function withQuery(url: string | URL, query: QueryInit = {}): string {
  const text = String(url).replace(/#.*$/s, '')
  const added =
    query instanceof URLSearchParams ? [...query] : Object.entries(query).filter(([, value]) => value != null)
  if (added.length === 0) return text
  const path = text.replace(/\?.*$/s, '')
  const params = new URLSearchParams(text.slice(path.length))
  for (const [name] of added) params.delete(name)
  for (const [name, value] of added) params.append(name, String(value))
  return `${path}?${params}`
}
