import { createElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import { Markdown } from '../components/markdown.tsx'

test('a plan is shown with the Markdown that models write, and nothing of it becomes HTML', () => {
  const text = `## Goal
Know **why**, and
\`how\`.

Steps:
1. First

2. Second
- <b>bold?</b>
# 2 * 3 ** 4`
  expect(renderToStaticMarkup(createElement(Markdown, { text }))).toBe(
    '<h3>Goal</h3><p>Know <strong>why</strong>, and <code>how</code>.</p><p>Steps:</p>' +
      '<ol><li>First</li><li>Second</li></ol><ul><li>&lt;b&gt;bold?&lt;/b&gt;</li></ul><h3>2 * 3 ** 4</h3>',
  )
})
