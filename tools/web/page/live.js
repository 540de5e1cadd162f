// What the tutor says, as soon as it says it. A page that nobody looks at closes its stream, so that open pages cost
// nothing; one whose stream ends says so, tries again, and shows what is so by then.
import { showProgress } from './contents.js';
import { say } from './dom.js';
import { setUpLoad, showLoad } from './load.js';
import { keepAnswers } from './quiz.js';
import { setUpStage, showStage } from './stage.js';
import { setUpLesson, showState } from './verdict.js';

const bar = document.getElementById('connection');
let stream = null;
let again = null;
let lost = false;

export function goLive() {
  setUpLesson();
  const { lesson } = document.body.dataset;
  if (lesson) {
    setUpStage();
    setUpLoad();
    keepAnswers(ask, lesson);
  }
  document.addEventListener('visibilitychange', () => (document.hidden ? close() : open()));
  addEventListener('pagehide', close);
  addEventListener('pageshow', () => { if (!document.hidden) open(); });
  if (!document.hidden) open();
}

function open() {
  if (stream) return;
  clearTimeout(again);
  stream = new EventSource('events');
  stream.onmessage = (event) => {
    tell(false);
    const state = JSON.parse(event.data);
    showProgress(state.lessons);
    showState(state);
    showStage(state.stage);
    showLoad(state.stage);
  };
  stream.onerror = () => {
    close();
    tell(true);
    again = setTimeout(open, 1000);
  };
}

function close() {
  clearTimeout(again);
  stream?.close();
  stream = null;
}

function tell(now) {
  document.body.classList.toggle('is-lost', now);
  if (now === lost) return;
  lost = now;
  bar.hidden = !now;
  bar.textContent = now
    ? 'The tutor does not answer: what you see may be old. Start ./learn web again; this page goes on by itself.' : '';
}

// Asks the tutor for something. Fails with its words.
export async function ask(verb, request = {}) {
  let reply;
  try {
    reply = await fetch(`verb/${verb}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(request),
    });
  } catch {
    throw new Error('The tutor does not answer. Is ./learn web still running?');
  }
  const answer = await reply.json().catch(() => ({ error: `The tutor has said ${reply.status}.` }));
  if (!reply.ok) throw new Error(answer.error ?? `The tutor has said ${reply.status}.`);
  return answer;
}

// Does it, and says in `note` why it could not be done.
export async function attempt(note, what) {
  try {
    await what();
  } catch (error) {
    say(note, error.message);
  }
}
