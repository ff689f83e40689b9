import { expect } from 'vitest'
import { readAll, test } from '../support/sse-test.ts'

test('SSE-14 SSE-16 SSE-19 SSE-23 the first comment, events in their order, and the end', async ({
  makeSse,
}) => {
  const route = makeSse(async (stream) => {
    await stream.writeSSE({ event: 'row', id: '12', retry: 3000, data: { n: 1 } })
    await stream.write('two\r\nlines')
  })
  expect(await readAll(route)).toMatchInlineSnapshot(`
    ":

    event: row
    id: 12
    retry: 3000
    data: {"n":1}

    data: two
    data: lines

    event: end
    id: sse:end
    data: {"reason":"complete"}

    "
  `)
})
