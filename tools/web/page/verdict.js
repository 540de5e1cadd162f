// The lesson's verdict beside its chapter: what is built, what is red and why, and what can be done. It is the round that
// the watch on a terminal shows, too (tools/tutor/watch/test_round.hpp).
import { button, element, openDialog } from './dom.js';
import { onKey } from './keys.js';
import { ask, attempt as attemptIn } from './live.js';
import { openNextHint, setUpHints, showHintsOf, whatComesAfter } from './hints.js';
import { showDifference } from './difference.js';
import { showTimeline, tellCompared } from './timeline.js';
import { linkPlaces } from './places.js';

const lesson = document.body.dataset.lesson;
const panel = document.getElementById('verdict');
const parts = {};
let state = null;
let ticking = null;
let wasGreen = null;
let unfolded = false;
let shown = '';

const words = {
  green: 'GREEN', red: 'RED', 'not built': 'NOT BUILT', stuck: 'STUCK',
};
const signs = { green: '✔', red: '✘', crashed: '✘', hung: '✘', waiting: '·', 'not run': '–' };

export function setUpLesson() {
  if (!panel) return;
  parts.line = element('p', { class: 'line' });
  parts.link = element('a', { id: 'verdict-link', href: '#verdict' });
  document.getElementById('keys-button').before(parts.link);
  parts.status = element('p', { class: 'hidden', role: 'status' });
  parts.bar = element('progress', { 'aria-label': 'Building and testing', hidden: true });
  parts.body = element('div', { class: 'body' });
  parts.note = element('p', { class: 'note', role: 'status' });
  parts.tests = element('section', { class: 'tests', 'aria-label': 'The tests' });
  parts.actions = element('div', { class: 'actions' },
    button('Hint', nextHint), button('Difference', showDiff), button('Test again', testAgain),
    button('Skip', skip), button('Reset', reset));
  panel.replaceChildren(element('h2', {}, 'Your lesson'), parts.line, parts.status, parts.bar, parts.note, parts.body,
    parts.tests, parts.actions);
  setUpHints(countHint);
  onKey('h', 'one more hint', nextHint);
  onKey('d', 'the difference to the solution', showDiff);
  onKey('b', 'build and test again', testAgain);
  onKey('o', 'the timeline of the first red test', () => state?.red?.timeline && timeline(state.red.name));
  onKey('v', 'to the verdict', () => panel.querySelector('button, a')?.focus());
  onKey('n', 'the next lesson', nextLesson);
  onKey('x', 'reset the lesson', reset);
  // A reader who opens a lesson wants it watched; a page that is only still open does not ask for it.
  attempt(() => ask('watch', { lesson }));
}

export function showState(news) {
  if (!panel) return;
  tellCompared(news.compared, () => ask('timeline', { solution: true }));
  const watched = news.watched;
  // What stands there already stays: it may have the focus, and the stage has news twice a second.
  const told = JSON.stringify([watched, news.lessons]);
  if (told === shown) return;
  shown = told;
  const own = news.lessons.find((each) => each.stem === lesson);
  if (own) {
    showWhy(own.done);
    showHintsOf(own.done || own.stages === 0 ? 0 : Math.max(own.stage, 1));
  }
  if (watched.stem !== lesson) return showOther(watched);
  state = { ...(watched.round.red || watched.round.over ? watched.round : watched.before ?? watched.round),
    next: watched.next, files: watched.files };
  showLine(watched.round);
  parts.actions.hidden = false;
  parts.body.replaceChildren(...bodyOf(watched));
  parts.body.classList.toggle('is-old', !watched.round.over && watched.before != null && !watched.round.red);
  parts.tests.replaceChildren(...testsOf(watched.round.tests.length ? watched.round : watched.before ?? watched.round));
  markSkip(own);
}

function showOther(watched) {
  stopTicking();
  parts.line.className = 'line';
  parts.line.textContent = `Another page has ${watched.name}, watched now.`;
  parts.bar.hidden = true;
  parts.tests.replaceChildren();
  parts.actions.hidden = true;
  parts.body.replaceChildren(element('p', {},
    button('Watch this lesson', () => attempt(() => ask('watch', { lesson })))));
}

