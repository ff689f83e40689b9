import { dottedPath, type SchemaIssue } from '../schema-issues.ts'

const maxIssues = 20
const maxIssueLength = 200

interface CorrectiveTurn {
  readonly role: 'user'
  readonly content: string
}

/**
 * The one turn that tells a model what was wrong with its answer (AI-34, AI-35): each issue as `path: message`, at most
 * 20 of them, each cut at 200 characters; or the feedback of every constraint that fails.
 */
export function correctiveTurn(
  wrong:
    | { readonly issues: readonly SchemaIssue[] }
    | { readonly constraints: readonly { readonly name: string; readonly feedback?: string | undefined }[] },
): CorrectiveTurn {
  if ('issues' in wrong) {
    const lines = wrong.issues.slice(0, maxIssues).map(issueLine)
    return turn('Your last answer does not match the required format:', lines)
  }
  const lines = wrong.constraints.map(({ name, feedback }) => `[${name}]: ${feedback ?? 'not met'}`)
  return turn('Your last answer does not meet these requirements:', lines)
}

function issueLine({ path, message }: SchemaIssue): string {
  const line = path.length === 0 ? message : `${dottedPath(path)}: ${message}`
  return line.length > maxIssueLength ? `${line.slice(0, maxIssueLength - 1)}…` : line
}

function turn(opening: string, lines: readonly string[]): CorrectiveTurn {
  return { role: 'user', content: [opening, ...lines, 'Give the whole corrected answer.'].join('\n') }
}
