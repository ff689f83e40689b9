// @vitest-environment node
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { CruxProvider, usePlan } from '@crux/react'
import * as reactServer from '@crux/react/server'
import { cruxSSEHandler } from '@crux/server'
import { Suspense } from 'react'
import { renderToPipeableStream, renderToString } from 'react-dom/server'
import { expect, test } from 'vitest'
import { aPlan } from './entities.ts'
import { createManualTransport } from './manual-transport.ts'
import { planPart } from './parts.ts'

const Title = () => <h1>{usePlan('p')?.title}</h1>

test('RCT-4 requests that share a transport at module level never share a state', () => {
  const transport = createManualTransport()
  const renderFor = (title: string) =>
    renderToString(
      <CruxProvider
        transport={transport}
        initialState={{ parts: [planPart(aPlan('p', { title }))], isReady: true }}
      >
        <Title />
      </CruxProvider>,
    )
  expect(renderFor('Ada’s')).toBe('<h1>Ada’s</h1>')
  expect(renderFor('Grace’s')).toBe('<h1>Grace’s</h1>')
  expect(transport.connects).toBe(0)
})

test('RCT-5 it loads and renders where there is neither a DOM nor an EventSource', () => {
  expect([typeof document, typeof window]).toEqual(['undefined', 'undefined'])
  const html = renderToString(
    <CruxProvider transport={createManualTransport()}>
      <Title />
    </CruxProvider>,
  )
  expect(html).toBe('<h1></h1>')
})

test('RCT-2 a suspending hook does not make a stream from the server wait', async () => {
  const Suspending = () => <h1>{usePlan('p', { suspense: true })?.title}</h1>
  const errors: unknown[] = []
  const transport = createManualTransport()
  const body = new PassThrough()
  const { pipe } = renderToPipeableStream(
    <CruxProvider transport={transport}>
      <Suspense fallback={<i>waiting</i>}>
        <Suspending />
      </Suspense>
    </CruxProvider>,
    { onError: (error) => void errors.push(error) },
  )
  pipe(body)
  expect(await text(body)).toContain('<i>waiting</i>')
  expect(errors).toEqual([
    expect.objectContaining({
      message: expect.stringContaining('plan p'),
      digest: 'BAILOUT_TO_CLIENT_SIDE_RENDERING',
    }),
  ])
  expect(transport.connects).toBe(0)
})

test('@crux/react/server is the handler of @crux/server and nothing else', () => {
  expect({ ...reactServer }).toEqual({ cruxSSEHandler })
})
