// The questions at a chapter's end: choose, check, and read why. What is checked is kept where ./learn quiz keeps it, and
// earlier answers are shown; in the exported book nothing is kept.
import { button, element } from './dom.js';

const questions = [];
let keep = async () => {};

export function fillInQuizzes() {
  for (const question of document.querySelectorAll('.question')) questions.push(fillIn(question, questions.length));
  for (const quiz of document.querySelectorAll('.quiz')) quiz.addEventListener('submit', (event) => event.preventDefault());
}

// From now on answers are kept; `ask` asks the tutor.
export function keepAnswers(ask, lesson) {
  if (questions.length === 0) return;
  keep = (question, answer) => ask('answer', { lesson, question, answer });
  const showEarlier = async () => {
    const { answers } = await ask('quiz', { lesson });
    questions.forEach((question, i) => question.showEarlier(answers[i] ?? null));
  };
  const tryToShow = () => showEarlier().catch(() => {}); // the page says that the tutor does not answer
  document.addEventListener('visibilitychange', () => { if (!document.hidden) tryToShow(); });
  tryToShow();
}

function fillIn(question, number) {
  const answers = question.querySelector('.answer');
  const outcome = element('div', { class: 'outcome', role: 'status' });
  let shown = null; // the answer that was checked last
  const show = (answer) => {
    shown = answer;
    const right = answer === question.dataset.right;
    const why = answers.querySelector(`[data-for="${answer}"]`);
    outcome.className = `outcome ${right ? 'is-right' : 'is-wrong'}`;
    outcome.replaceChildren(element('p', { class: 'word' }, right ? '✔ Right.' : '✘ Not this one.'),
      ...(why ? [why.cloneNode(true)] : []));
  };
  const check = button('Check', async () => {
    const chosen = question.querySelector('input:checked');
    if (!chosen) {
      outcome.className = 'outcome';
      outcome.replaceChildren(element('p', {}, 'Choose an answer first.'));
      return;
    }
    show(chosen.value);
    try {
      await keep(number, chosen.value);
      question.dataset.kept = chosen.value;
    } catch (error) {
      outcome.append(element('p', {}, `This answer was not kept: ${error.message}`));
    }
  });
  question.insertBefore(element('p', { class: 'checking' }, check), answers);
  question.insertBefore(outcome, answers);
  for (const choice of question.querySelectorAll('input')) {
    choice.addEventListener('change', () => outcome.replaceChildren());
  }
  return {
    showEarlier(answer) {
      const choice = answer !== shown && question.querySelector(`input[value="${CSS.escape(answer ?? '')}"]`);
      if (!choice) return;
      choice.checked = true;
      show(answer);
    },
  };
}
