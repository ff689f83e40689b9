const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** A new random id: 20 characters, 100 bits, safe in URLs, file names and scopes (ENT-3). */
export function newId(): string {
  let id = ''
  for (const byte of crypto.getRandomValues(new Uint8Array(20))) id += alphabet.charAt(byte & 31)
  return id
}
