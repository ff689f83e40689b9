import type { DraftKind, Email, ToDoList } from './drafts.ts'
import type { Line } from './script.ts'

/** What the scripted model says when it writes a draft: one turn of JSON. */
export function draftLines(topic: string, kind: DraftKind, breaks: boolean): Line[] {
  const text = kind === 'email' ? toText(emailAbout(topic)) : toText(list)
  const afterMs = kind === 'email' ? 700 : 1100
  if (kind === 'email' || !breaks) return [{ afterMs, says: text }]
  return [{ afterMs, says: text.slice(0, text.length * 0.63), breaks: 'The provider closed the connection.' }]
}

/** With spaces between the tokens, so that it comes in small pieces. */
function toText(value: unknown): string {
  return JSON.stringify(value, undefined, 1).replaceAll(/\n */g, ' ')
}

function emailAbout(topic: string): Email {
  return {
    to: [
      { name: 'Ann Berger', address: 'ann@example.com' },
      { name: 'Bo Lindqvist', address: 'bo@example.com' },
      { name: 'Chidi Okoye', address: 'chidi@example.com' },
    ],
    subject: `${topic}: are you in?`,
    tone: 'warm, with a wink',
    paragraphs: [
      'Dear all,',
      `There is an idea I cannot get out of my head: “${topic}”. I gave it an evening, and it turns out to be easier than I thought, cheaper than I feared, and much nicer with the three of you.`,
      'Two weekends would work, the second and the last of next month. Nothing is booked. I would rather hear first what you would not want to miss, and what you would gladly do without.',
      'If you say yes by Thursday, the list that comes with this letter says who does what. If you say no, I shall be brave about it and send you postcards.',
      'Yours, Dana',
    ],
  }
}

const list: ToDoList = {
  title: 'Before we can go',
  items: [
    {
      what: 'Agree on a weekend',
      who: 'Everyone',
      due: 'Thursday',
      why: 'All the rest waits for this one.',
    },
    {
      what: 'Compare three offers',
      who: 'Ann',
      due: 'Friday',
      why: 'The cheapest is seldom the one with the good breakfast.',
    },
    {
      what: 'Book four places',
      who: 'Dana',
      due: 'Saturday',
      why: 'Two at the window, and two for those who would rather sleep.',
    },
    {
      what: 'Ask the neighbour about the cat',
      who: 'Bo',
      due: 'Sunday',
      why: 'She said yes the last time, and so did the cat.',
    },
    {
      what: 'Look at passports and cards',
      who: 'Everyone',
      due: 'Monday',
      why: 'There is always one that has run out, and it is never the same.',
    },
    {
      what: 'Pack a book and a torch',
      who: 'Chidi',
      due: 'The day before',
      why: 'The lights go out long before the talk does.',
    },
  ],
}