function showLine(round) {
  parts.line.className = `line is-${(round.outcome || (round.red ? 'red' : 'busy')).replace(' ', '-')}`;
  if (round.over) {
    stopTicking();
    const time = `${round.seconds.toFixed(1)} s${round.after_save ? ' after you saved' : ''}`;
    const counted = round.outcome === 'green' || round.outcome === 'red' ? `${round.standing}, ` : '';
    parts.line.replaceChildren(element('strong', {}, words[round.outcome]), ` ${counted}${time}`);
    say(`${words[round.outcome]}. ${counted}`);
  } else {
    const since = () => `${Math.max(0, (Date.now() - round.began) / 1000).toFixed(1)} s`;
    const tick = () => parts.line.replaceChildren(
      ...(round.red ? [element('strong', {}, words.red), ' '] : []), `${round.doing} ${since()}`);
    stopTicking();
    tick();
    ticking = setInterval(tick, 100);
  }
  parts.link.textContent = round.over ? `${signs[round.outcome] ?? '✘'} ${words[round.outcome]}` : '…';
  parts.link.className = round.over ? (round.outcome === 'green' ? 'is-green' : 'is-bad') : '';
  parts.link.setAttribute('aria-label', `The verdict: ${round.over ? words[round.outcome] : 'building and testing'}`);
  parts.bar.hidden = round.over;
  const known = round.tests.filter((test) => test.state !== 'waiting').length;
  if (round.tests.length > 0) {
    parts.bar.max = round.tests.length;
    parts.bar.value = known;
  } else {
    parts.bar.removeAttribute('value');
  }
}

// For readers who hear the page: once for each verdict, and not each tenth of a second.
function say(text) {
  if (parts.status.textContent !== text) parts.status.textContent = text;
}

function stopTicking() {
  clearInterval(ticking);
}

function bodyOf(watched) {
  const round = watched.round;
  const shown = round.over || round.red ? round : watched.before ?? round;
  const body = [];
  if (!watched.there) {
    body.push(element('p', { class: 'trouble' },
      `The folder lessons/${watched.stem} is gone. Reset puts the starter there.`));
  }
  if (watched.remark) body.push(element('p', { class: 'remark' }, watched.remark));
  if (shown.trouble) body.push(element('p', { class: 'trouble' }, shown.trouble));
  if (shown.build) {
    body.push(element('h3', {}, shown.built ? 'What the compiler says' : 'It does not compile'),
      element('pre', { class: 'said', tabindex: '0' }, ...linkPlaces(shown.build)));
  }
  if (shown.red) body.push(...redOf(shown.red));
  if (shown.over && shown.outcome === 'green') {
    body.push(element('p', { class: 'done' }, 'Well done. Read Why, then check yourself.'));
    if (watched.next && watched.next !== watched.stem)
      body.push(element('p', {}, element('a', { href: `${watched.next}.html` }, 'The next lesson')));
  }
  return body;
}

function redOf(red) {
  const body = [element('h3', {}, red.name)];
  const told = new Set();
  for (const failure of red.failures) {
    for (const message of failure.messages) {
      if (told.has(message)) continue;
      told.add(message);
      body.push(element('p', { class: 'message' }, message));
    }
  }
  if (red.failures.length > 0 && (red.verdict === 'red')) {
    body.push(element('dl', { class: 'failures' }, red.failures.map((failure) => [
      element('dt', {}, element('code', {}, failure.expression || failure.exception)),
      failure.expansion ? element('dd', {}, 'came to: ', element('code', {}, failure.expansion)) : null,
      failure.expression && failure.exception ? element('dd', {}, `ended by: ${failure.exception}`) : null,
      failure.line ? element('dd', {}, 'at: ', ...linkPlaces(`${failure.file}:${failure.line}`)) : null,
    ])));
  } else {
    body.push(element('pre', { class: 'said', tabindex: '0' }, ...linkPlaces(red.report)));
  }
  if (red.timeline) {
    body.push(element('p', {}, button('Timeline', () => timeline(red.name), { class: 'primary' })));
  }
  if (red.verdict === 'red') {
    body.push(element('details', {}, element('summary', {}, 'All that the test said'),
      element('pre', { class: 'said', tabindex: '0' }, ...linkPlaces(red.report))));
  }
  return body;
}

