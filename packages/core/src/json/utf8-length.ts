/** How many bytes a text takes in UTF-8; a lone surrogate counts as the three bytes of U+FFFD. */
export function utf8Length(text: string): number {
  return new TextEncoder().encode(text).byteLength
}
