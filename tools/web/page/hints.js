// The hints of a chapter. Those of later stages are out of sight until it is their turn, and the next one is none of a
// stage that is done, as on the terminal (tools/tutor/commands/hint.cpp).
import { button, element } from './dom.js';

const hints = [...document.querySelectorAll('details.hint')];
const stageOf = (hint) => Number(hint.dataset.stage);
let at = 0; // the stage that is to be done; 0: the lesson has none, or all is done
let more = null; // shows those that are out of sight

// `count` is called with each hint that is opened.
export function setUpHints(count) {
  for (const hint of hints) hint.addEventListener('toggle', () => { if (hint.open) count(hint); });
}

export function showHintsOf(stage) {
  if (stage === at) return;
  at = stage;
  more?.remove();
  for (const hint of hints) hint.hidden = at > 0 && stageOf(hint) > at && !hint.open;
  const hidden = hints.filter((hint) => hint.hidden);
  if (hidden.length === 0) return;
  more = element('p', {}, button(`${hidden.length} ${hidden.length === 1 ? 'hint' : 'hints'} of later stages`, () => {
    for (const hint of hidden) hint.hidden = false;
    more.remove();
    hidden[0].querySelector('summary').focus();
  }));
  hidden[0].before(more);
}

// Opens one more; says what there is to say.
export function openNextHint() {
  const left = hints.filter((hint) => !hint.open && (stageOf(hint) === 0 || stageOf(hint) >= at));
  const next = left[0] ?? hints.at(-1);
  if (!next) return 'This chapter has no hints.';
  next.open = true;
  next.hidden = false;
  next.scrollIntoView({ block: 'center' });
  next.querySelector('summary').focus({ preventScroll: true });
  return left.length === 0 ? 'That was the last hint. The difference to the solution says all.' : '';
}

// After the last one of a stage.
export function whatComesAfter(hint) {
  const next = hints[hints.indexOf(hint) + 1];
  const ends = stageOf(hint) > 0 && next && stageOf(next) > stageOf(hint);
  return ends ? `That was the last hint of stage ${stageOf(hint)}. The next is of stage ${stageOf(next)}.` : '';
}