// Stage by stage where the lesson has some; what is red in later ones is folded.
function testsOf(round) {
  if (round.stages.length === 0) return [listOf(round.tests)];
  const parts = [];
  const add = (title, tests) => {
    if (tests.length > 0) parts.push(element('h3', {}, title), listOf(tests));
  };
  for (const { stage, title, green, tests } of round.stages) {
    add(`Stage ${stage}${title ? `, ${title}` : ''}: ${green} of ${tests} green`,
      round.tests.filter((test) => test.stage === stage && !test.folded));
  }
  const folded = round.tests.filter((test) => test.folded);
  if (folded.length > 0) {
    parts.push(element('details', { class: 'folded', open: unfolded, ontoggle: (event) => { unfolded = event.target.open; } },
      element('summary', {}, round.folded || 'Later stages'), listOf(folded)));
  }
  add('What must stay green', round.tests.filter((test) => test.stage === 0));
  return parts;
}

function listOf(tests) {
  return element('ol', {}, tests.map((test) => element('li', { class: `is-${test.state.replace(' ', '-')}` },
    element('span', { class: 'sign', role: 'img', 'aria-label': test.state }, signs[test.state] ?? '·'),
    element('span', {}, test.name,
      test.state === 'crashed' || test.state === 'hung' ? ` (${test.state})` : ''),
    test.timeline ? button('timeline', () => timeline(test.name),
      { class: 'small', 'aria-label': `Timeline of: ${test.name}` }) : null)));
}

async function timeline(test) {
  await attempt(async () => showTimeline(await ask('timeline', { test }), (name) => ask('compare', { test: name })));
}

async function showDiff() {
  await attempt(async () => showDifference(lesson, (await ask('difference', { lesson })).text));
}

async function testAgain() {
  await attempt(() => ask('test'));
}

async function skip() {
  const back = parts.actions.dataset.skipped === 'yes';
  await attempt(() => ask('skip', { lesson, back }));
}

function markSkip(own) {
  const skipper = [...parts.actions.children][3];
  parts.actions.dataset.skipped = own?.skipped ? 'yes' : 'no';
  skipper.textContent = own?.skipped ? 'Back to it' : 'Skip';
  skipper.hidden = own?.done ?? false;
}

function reset() {
  const dialog = openDialog('Begin this lesson afresh?',
    element('p', {}, `The starter is put back in lessons/${lesson}. What you wrote is kept; you are told where.`),
    element('p', { class: 'actions' },
      button('Put the starter back', async () => {
        dialog.close();
        await attempt(async () => {
          const { backup } = await ask('reset', { lesson });
          note(backup ? `As it was handed out. What you wrote is in ${backup}.` : 'It is as it was handed out.');
        });
      }, { class: 'danger' }),
      button('Leave it', () => dialog.close(), { autofocus: true })));
  dialog.querySelector('[autofocus]').focus();
}

function nextHint() {
  note(openNextHint());
}

async function countHint(hint) {
  await attempt(async () => {
    const { mistake } = await ask('hint', { lesson, number: Number(hint.dataset.hint) });
    note([mistake, whatComesAfter(hint)].filter(Boolean).join(' '));
  });
}

// "Why" opens by itself at the moment at which the lesson becomes green, and when it is opened green.
function showWhy(done) {
  const why = document.querySelector('details.why');
  if (why && done && wasGreen !== true) why.open = true;
  wasGreen = done;
}

function nextLesson() {
  if (state?.next && state.next !== lesson) location.href = `${state.next}.html`;
  else note('This is the last lesson.');
}

function note(text) {
  parts.note.textContent = text;
}

async function attempt(what) {
  note('');
  await attemptIn(parts.note, what);
}
