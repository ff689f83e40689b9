import { act } from '@testing-library/react'

const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve))

/** Makes something happen and waits until it is on the page: a change soon after another one waits for its frame. */
export async function change(make: () => void): Promise<void> {
  await act(async () => {
    make()
    // One for what waits, one until the client is quiet again.
    await nextFrame()
    await nextFrame()
  })
}
