// The server's half
export { createCruxStreamWriter, createCruxUIMessageStream } from '@crux/server'
export type {
  CruxPartOptions,
  CruxStreamWriter,
  CruxStreamWriterOptions,
  CruxUIMessageStreamOptions,
  CruxUIMessageStreamWriter,
  UIMessageStreamWriterLike,
} from '@crux/server'

// The browser's half
export { createStreamTransport } from '@crux/core/client'
export type { StreamTransport } from '@crux/core/client'
