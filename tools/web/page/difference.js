// From the learner's files to the solution's, as diff -u has it.
import { element, openDialog } from './dom.js';

function kindOf(line) {
  if (line.startsWith('--- ') || line.startsWith('+++ ')) return 'head';
  if (line.startsWith('@@')) return 'place';
  if (line.startsWith('+')) return 'plus';
  return line.startsWith('-') ? 'minus' : 'same';
}

export function showDifference(lesson, text) {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  openDialog('From your files to the solution’s', text === ''
    ? element('p', {}, `lessons/${lesson} and solutions/${lesson} are the same.`)
    : element('pre', { class: 'difference', tabindex: '0' },
      lines.map((line) => element('span', { class: kindOf(line) }, `${line}\n`))));
}
